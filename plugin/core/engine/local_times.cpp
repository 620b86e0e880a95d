#include "core/engine/local_times.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/state/hash.h"

namespace c2watch::engine {
namespace {

using std::chrono::minutes;

// Zones are whole quarter hours, from UTC-12 to UTC+14.
constexpr std::int64_t kQuarter = 15;
constexpr minutes kWest{-12 * 60}, kEast{14 * 60};
// One minute: Windows logs an event up to 2 s after Sysmon's UtcTime, and NXLog sends within seconds.
constexpr Duration kSlack = minutes{1};

// The zone that explains `apart`, the distance of a local time from UTC.
std::optional<std::int16_t> zone_of(Duration apart) {
  if (apart < kWest - kSlack || apart > kEast + kSlack) return std::nullopt;
  const std::int64_t whole =
      std::chrono::floor<minutes>(apart + Duration{minutes{kQuarter}} / 2).count();
  const std::int64_t shifted = whole - kWest.count();  // not negative but for the slack
  const std::int64_t zone = (shifted < 0 ? 0 : shifted / kQuarter * kQuarter) + kWest.count();
  const Duration rest = apart - minutes{zone};
  if (rest > kSlack || rest < -kSlack || minutes{zone} > kEast) return std::nullopt;
  return static_cast<std::int16_t>(zone);
}

}  // namespace

LocalTimes::LocalTimes(std::uint64_t seed, Learned learned)
    : seed_(seed), learned_(std::move(learned)) {
  saved_.values([this](auto& a) {
    std::uint32_t count = 0;
    if constexpr (std::remove_reference_t<decltype(a)>::kReads) {
      a(count);
      for (; count != 0 && a.ok(); --count) {
        Zone z;
        a(z.computer, z.minutes, z.source);
        if (!a.ok() || z.source == Source::unknown || z.source >= Source::none ||
            minutes{z.minutes} < kWest || minutes{z.minutes} > kEast) {
          return a.fail();
        }
        zones_.resize(kZones);
        zones_[z.computer % kZones] = z;
      }
    } else {
      for (const Zone& z : zones_) count += z.source != Source::unknown;
      a(count);
      for (const Zone& z : zones_)
        if (z.source != Source::unknown) a(z.computer, z.minutes, z.source);
    }
  });
}

std::uint64_t LocalTimes::hash(std::string_view computer) const {
  return state::hash_text(seed_, computer);
}

const LocalTimes::Zone* LocalTimes::find(std::uint64_t computer) const {
  if (zones_.empty()) return nullptr;
  const Zone& z = zones_[computer % kZones];
  return z.source != Source::unknown && z.computer == computer ? &z : nullptr;
}

void LocalTimes::learn(std::string_view computer, std::int16_t zone, Source source) {
  if (source == Source::unknown || source >= Source::none || minutes{zone} < kWest ||
      minutes{zone} > kEast) {
    return;
  }
  zones_.resize(kZones);
  const std::uint64_t key = hash(computer);
  zones_[key % kZones] = {key, zone, source};
}

void LocalTimes::note(const Event& event, std::int16_t zone, Source source) {
  learn(event.computer, zone, source);
  if (learned_) learned_(event.computer, zone, source);
}

LocalTimes::Source LocalTimes::resolve(Event& event, Time host_time) {
  if (!known(event.local_time)) return Source::none;
  const Zone* const before = find(hash(event.computer));
  if (event.has_utc_time) {
    const auto zone = zone_of(event.local_time - event.utc_time);
    if (zone &&
        (before == nullptr || before->source != Source::utc_time || before->minutes != *zone)) {
      note(event, *zone, Source::utc_time);
    }
    // A machine that was suspended: UtcTime lies anywhere, the log's time is right.
    if (!zone && before == nullptr) return Source::none;
    event.time_created = event.local_time - minutes{zone ? *zone : before->minutes};
    return Source::none;
  }
  Source source = Source::unknown;
  std::int16_t zone = 0;
  if (before != nullptr) {
    source = before->source;
    zone = before->minutes;
  }
  if (source != Source::utc_time && known(host_time) && known(event.local_received)) {
    const auto seen = zone_of(event.local_received - host_time);
    // Summer time moves a zone by an hour; anything else is a record that waited.
    if (seen && (before == nullptr || (*seen != zone && std::abs(*seen - zone) <= 60))) {
      source = Source::clock;
      zone = *seen;
      note(event, zone, source);
    }
  }
  Time utc = event.local_time - minutes{zone};
  if (source == Source::unknown && known(host_time) && utc > host_time && utc - host_time <= kEast)
    utc = host_time;  // east of Greenwich: it happened before now
  event.utc_time = event.time_created = utc;
  return source;
}

}  // namespace c2watch::engine
