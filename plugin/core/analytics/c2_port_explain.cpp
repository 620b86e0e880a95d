// Why c2_port fired or did not.
#include <algorithm>

#include "core/analytics/ascii.h"
#include "core/analytics/c2_port.h"
#include "core/analytics/finding_text.h"
#include "core/analytics/process_class.h"
#include "core/state/hash.h"

namespace c2watch::analytics {
namespace {

// What a key lacks is not a number here, so how near it is, is a matter of taste: a script engine on
// an unlisted port is worth a look, an ordinary program on a listed one hardly ever.
constexpr double kOtherPort = 0.5;
constexpr double kOtherProgram = 0.1;

}  // namespace

void C2Port::explain(const Event& event, Explanation& x) {
  if (event.kind != Kind::network_connect) return;
  x.concerned = true;
  x.host = cut(event.computer);
  x.image = cut(event.image);
  x.address = cut(event.destination_ip);
  x.hostname = cut(event.destination_hostname);
  x.port = event.destination_port;
  if (event.initiated != Initiated::yes)
    return x.drop("initiated", "the connection came in, or does not say who opened it");
  if (event.destination_port < 0 || event.destination_port > 65'535)
    return x.drop("no_port", "the event has no destination port");
  if (drop_by_scope(scope_, event.destination_ip, event.destination_hostname, event.image, x))
    return;
  if (!known(event.utc_time) || event.computer.empty())
    return x.drop("no_key", "the event has no time or no computer");

  const std::string program(file_name(event.image));
  const bool engine = is_script_engine(event.image);
  x.conditions.push_back({"script_engine", engine, true, engine, engine ? 1 : kOtherProgram,
                          program + (engine ? " is" : " is not") +
                              " one of the script engines and LOLBins that are watched"});
  const std::uint16_t rule = rule_by_port_[static_cast<std::size_t>(event.destination_port)];
  const bool listed = rule != 0;
  const std::string port = "port " + std::to_string(event.destination_port);
  x.conditions.push_back({"listed_port", listed, true, listed, listed ? 1 : kOtherPort,
                          listed ? port + " is listed: " + settings_.ports[rule - 1u].reason
                                 : port + " is not in detectors.c2_port.ports"});
  x.evidence.push_back({"port", std::int64_t{event.destination_port}});

  const Activity* a = activities_.find(key_of(event));
  if (a == nullptr) return;
  x.evidence.push_back({"connections", static_cast<std::int64_t>(a->connections)});
  x.evidence.push_back({"ports_in_window", static_cast<std::int64_t>(ports_in_window(*a))});
  x.evidence.push_back({"many_ports", std::int64_t{settings_.many_ports}});
  x.evidence.push_back({"window_s", seconds(settings_.window)});
  x.evidence.push_back({"lineage_suspicious", a->suspicious_lineage});
}

}  // namespace c2watch::analytics
