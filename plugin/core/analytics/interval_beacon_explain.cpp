// Why interval_beacon fired or did not.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/analytics/finding_text.h"
#include "core/analytics/interval_beacon.h"

namespace c2watch::analytics {
namespace {

using state::CheckIns;

constexpr std::array<std::string_view, 5> kSeverities = {"informational", "low", "medium", "high",
                                                         "critical"};
// How near a key is whose gaps are as irregular as can be: nearer than one with too few of them.
constexpr double kIrregular = 0.3;

constexpr std::uint32_t kSlowCheckIns = 3;

std::string_view name_of(Severity s) { return kSeverities[static_cast<std::size_t>(s)]; }

std::string number(double value) {
  std::array<char, 32> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 3);
  return {text.data(), end.ptr};
}

}  // namespace

void IntervalBeacon::explain(const Event& event, Explanation& x) {
  if ((mask(event.kind) & kinds()) == 0) return;
  x.concerned = true;
  const std::string_view image = event.image.empty() ? event.application : event.image;
  const bool by_name = event.kind == Kind::dns_query;
  x.host = cut(event.computer.empty() ? event.source_hostname : event.computer);
  x.image = cut(image);
  x.hostname = cut(by_name ? event.query_name : event.destination_hostname);
  if (!by_name) x.address = cut(event.destination_ip);
  x.port = by_name ? -1 : event.destination_port;
  if (!eligible(event)) return x.drop("initiated", "the connection came in");
  if (drop_by_scope(scope_, x.address, x.hostname, image, x)) return;

  const std::uint64_t rejected = rejected_;
  Call call{.event = event};
  if (!read(event, call)) {
    rejected_ = rejected;  // observe() has counted it
    return x.drop("no_key", by_name ? "the name belongs to no registered domain, or the event has "
                                      "no time or computer"
                                    : "the event has no time, host or destination");
  }
  x.host = cut(call.host);
  x.hostname = cut(call.hostname);
  const Track* by_image = tracks_.find(key_of(call));
  const Track* own = known(call.guid) ? tracks_.find(key_of_process(call, call.guid)) : nullptr;
  if (by_image == nullptr && own == nullptr)
    return x.drop("detectors.interval_beacon.capacity",
                  "the key was dropped for room: raise the capacity");

  // Two keys look at one process; the one that is nearer to firing explains it.
  Explanation other = x;
  if (by_image != nullptr) explain_track(call, *by_image, x);
  if (own == nullptr) return;
  explain_track(call, *own, other);
  if (by_image == nullptr || other.nearness() >= x.nearness()) x = std::move(other);
}

void IntervalBeacon::explain_track(const Call& call, const Track& track, Explanation& x) {
  const std::size_t heard = track.heard.size();
  double mean_s = 0;
  if (heard > 1)
    mean_s = static_cast<double>(track.heard.last_ms() - track.heard.first_ms()) / 1000.0 /
             static_cast<double>(heard - 1);
  const bool slow = mean_s >= std::chrono::duration<double>(settings_.slow_gap).count();
  const std::uint32_t needs = slow ? kSlowCheckIns : settings_.min_check_ins;
  x.conditions.push_back(at_least("check_ins", heard, needs, "check-ins"));
  x.evidence.push_back({"check_ins", std::int64_t{track.check_ins}});
  x.evidence.push_back({"key", std::string(track.by_process ? "process" : "image")});
  x.evidence.push_back({"mean_gap_s", mean_s});
  if (heard <= kMinGaps) {
    x.conditions.back().share *= kIrregular;  // nothing is known yet
    return;
  }

  const Regularity r = judge(track);
  const double allowed = allowance(settings_.fp_budget, r.mean_s);
  const bool regular = r.p <= allowed;
  const double share = r.p >= 1 ? 0 : std::log(r.p) / std::log(allowed);
  x.conditions.push_back(
      {"p", r.p, allowed, regular,
       regular ? 1 : std::clamp(kIrregular + (1 - kIrregular) * share, 0.0, 0.99),
       "random traffic looks as regular with a probability of " + number(r.p) +
           (regular ? ", less than the " : "; needed is at most the ") + number(allowed) +
           " that the budget allows"});
  if (heard >= needs && !is_turn(track) && !track.open) explain_looks(heard, slow, x);

  const auto facts = lineage_.find(call.event.computer, call.event.process_guid);
  const BeaconAssessment a = assess_call(call, facts);
  const bool grave = a.severity >= settings_.report_from;
  std::string why = "severity " + std::string(name_of(a.severity)) + " by " +
                    std::to_string(a.points) + " points of context";
  why += a.reasons.empty() ? ", nothing about it is suspicious" : " (" + list(a.reasons) + ")";
  if (!grave) why += "; told from " + std::string(name_of(settings_.report_from)) + " on";
  x.conditions.push_back({"severity", std::string(name_of(a.severity)),
                          std::string(name_of(settings_.report_from)), grave, grave ? 1 : 0.5,
                          std::move(why)});

  std::array<std::uint32_t, CheckIns::kMax> gaps;
  const std::size_t n = track.heard.gaps(gaps.data());
  x.evidence.push_back(
      {"gaps_ms",
       std::vector<std::int64_t>(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(n))});
  x.evidence.push_back(
      {"statistic", std::string(kStatisticNames[static_cast<std::size_t>(r.decided_by)])});
  x.evidence.push_back({"interval_s", r.interval_s});
  x.evidence.push_back({"jitter", r.jitter});
  x.evidence.push_back({"context_points", std::int64_t{a.points}});
}

// Between two looks a key that is regular has to wait for the next one.
void IntervalBeacon::explain_looks(std::size_t heard, bool slow, Explanation& x) const {
  std::size_t next = heard;
  while (next < CheckIns::kMax && !is_look(next - 1, slow)) ++next;
  if (next == heard) return;
  x.conditions.push_back(at_least("next_look", heard, next, "check-ins"));
  x.conditions.back().share = 0.95;  // a matter of waiting, not of lacking
  x.conditions.back().text += "; keys are judged at 5, 6, 8, 10, 12, 16, 20, 28, 40 and 64";
}

}  // namespace c2watch::analytics
