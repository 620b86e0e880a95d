#include "core/analytics/c2_port.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/analytics/ascii.h"
#include "core/analytics/finding_text.h"
#include "core/analytics/process_class.h"
#include "core/analytics/spelling.h"
#include "core/state/hash.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kDetector = "c2_port";
constexpr std::uint16_t kNoRule = 0;

// The last evidence of an episode may come this late: batches of a collector that was cut off.
constexpr Duration kLateness = 24h;
constexpr Duration kSweepEvery = 1h;
// An update is news when this grows: severity, then ports. More than ports can be.
constexpr std::uint64_t kGrowthOfSeverity = 256;

template <class T>
bool contains(const std::vector<T>& items, const T& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

Result<C2PortSettings> refuse(std::string sentence) { return Error{"c2_port." + sentence}; }

std::string bad_rule(const PortRule& rule) {
  const std::string range = std::to_string(rule.first) + "-" + std::to_string(rule.last);
  if (rule.first == 0 || rule.last < rule.first) {
    return "ports: " + range + " is no range; use first <= last within 1..65535";
  }
  for (const std::uint16_t web : {std::uint16_t{80}, std::uint16_t{443}}) {
    if (rule.first <= web && web <= rule.last) {
      return "ports: " + range + " holds " + std::to_string(web) +
             ", which honest programs use all day; leave it out (interval_beacon and hourly_beacon "
             "watch it)";
    }
  }
  if (rule.reason.empty()) return "ports: " + range + " needs a reason, it is shown to the analyst";
  return "";
}

}  // namespace

std::vector<PortRule> default_c2_ports() {
  using enum Confidence;
  return {
      {1080, 1080, low, "SOCKS proxies, also those that implants open tunnels to"},
      {1177, 1177, high, "default of njRAT"},
      {1337, 1337, medium, "a favourite of hand-made back doors"},
      {1604, 1604, high, "default of DarkComet"},
      {2404, 2404, high, "default of Remcos"},
      {3333, 3333, medium, "mining pools and hand-made listeners"},
      {4443, 4443, medium, "HTTPS listeners set up by hand beside 443"},
      {4444, 4444, high, "default of Metasploit's handlers and of netcat tutorials"},
      {4445, 4445, medium, "the second Metasploit handler on a server"},
      {4782, 4782, high, "default of Quasar"},
      {5552, 5552, high, "second default of njRAT"},
      {5555, 5555, medium, "common choice for a reverse shell"},
      {6606, 6606, high, "default of AsyncRAT"},
      {6660, 6669, medium, "IRC, a classic command channel that no script engine speaks"},
      {6697, 6697, medium, "IRC over TLS"},
      {7010, 7012, medium, "CALDERA's raw TCP, UDP and web socket contacts"},
      {7443, 7443, medium, "default of Mythic's server; HTTPS beside 443"},
      {7707, 7707, high, "second default of AsyncRAT"},
      {8000, 8001, low, "Python's http.server and other throw-away web servers"},
      {8008, 8008, low, "web server beside port 80"},
      {8080, 8081, low, "web server beside port 80: default of many frameworks' HTTP listeners"},
      {8088, 8088, low, "web server beside port 80"},
      {8443, 8444, low, "HTTPS beside 443: default of many frameworks' HTTPS listeners"},
      {8808, 8808, high, "third default of AsyncRAT"},
      {8888, 8888, medium, "default of CALDERA and Sliver's mTLS listener"},
      {9001, 9001, medium, "Tor relays"},
      {9030, 9030, high, "Tor directories"},
      {9050, 9051, medium, "Tor's SOCKS and control ports"},
      {9150, 9151, medium, "Tor Browser's SOCKS and control ports"},
      {9443, 9443, low, "HTTPS beside 443"},
      {9999, 9999, medium, "common choice for a reverse shell"},
      {10443, 10443, low, "HTTPS beside 443"},
      {12345, 12345, high, "NetBus, and whoever needs a number"},
      {31337, 31337, high, "Back Orifice; Sliver's default for operators"},
      {40056, 40056, high, "default of Havoc's team server"},
      {50050, 50050, high, "default of Cobalt Strike's team server"},
      {54321, 54321, medium, "12345 backwards: hand-made back doors"},
  };
}

Result<C2PortSettings> checked(C2PortSettings settings) {
  if (settings.ports.size() > 1024) return refuse("ports: at most 1024 rules");
  for (const PortRule& rule : settings.ports) {
    if (std::string problem = bad_rule(rule); !problem.empty()) return refuse(std::move(problem));
  }
  if (settings.window < 1min || settings.window > 24h * 7) {
    return refuse("window: 1 minute to 7 days");
  }
  if (settings.many_ports < 2 || settings.many_ports > C2Port::kMaxPorts) {
    return refuse("many_ports: 2 to 16");
  }
  if (std::string problem = problem_of(settings.episode); !problem.empty()) {
    return refuse("episode." + problem);
  }
  if (settings.max_keys < 16 || settings.max_keys > 1'000'000) {
    return refuse("max_keys: 16 to 1000000");
  }
  return settings;
}

