// What each structure that keeps times is checked against: an obvious reference that keeps every
// event, driven by the same arbitrary choices. Times lie anywhere from 1970 to 2100, in any order.
//
//   Choices c(bytes);
//   std::string error = check_time_model(number, c);    // "" when the property holds
//
// The fuzz target takes its bytes from libFuzzer, the property test from a generator.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/analytics/c2_port.h"
#include "core/analytics/dns_burst.h"
#include "core/analytics/episode.h"
#include "core/analytics/hourly_beacon.h"
#include "core/analytics/interval_beacon.h"
#include "core/analytics/task_callback.h"
#include "core/analytics/window_marks.h"
#include "core/engine/reorder.h"
#include "core/state/check_ins.h"
#include "support/event_builder.h"
#include "support/saved_chunks.h"

namespace c2watch::testing_support {

using namespace std::chrono_literals;

// Numbers out of bytes; zeros when there are no more.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : rest_(bytes) {}

  bool more() const { return !rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return b;
  }
  std::uint64_t number() {
    std::uint64_t n = 0;
    for (int i = 0; i < 4; ++i) n = n << 8 | byte();
    return n;
  }
  template <class T, std::size_t N>
  T one_of(const std::array<T, N>& all) {
    return all[byte() % N];
  }

  // Mostly near the last one, by steps of `unit`; now and then anywhere.
  Time time(Duration unit) {
    constexpr std::int64_t kEnd =
        Time{std::chrono::sys_days{std::chrono::year{2101} / 1 / 1}}.time_since_epoch().count();
    const std::uint8_t how = byte();
    const std::int64_t step = how % 64;
    if (how < 128) {
      at_ += step * unit.count();
    } else if (how < 192) {
      at_ -= step * unit.count();
    } else if (how < 240) {
      at_ += (step % 2 == 0 ? 1 : -1) * static_cast<std::int64_t>(number() % 4'096) * unit.count();
    } else {
      at_ = static_cast<std::int64_t>(number()) * 1'000'000 + step;
    }
    at_ = (at_ % kEnd + kEnd) % kEnd;
    return Time{Duration{at_}};
  }

 private:
  std::string_view rest_;
  std::int64_t at_ = 0;
};

// ---- CheckIns

struct CheckInsModel {
  using Visit = std::pair<std::int64_t, std::int64_t>;  // first and last event
  std::vector<Visit> visits;
  bool slid = false;

