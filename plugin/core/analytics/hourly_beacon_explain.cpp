// Why hourly_beacon fired or did not.
#include <algorithm>

#include "core/analytics/finding_text.h"
#include "core/analytics/hourly_beacon.h"
#include "core/analytics/process_class.h"
#include "core/state/hash.h"

namespace c2watch::analytics {
void HourlyBeacon::explain(const Event& event, Explanation& x) {
  if ((mask(event.kind) & kinds()) == 0) return;
  const KeyView key = key_of(event);
  x.concerned = true;
  x.host = cut(key[kSource]);
  x.image = cut(key[kApplication]);
  x.address = cut(key[kIp]);
  x.hostname = cut(key[kHostname]);
  x.port = event.destination_port;
  if (!eligible(event))
    return x.drop("detectors.hourly_beacon.initiated_only",
                  "the connection came in, or does not say who opened it");
  if (!in_window(event.utc_time))
    return x.drop(
        settings_.from ? "detectors.hourly_beacon.from" : "detectors.hourly_beacon.window_hours",
        settings_.from ? "the event lies outside the fixed window"
                       : "the event came when its hour had left the window of " +
                             std::to_string(settings_.window_hours) + " hours");
  if (drop_by_scope(scope_, key[kIp], key[kHostname], key[kApplication], x)) return;
  const Track* track = table_.find(hash_of(key));
  if (track == nullptr)
    return x.drop("detectors.hourly_beacon.max_detail_bytes",
                  "the key was dropped for room: raise capacity and max_detail_bytes");
  explain_track(*track, x);
}

void HourlyBeacon::explain_track(const Track& track, Explanation& x) const {
  HourlySums sums;
  HourlySums inner;
  std::vector<std::int64_t> counts;
  for (const HourCount& h : track.hours) {
    sums.add(h.count);
    counts.push_back(h.count);
  }
  for (std::size_t i = 1; i + 1 < track.hours.size(); ++i) inner.add(track.hours[i].count);
  x.conditions.push_back(at_least("TotalConnections", sums.total, settings_.min_total,
                                  "connections",
                                  " in " + std::to_string(settings_.window_hours) + " hours"));
  x.conditions.push_back(at_least("HoursActive", sums.hours, settings_.min_hours, "clock hours"));

  const double limit = settings_.max_ratio_percent / 100.0;
  double ratio = consistency_ratio(sums, settings_.deviation);
  bool beacon = inequality(threshold_, sums, settings_.deviation).holds();
  if (settings_.partial_edge_hours && sums.hours >= 4) {
    ratio = std::min(ratio, consistency_ratio(inner, settings_.deviation));
    beacon = beacon || inequality(threshold_, inner, settings_.deviation).holds();
  }
  const bool volume = sums.total > settings_.volume_above;
  const bool met = beacon || track.suspicious || (volume && settings_.volume_alone);
  std::string text = "hourly counts vary by " + decimals_apart(ratio, limit) + " of their mean";
  text += beacon ? " (below " + two_decimals(limit) + " is a beacon)"
                 : ", which is not below " + two_decimals(limit);
  text += "; the program is " + std::string(track.suspicious ? "" : "not ") +
          "named like a script engine";
  if (settings_.volume_alone)
    text += "; " + std::to_string(sums.total) + " connections are " +
            std::string(volume ? "" : "not ") + "more than " +
            std::to_string(settings_.volume_above);
  x.conditions.push_back({"ConsistencyRatio", ratio, limit, met,
                          met ? 1 : std::min(0.99, limit / std::max(ratio, limit)),
                          std::move(text)});
  x.evidence.push_back({"HourlyConnections", std::move(counts)});
  x.evidence.push_back({"IsSuspiciousProcess", track.suspicious});
  x.evidence.push_back({"IsBeaconPattern", beacon});
  x.evidence.push_back({"VolumeAbove", static_cast<std::int64_t>(settings_.volume_above)});
}

}  // namespace c2watch::analytics