C2Port::C2Port(C2PortSettings settings, const DestinationScope& scope, Lineage& lineage,
               std::uint64_t seed)
    : settings_(std::move(settings)),
      scope_(scope),
      lineage_(lineage),
      seed_(seed),
      rule_by_port_(65'536, kNoRule),
      activities_(settings_.max_keys) {
  // Backwards, so that the first rule of two that overlap is the one that stays.
  for (std::size_t i = settings_.ports.size(); i-- > 0;) {
    for (std::size_t port = settings_.ports[i].first; port <= settings_.ports[i].last; ++port) {
      rule_by_port_[port] = static_cast<std::uint16_t>(i + 1);
    }
  }
  assert(rule_by_port_[80] == kNoRule && rule_by_port_[443] == kNoRule);
  describe_saved();
}

void C2Port::describe_saved() {
  saved_.values([this](auto& a) { a(now_, swept_, rejected_); });
  saved_.table(
      activities_, [](auto& a, Activity& activity) { a(activity); },
      [this](const Activity& activity) {
        const auto good = [this](const PortSeen& p) {
          return p.rule < settings_.ports.size() && known(p.last);
        };
        return activity.ports.size() <= kMaxPorts &&
               std::all_of(activity.ports.begin(), activity.ports.end(), good) &&
               activity.destinations.size() <= kMaxDestinations && activity.trail.sane() &&
               activity.episode.open() && activity.episode.sane();
      });
}

void C2Port::observe(const Event& event, FindingSink& out) {
  if (event.kind != Kind::network_connect || event.initiated != Initiated::yes) return;
  if (event.destination_port < 0 || event.destination_port > 65'535) return;
  const std::uint16_t rule = rule_by_port_[static_cast<std::size_t>(event.destination_port)];
  if (rule == kNoRule || !is_script_engine(event.image)) return;
  if (!scope_.contains(event.destination_ip, event.destination_hostname, event.image)) return;
  if (!known(event.utc_time) || event.computer.empty()) {
    ++rejected_;
    return;
  }
  now_ = std::max(now_, event.utc_time);

  covered_ = out.covered(subject_of(kDetector, event));
  Activity& a = activity_of(event);
  note_process(event, a);
  note_port(event, static_cast<std::uint16_t>(rule - 1), a);

  // The severity falls when ports leave the window. A new port is an update all the same.
  const auto severity =
      std::max(static_cast<std::uint64_t>(severity_of(a)), a.episode.growth() / kGrowthOfSeverity);
  const std::uint64_t growth = severity * kGrowthOfSeverity + a.ports.size();
  if (a.episode.observe(event.utc_time, growth, settings_.episode) != Tell::nothing) {
    out.emit(describe(a));
  }
}

// What an allowlist entry covers is counted apart, by entry: it neither opens nor advances an alert
// about other destinations.
state::Hash128 C2Port::key_of(const Event& event) const {
  return state::hash_key(
      seed_, {FoldedName(event.computer), FoldedName(event.image), state::bytes_of(covered_)});
}

C2Port::Activity& C2Port::activity_of(const Event& event) {
  const state::Hash128 key = key_of(event);
  Activity* known_one = activities_.touch(key);
  if (known_one == nullptr) {
    Activity fresh;
    fresh.computer = cut(event.computer);
    return activities_.insert(key, std::move(fresh), owner_of(seed_, event),
                              [](const state::Hash128&, Activity&) {});
  }
  if (!known_one->episode.holds(event.utc_time, settings_.episode)) {
    Activity fresh;
    fresh.computer = std::move(known_one->computer);
    *known_one = std::move(fresh);
  }
  return *known_one;
}

void C2Port::note_process(const Event& event, Activity& a) {
  const std::optional<ProcessFacts> facts = lineage_.find(event.computer, event.process_guid);
  const bool suspicious = facts && facts->suspicious();
  if (a.suspicious_lineage && !suspicious) return;  // the worst one is the one to show
  a.suspicious_lineage = suspicious;
  a.process = process_of(event, facts);
  if (suspicious) a.lineage = reasons(*facts);
}

void C2Port::note_port(const Event& event, std::uint16_t rule, Activity& a) const {
  a.destination.ip = cut(event.destination_ip);
  a.destination.hostname = cut(event.destination_hostname);
  a.destination.port = event.destination_port;
  ++a.connections;
  a.trail.add(event);

  const std::string address =
      std::string(FoldedAddress(a.destination.ip)) + " port " + std::to_string(a.destination.port);
  if (a.destinations.size() < kMaxDestinations && !contains(a.destinations, address)) {
    a.destinations.push_back(address);
  }
  const auto port = static_cast<std::uint16_t>(event.destination_port);
  const auto seen = std::find_if(a.ports.begin(), a.ports.end(),
                                 [&](const PortSeen& p) { return p.port == port; });
  if (seen != a.ports.end()) {
    seen->last = std::max(seen->last, event.utc_time);
  } else if (a.ports.size() < kMaxPorts) {
    a.ports.push_back({port, rule, event.utc_time});
  }
}

std::size_t C2Port::ports_in_window(const Activity& a) const {
  Time newest = kNoTime;
  for (const PortSeen& p : a.ports) newest = std::max(newest, p.last);
  return static_cast<std::size_t>(
      std::count_if(a.ports.begin(), a.ports.end(),
                    [&](const PortSeen& p) { return newest - p.last <= settings_.window; }));
}

Severity C2Port::severity_of(const Activity& a) const {
  const std::size_t ports = ports_in_window(a);
  if (ports >= settings_.many_ports) {
    return a.suspicious_lineage ? Severity::critical : Severity::high;
  }
  return ports >= 2 || a.suspicious_lineage ? Severity::high : Severity::medium;
}

Finding C2Port::describe(const Activity& a) const {
  const std::size_t in_window = ports_in_window(a);
  std::vector<std::int64_t> ports;
  std::vector<std::string> port_reasons;
  Confidence confidence = Confidence::low;
  for (const PortSeen& p : a.ports) {
    const PortRule& rule = settings_.ports[p.rule];
    ports.push_back(p.port);
    port_reasons.push_back(std::to_string(p.port) + ": " + rule.reason);
    confidence = std::max(confidence, rule.confidence);
  }
  std::sort(ports.begin(), ports.end());

  const std::string program(file_name(a.process.image));
  const std::string minutes = in_words(settings_.window);
  Finding f;
  f.detector = kDetector;
  stamp(f, a.episode, {FoldedName(a.computer), FoldedName(a.process.image)});
  f.severity = severity_of(a);
  f.confidence = a.suspicious_lineage || ports.size() > 1 ? std::max(confidence, Confidence::medium)
                                                          : confidence;
  f.risk_score = std::min(100, 40 + 15 * static_cast<int>(std::min<std::size_t>(in_window, 3)) +
                                   (a.suspicious_lineage ? 15 : 0));
  f.title = program + " connects to " +
            (ports.size() == 1 ? "port " + std::to_string(ports[0])
                               : std::to_string(ports.size()) + " unusual ports");
  f.description = program + " on " + a.computer + " opened " + std::to_string(a.connections) +
                  " connection(s) to port(s) " + list(ports) + ", where a script engine has no " +
                  "business; " + std::to_string(in_window) + " distinct port(s) within " + minutes +
                  ".";
  f.techniques = {"T1571", "T1583.004"};
  f.host = a.computer;
  f.process = a.process;
  f.destination = a.destination;
  if (a.destinations.size() > 1) f.destination = {a.destination.ip, a.destination.hostname, -1};

  f.evidence = {
      {"ports", ports},
      {"port_reasons", port_reasons},
      {"distinct_ports_in_window", static_cast<std::int64_t>(in_window)},
      {"window_s", seconds(settings_.window)},
      {"many_ports", static_cast<std::int64_t>(settings_.many_ports)},
      {"connections", static_cast<std::int64_t>(a.connections)},
      {"destinations", a.destinations},
      {"lineage_suspicious", a.suspicious_lineage},
  };
  if (!a.lineage.empty()) f.evidence.push_back({"lineage", a.lineage});

  f.reasons = port_reasons;
  if (in_window > 1) {
    f.reasons.push_back(std::to_string(in_window) + " distinct listed ports within " + minutes +
                        " (" + std::to_string(settings_.many_ports) + " and more are many)");
  }
  for (const std::string& reason : a.lineage) f.reasons.push_back("the process " + reason);
  f.records = a.trail.records(a.computer);
  return f;
}

void C2Port::advance(Time now, FindingSink&) {
  now_ = std::max(now_, now);
  if (known(swept_) && now_ - swept_ < kSweepEvery) return;
  swept_ = now_;
  activities_.erase_if([&](const state::Hash128&, Activity& a) {
    return !a.episode.open() || now_ - a.episode.last() > settings_.episode.quiet + kLateness;
  });
}

void C2Port::answer(FindingSink& out) {
  std::vector<Finding> open;
  activities_.for_each([&](const state::Hash128&, const Activity& a, auto) {
    if (a.episode.holds(now_, settings_.episode)) open.push_back(describe(a));
  });
  emit_in_order(std::move(open), out);
}

AnalyticStats C2Port::stats() const {
  AnalyticStats s;
  s.entries = activities_.size();
  s.capacity = activities_.capacity();
  s.evictions = evictions();
  s.crowded_out = activities_.crowded_out();
  s.rejected = rejected_;
  s.bytes = activities_.bytes() + rule_by_port_.capacity() * sizeof rule_by_port_[0];
  activities_.for_each([&](const state::Hash128&, const Activity& a, auto) {
    s.bytes += heap_bytes(a.process) + heap_bytes(a.destinations) + heap_bytes(a.lineage) +
               heap_bytes(a.computer) + heap_bytes(a.destination.ip) +
               heap_bytes(a.destination.hostname) + a.ports.capacity() * sizeof a.ports[0] +
               a.trail.heap_bytes();
  });
  return s;
}

}  // namespace c2watch::analytics