  state::Added add(std::int64_t at, const state::CheckInRules& rules) {
    using state::Added;
    constexpr std::int64_t kSpan = state::CheckIns::kMaxSpanMs;
    if (visits.empty() || at - visits.back().second > rules.max_silence_ms) {
      const Added how = visits.empty() ? Added::check_in : Added::anew;
      visits = {{at, at}};
      slid = false;
      return how;
    }
    const std::int64_t earlier = visits.front().first - at;
    if (earlier > 0 &&
        (slid || earlier > rules.max_silence_ms || visits.back().second - at > kSpan ||
         (visits.size() == state::CheckIns::kMax && earlier > rules.coalesce_ms)))
      return Added::too_late;
    if (-earlier > kSpan) {
      while (visits.size() > 1 && visits.front().first < at - kSpan) visits.erase(visits.begin());
      visits.front().first = std::max(visits.front().first, at - kSpan);
      slid = true;
    }
    std::vector<Visit> all = visits;
    all.emplace_back(at, at);
    std::sort(all.begin(), all.end());
    std::vector<Visit> joined;
    for (const Visit& v : all) {
      if (!joined.empty() && v.first - joined.back().second <= rules.coalesce_ms)
        joined.back().second = std::max(joined.back().second, v.second);
      else
        joined.push_back(v);
    }
    if (joined.size() > state::CheckIns::kMax) {
      slide();
      return add(at, rules);
    }
    const bool grown = joined.size() > visits.size();
    visits = joined;
    return grown ? Added::check_in : Added::merged;
  }
  void slide() {
    visits.erase(visits.begin(), visits.begin() + static_cast<std::ptrdiff_t>(visits.size() / 2));
    slid = true;
  }
};

inline std::string check_check_ins(Choices& c) {
  const state::CheckInRules rules{
      c.one_of(std::array<std::uint32_t, 4>{1'000, 0, 60'000, 7}),
      c.one_of(std::array<std::uint32_t, 3>{36u * 3'600'000, 3'600'000, 20u * 86'400'000})};
  const Duration unit = c.one_of(std::array<Duration, 5>{1s, 20s, 59s, 20min, 7h});
  state::CheckIns heard;
  CheckInsModel model;
  int long_ones = 8;
  while (c.more()) {
    const std::uint8_t what = c.byte();
    if (what < 8 && heard.size() > 0) {
      heard.slide();
      model.slide();
    } else if (what < 64) {
      // A stream: as many events as a fuzzer would hardly choose one by one. Five long ones of the
      // largest steps, one after the other, take more than 32 bits of milliseconds.
      const bool is_long = what == 8 && heard.size() == 1 && long_ones-- > 0;
      std::int64_t at = is_long ? heard.end_ms() : to_ms(c.time(unit));
      const std::int64_t step = rules.coalesce_ms - (rules.coalesce_ms > 0 ? what % 2 : 0);
      for (int i = is_long ? 15'000 : 64; i > 0; --i, at += step)
        if (heard.add(at, rules) != model.add(at, rules)) return "a stream is taken otherwise";
    } else {
      const std::int64_t at = to_ms(c.time(unit));
      if (heard.add(at, rules) != model.add(at, rules)) return "an event is taken otherwise";
    }
    if (!heard.sane()) return "a state that restore refuses";
    if (heard.size() != model.visits.size() || heard.slid() != model.slid)
      return "other check-ins are kept";
    std::array<std::uint32_t, state::CheckIns::kMax> gaps{};
    if (heard.size() > 0 && heard.gaps(gaps.data()) != heard.size() - 1) return "number of gaps";
    for (std::size_t i = 0; i < heard.size(); ++i) {
      if (heard.time_ms(i) != model.visits[i].first) return "a check-in has another time";
      if (i > 0 && gaps[i - 1] != model.visits[i].first - model.visits[i - 1].second)
        return "a gap is another";
    }
    if (heard.size() > 0 && heard.end_ms() != model.visits.back().second) return "another end";
    if (what % 16 != 0) continue;
    std::string bytes;
    state::Writer{bytes}(heard);
    state::CheckIns again;
    state::Reader r(bytes);
    r(again);
    std::string twice;
    state::Writer{twice}(again);
    if (!r.ok() || !r.at_end() || !again.sane() || bytes != twice) return "does not come back";
    heard = what % 32 == 0 ? std::move(again) : heard.copy();
  }
  return "";
}

// ---- WindowMarks

inline std::string check_window_marks(Choices& c) {
  const Duration window = c.one_of(std::array<Duration, 3>{10min, 10s, 24h});
  const Duration lateness = window * (c.byte() % 3) / 2;
  analytics::WindowMarks marks;
  std::vector<Time> all;
  Time newest = kNoTime;
  while (c.more()) {
    const Time t = c.time(window / 16);
    if (known(newest) && newest - t > window + lateness) continue;
    newest = std::max(newest, t);
    const Time oldest = newest - window - lateness;
    marks.expire(oldest);
    marks.add(t, window);
    std::erase_if(all, [oldest](Time kept) { return kept < oldest; });
    all.push_back(t);
    if (!marks.sane() || marks.newest() != newest) return "order of the marks";
    for (const Time end : all) {
      for (const Duration off : {-1us, 0us, 1us}) {
        const Time from = std::max(oldest, end - window + off), to = from + window;
        const bool any = std::any_of(all.begin(), all.end(),
                                     [&](Time kept) { return kept >= from && kept <= to; });
        if (marks.any_within(from, to) != any) return "a window is answered otherwise";
      }
    }
  }
  return "";
}

// ---- Episode

// Keeps all of an episode's events, and those that were told.
struct EpisodeModel {
  struct Event {
    std::int64_t at;
    std::uint64_t growth;
  };
  std::vector<Event> events, told;

  static std::int64_t newest(const std::vector<Event>& list) {
    return std::max_element(list.begin(), list.end(),
                            [](const Event& l, const Event& r) { return l.at < r.at; })
        ->at;
  }
  bool holds(Time at, Duration quiet) const {
    return !events.empty() && at.time_since_epoch().count() - newest(events) <= quiet.count();
  }
  // The update's number, if there is something to tell.
  std::optional<std::uint32_t> observe(Time t, std::uint64_t growth,
                                       const analytics::EpisodeSettings& s) {
    const Event event{t.time_since_epoch().count(), growth};
    if (!holds(t, s.quiet)) {
      events = told = {event};
      return 0;
    }
    events.push_back(event);
    const bool grown =
        std::all_of(told.begin(), told.end(), [&](const Event& e) { return e.growth < growth; });
    if (!grown && newest(events) - newest(told) < s.re_alert.count()) return std::nullopt;
    told.push_back({newest(events), growth});
    return static_cast<std::uint32_t>(told.size() - 1);
  }
};

inline std::string check_episode(Choices& c) {
  const analytics::EpisodeSettings s{c.one_of(std::array<Duration, 3>{1h, 1min, 30 * 24h}),
                                     c.one_of(std::array<Duration, 3>{24h, 1min, 30 * 24h})};
  const Duration unit = c.one_of(std::array<Duration, 3>{20s, 20min, 24h});
  analytics::Episode episode;
  EpisodeModel model;
  while (c.more()) {
    const Time at = c.time(unit);
    const std::uint64_t growth = c.byte() % 8;
    const Time began = c.byte() % 4 == 0 ? at - c.byte() * 1s : at;
    const auto want = model.observe(at, growth, s);
    const analytics::Tell got = episode.observe(at, began, growth, s);
    if (want.has_value() != (got != analytics::Tell::nothing)) return "told otherwise";
    if (want && (episode.updates() != *want || (*want == 0) != (got == analytics::Tell::first)))
      return "another number";
    if (got == analytics::Tell::first && episode.start() != began) return "another start";
    if (episode.last().time_since_epoch().count() != EpisodeModel::newest(model.events))
      return "another last event";
    if (!episode.sane()) return "a state that restore refuses";
  }
  return "";
}

// ---- detectors, through their own doors

// A detector with what it refers to, remade from its own state whenever asked.
template <class Detector, class Settings>
class Remade {
 public:
  explicit Remade(const Settings& settings) : settings_(settings), detector_(make()) {}

  Detector* operator->() { return detector_.get(); }

  // Goes on with what it saved. "" when every key came back, and would come back again.
  std::string restart() {
    for (int i = 0; i < 2; ++i) {
      auto next = make();
      const SavedChunks chunks = save(detector_->saved());
      if (!restore(next->saved(), chunks) || next->saved().dropped() != 0)
        return "a state that restore refuses";
      // The first time, texts get new numbers and keys new ages.
      if (i == 1 && save(next->saved()).all != chunks.all) return "it comes back as another";
      detector_ = std::move(next);
    }
    return "";
  }

 private:
  std::unique_ptr<Detector> make() {
    if constexpr (std::is_same_v<Detector, analytics::HourlyBeacon>)
      return std::move(*analytics::HourlyBeacon::create(settings_));
    else
      return std::make_unique<Detector>(settings_, scope_, lineage_, 7);
  }

  Settings settings_;
  analytics::DestinationScope scope_ =
      *analytics::DestinationScope::create(analytics::ScopeSettings::standard());
  analytics::Lineage lineage_{analytics::LineageSettings{}, 7};
  std::unique_ptr<Detector> detector_;
};

inline constexpr std::string_view kModelGuid = "{247090F2-6084-8944-2FF0-ECC5709CE3AE}";
inline constexpr std::string_view kModelImage = "C:\\Windows\\System32\\mshta.exe";

// Rows and the clock at any time: the answer is the query's over all rows that the window holds and
// that were not late when they came.
inline std::string check_hours(Choices& c) {
  auto settings = analytics::HourlyBeaconSettings::seed();
  settings.window_hours = c.one_of(std::array<std::int32_t, 4>{24, 1, 168, 3});
  settings.min_total = 3;
  settings.volume_above = 6;
  Remade<analytics::HourlyBeacon, analytics::HourlyBeaconSettings> beacon(settings);
  constexpr std::array<std::string_view, 3> kIps = {"198.51.100.1", "198.51.100.2", "198.51.100.3"};
  std::map<std::string_view, std::map<std::int64_t, std::int64_t>> rows;
  std::int64_t current = INT64_MIN;
  std::uint64_t late = 0;
  Collect out;
  while (c.more()) {
    const std::uint8_t what = c.byte();
    const Time t = c.time(what % 2 == 0 ? Duration{20min} : Duration{5h});
    const std::int64_t hour = t.time_since_epoch() / 1h;
    current = std::max(current, hour);
    const std::int64_t first = current - settings.window_hours + 1;
    if (what < 16) {
      beacon->advance(t, out);
    } else {
      Event e = event_at(Kind::network_record, 3, t, "ws1");
      e.source_hostname = "ws1";
      e.application = "x.exe";
      e.destination_ip = kIps[what % kIps.size()];
      beacon->observe(e, out);
      if (hour >= first) ++rows[e.destination_ip][hour];
      late += hour < first;
    }
    std::vector<std::string> want;
    for (auto& [ip, hours] : rows) {
      std::erase_if(hours, [first](const auto& row) { return row.first < first; });
      std::int64_t n = 0, sum = 0, squares = 0;
      for (const auto& [unused, count] : hours) {
        ++n;
        sum += count;
        squares += count * count;
      }
      if (sum < 3 || n < 2) continue;
      const bool beacon_like = 4 * (n * squares - sum * sum) < sum * sum;
      if (beacon_like || sum > 6) want.emplace_back(ip);
    }
    Collect answer;
    beacon->answer(answer);
    std::vector<std::string> got;
    for (const Finding& f : answer.found) got.push_back(f.destination.ip);
    std::sort(got.begin(), got.end());
    if (got != want) return "another answer";
    if (beacon->stats().late != late) return "another number of late rows";
    if (what % 32 != 31) continue;
    if (std::string error = beacon.restart(); !error.empty()) return error;
  }
  return "";
}

// The first burst of one process, by looking at every window that ends with a lookup.
inline std::string check_dns_bursts(Choices& c) {
  analytics::DnsBurstSettings settings;
  settings.distinct_domains = 2 + c.byte() % 3;
  settings.lateness = c.one_of(std::array<Duration, 3>{5min, 0s, 10min});
  constexpr std::array<std::string_view, 6> kNames = {"a.com", "b.com",  "c.net",
                                                      "d.org", "e.info", "f.co.uk"};
  struct Lookup {
    Time at;
    std::string_view name;
    bool fails;
  };
  Remade<analytics::DnsBurst, analytics::DnsBurstSettings> burst(settings);
  std::vector<Lookup> all;
  Time newest = kNoTime;
  bool found = false;
  while (c.more()) {
    const std::uint8_t what = c.byte();
    const Time t = c.time(20s);
    const Lookup lookup{t, kNames[what % kNames.size()], what % 4 == 0};
    Collect out;
    burst->observe(
        dns_query(t, "ws1", kModelGuid, kModelImage, lookup.name, lookup.fails ? 9003 : 0), out);
    for (const Finding& f : out.found)
      if (f.first_seen > f.last_seen) return "a finding that ends before it begins";
    if (what % 32 == 31)
      if (std::string error = burst.restart(); !error.empty()) return error;
    if (known(newest) && newest - t > settings.window + settings.lateness) {
      if (!out.found.empty()) return "a finding about a late lookup";
      continue;
    }
    newest = std::max(newest, t);
    const Time oldest = newest - settings.window - settings.lateness;
    std::erase_if(all, [oldest](const Lookup& l) { return l.at < oldest; });
    all.push_back(lookup);
    bool fires = false;
    for (const Lookup& end : all) {
      if (end.at < t || end.at - t > settings.window) continue;
      std::vector<std::string_view> names;
      bool fails = false;
      for (const Lookup& l : all) {
        if (l.at < end.at - settings.window || l.at > end.at) continue;
        if (std::find(names.begin(), names.end(), l.name) == names.end()) names.push_back(l.name);
        fails |= l.fails;
      }
      fires |= fails && names.size() >= settings.distinct_domains;
    }
    // Later than `lateness`, a lookup's windows reach back to what has expired.
    if (found || newest - t > settings.lateness) {
      found |= !out.found.empty();
      continue;
    }
    if (fires != !out.found.empty()) return "the first burst is another";
    found = fires;
  }
  return "";
}

// One key of a detector whose every event belongs to its episode, and which drops an episode a day
// after its end, looking once an hour.
template <class Detector, class Settings, class MakeEvent>
std::string check_one_episode(Choices& c, const Settings& settings, MakeEvent&& make_event) {
  const Duration unit = c.one_of(std::array<Duration, 3>{10min, 24h, 3h});
  Remade<Detector, Settings> detector(settings);
  EpisodeModel model;
  Time now = kNoTime, swept = kNoTime;
  while (c.more()) {
    const std::uint8_t what = c.byte();
    const Time t = c.time(unit);
    now = std::max(now, t);
    Collect out;
    if (what < 32) {
      detector->advance(t, out);
      if (!known(swept) || now - swept >= 1h) {
        swept = now;
        if (!model.holds(now, settings.episode.quiet + 24h)) model = {};
      }
      if (!out.found.empty()) return "a finding without an event";
    } else {
      detector->observe(make_event(t), out);
      const auto want = model.observe(t, 1, settings.episode);
      if (want.has_value() != !out.found.empty()) return "told otherwise";
      if (want && out.found[0].update != *want) return "another number";
    }
    if (detector->stats().entries != !model.events.empty()) return "kept otherwise";
    if (what % 32 != 31) continue;
    if (std::string error = detector.restart(); !error.empty()) return error;
  }
  return "";
}

inline std::string check_c2_port(Choices& c) {
  return check_one_episode<analytics::C2Port>(c, analytics::C2PortSettings{}, [](Time t) {
    return network_connect(t, "ws1", kModelGuid, kModelImage, "45.61.1.7", 4444);
  });
}

inline std::string check_task_chain(Choices& c) {
  static constexpr std::string_view kTask =
      "<Task><Actions><Exec><Command>powershell.exe</Command>"
      "<Arguments>-w hidden -enc SQBFAFgA</Arguments></Exec></Actions></Task>";
  return check_one_episode<analytics::TaskCallback>(
      c, analytics::TaskCallbackSettings{},
      [](Time t) { return task_created(t, "ws1", "\\Updater", kTask); });
}

// Keys of interval_beacon: one stays while it was heard of within twice the longest silence.
inline std::string check_interval_keys(Choices& c) {
  const analytics::IntervalBeaconSettings settings{.max_silence = 1h};
  const Duration unit = c.one_of(std::array<Duration, 3>{1s, 10min, 1h});
  constexpr std::array<std::string_view, 4> kIps = {"45.61.1.1", "45.61.1.2", "45.61.1.3",
                                                    "45.61.1.4"};
  Remade<analytics::IntervalBeacon, analytics::IntervalBeaconSettings> beacon(settings);
  std::map<std::string_view, Time> newest;
  Time now = kNoTime, swept = kNoTime;
  while (c.more()) {
    const std::uint8_t what = c.byte();
    const Time t = std::chrono::floor<std::chrono::milliseconds>(c.time(unit));
    now = std::max(now, t);
    Collect out;
    if (what < 32) {
      beacon->advance(t, out);
      if (!known(swept) || now - swept >= 1h) {
        swept = now;
        std::erase_if(newest, [now](const auto& key) { return now - key.second > 2h; });
      }
    } else {
      const std::string_view ip = kIps[what % kIps.size()];
      beacon->observe(network_connect(t, "ws1", kModelGuid, kModelImage, ip, 443), out);
      Time& last = newest.try_emplace(ip, t).first->second;
      last = std::max(last, t);
    }
    if (beacon->stats().entries != newest.size()) return "other keys are kept";
    if (what % 32 != 31) continue;
    if (std::string error = beacon.restart(); !error.empty()) return error;
  }
  return "";
}

// ---- Reorder

inline std::string check_reorder(Choices& c) {
  const std::size_t most = c.one_of(std::array<std::size_t, 2>{std::size_t{1} << 20, 2'000});
  auto reorder = std::make_unique<engine::Reorder>(most);
  using Row = std::pair<Time, std::uint64_t>;
  std::vector<Row> kept;
  std::uint64_t early = 0, number = 0;
  while (c.more()) {
    const std::uint8_t what = c.byte();
    const Time t = c.time(1s);
    if (what >= 64) {
      Event e = event_at(Kind::dns_query, 22, t, "ws1");
      e.record_id = ++number;
      if (reorder->hold(e))
        kept.emplace_back(t, number);
      else
        ++early;
    }
    if (what < 96) {
      std::string error;
      reorder->release(t, [&](const Event& e) {
        const auto least = std::min_element(
            kept.begin(), kept.end(), [](const Row& l, const Row& r) { return l.first < r.first; });
        const auto row = std::find(kept.begin(), kept.end(), Row{e.utc_time, e.record_id});
        if (row == kept.end()) return void(error = "an event that is not held");
        if (row->first != least->first) error = "an event before an earlier one";
        early += row->first > t;
        kept.erase(row);
      });
      if (!error.empty()) return error;
      if (std::any_of(kept.begin(), kept.end(), [t](const Row& row) { return row.first <= t; }))
        return "an event that is due stays";
      if (reorder->bytes() > most) return "more bytes than allowed";
    }
    if (reorder->size() != kept.size() || reorder->early() != early) return "another number";
    if (what % 32 != 31) continue;
    auto again = std::make_unique<engine::Reorder>(most);
    if (!restore(again->saved(), save(reorder->saved()))) return "a state that restore refuses";
    if (again->size() != kept.size() || again->bytes() != reorder->bytes())
      return "it comes back as another";
    reorder = std::move(again);
  }
  return "";
}

struct TimeModel {
  std::string_view name;
  std::string (*check)(Choices&);
};

inline constexpr std::array<TimeModel, 9> kTimeModels = {{
    {"check_ins", check_check_ins},
    {"window_marks", check_window_marks},
    {"episode", check_episode},
    {"hours", check_hours},
    {"dns_bursts", check_dns_bursts},
    {"c2_port", check_c2_port},
    {"task_chain", check_task_chain},
    {"interval_keys", check_interval_keys},
    {"reorder", check_reorder},
}};

}  // namespace c2watch::testing_support
