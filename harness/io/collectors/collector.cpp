#include "harness/io/collectors/collector.h"

#include "harness/io/collectors/daemon.h"

namespace c2watch::harness {
namespace {

struct Kind {
  std::string_view name;
  Result<std::unique_ptr<Collector>> (*open)(const CollectorSettings&);
};

constexpr Kind kKinds[] = {
    {"syslog-ng", open_syslog_ng}, {"fluent-bit", open_fluent_bit}, {"rsyslog", open_rsyslog}};

}  // namespace

bool is_collector(std::string_view name) {
  for (const Kind& kind : kKinds)
    if (kind.name == name) return true;
  return false;
}

Result<std::unique_ptr<Collector>> open_collector(const CollectorSettings& settings) {
  for (const Kind& kind : kKinds)
    if (kind.name == settings.name) return kind.open(settings);
  return Error{settings.name + ": no such collector; there are " + std::string(kCollectorNames)};
}

}  // namespace c2watch::harness
