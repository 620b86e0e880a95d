#include "core/engine/detectors.h"

#include <algorithm>
#include <utility>

#include "core/analytics/c2_port.h"
#include "core/analytics/dns_burst.h"
#include "core/analytics/hourly_beacon.h"
#include "core/analytics/interval_beacon.h"
#include "core/analytics/task_callback.h"
#include "core/engine/setting.h"

namespace c2watch::engine {
namespace {

using analytics::Analytic;
using Made = Result<std::unique_ptr<Analytic>>;
using S = EngineSettings;

Made make_hourly_beacon(const S& s, Shared&, std::uint64_t seed) {
  analytics::HourlyBeaconSettings settings = s.hourly_beacon;
  settings.scope = s.scope;
  settings.hash_seed = seed;
  auto made = analytics::HourlyBeacon::create(settings);
  if (!made) return made.error();
  return std::unique_ptr<Analytic>(std::move(*made));
}

// The detectors that are checked apart from their construction.
template <class A, auto Settings>
Made make_checked(const S& s, Shared& shared, std::uint64_t seed) {
  auto settings = analytics::checked(s.*Settings);
  if (!settings) return settings.error();
  return std::unique_ptr<Analytic>(
      std::make_unique<A>(std::move(*settings), shared.scope, shared.lineage, seed));
}

constexpr Detector kDetectors[] = {
    {"hourly_beacon", false, true, [](const S& s) { return s.hourly_beacon_enabled; },
     make_hourly_beacon},
    {"interval_beacon", true, false, [](const S& s) { return s.interval_beacon_enabled; },
     make_checked<analytics::IntervalBeacon, &S::interval_beacon>},
    {"dns_burst", true, false, [](const S& s) { return s.dns_burst_enabled; },
     make_checked<analytics::DnsBurst, &S::dns_burst>},
    {"c2_port", true, false, [](const S& s) { return s.c2_port_enabled; },
     make_checked<analytics::C2Port, &S::c2_port>},
    {"task_callback", true, false, [](const S& s) { return s.task_callback_enabled; },
     make_checked<analytics::TaskCallback, &S::task_callback>},
};

bool same_in(std::string_view group, const S& a, const S& b) {
  return std::ranges::all_of(all_settings(), [&](const Setting& s) {
    return !s.path.starts_with(group) || s.value.same(a, b);
  });
}

// "c2_port.window: 1 minute to 7 days" -> detectors.c2_port.window_seconds and the rest.
Complaint complaint_of(const Detector& detector, std::string_view sentence) {
  const std::size_t blank = std::min(sentence.find(' '), sentence.size());
  std::string path = "detectors." + std::string(sentence.substr(0, blank));
  if (path.ends_with(':')) path.pop_back();
  const auto hit = std::ranges::find_if(all_settings(), [&](const Setting& s) {
    return s.path == path || s.path == path + "_seconds";
  });
  if (hit == all_settings().end())
    return {"detectors." + std::string(detector.name), std::string(sentence)};
  return {std::string(hit->path),
          std::string(sentence.substr(std::min(blank + 1, sentence.size())))};
}

}  // namespace

std::span<const Detector> all_detectors() { return kDetectors; }

Result<std::unique_ptr<Shared>> make_shared_state(const EngineSettings& settings,
                                                  std::uint64_t seed) {
  auto scope = analytics::DestinationScope::create(settings.scope);
  if (!scope) return scope.error();
  return std::make_unique<Shared>(std::move(*scope), settings.lineage, seed);
}

std::vector<Complaint> complaints(const EngineSettings& settings) {
  const auto shared = make_shared_state(settings, 0);
  if (!shared) return {{"scope", shared.error().message}};
  std::vector<Complaint> all;
  for (const Detector& d : all_detectors())
    if (const Made made = d.make(settings, **shared, 0); !made)
      all.push_back(complaint_of(d, made.error().message));
  return all;
}

state::Hash128 fingerprint(const EngineSettings& settings,
                           std::initializer_list<std::string_view> groups) {
  std::string all;
  for (const Setting& s : all_settings()) {
    const bool counts = !s.only_told && std::ranges::any_of(groups, [&](std::string_view group) {
      return s.path.starts_with(group);
    });
    if (!counts) continue;
    all.append(s.path) += '=';
    JsonWriter w(all);
    s.value.write(settings, w);
    all += '\n';
  }
  return state::hash_key(0, {all});
}

bool same_shared(const EngineSettings& a, const EngineSettings& b) {
  return same_in("scope.", a, b) && same_in("lineage.", a, b);
}

bool same_for(const Detector& detector, const EngineSettings& a, const EngineSettings& b) {
  return same_shared(a, b) && same_in("detectors." + std::string(detector.name) + ".", a, b);
}

}  // namespace c2watch::engine
