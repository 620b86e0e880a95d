#include "harness/verify/diagnosis.h"

#include <algorithm>

#include "harness/base/text.h"
#include "harness/verify/remediation.h"
#include "harness/verify/value_type.h"

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;

constexpr std::size_t kMaxInsideDestinations = 10'000;
// A header of syslog has at least a priority and a time; between records of a list stand a few bytes.
constexpr std::uint64_t kHeaderBytes = 12;

string lower(string_view text) {
  string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool from(const ParsedEvent& e, string_view channel, string_view provider) {
  if (!e.channel.empty()) return lower(e.channel) == lower(channel);
  return e.provider.empty() || lower(e.provider) == lower(provider);
}

// What the needs call this event; nothing when no detector asks for it.
std::optional<std::uint32_t> kind_of(const ParsedEvent& e) {
  if (e.input_format == InputFormat::sumo_cse) return kNormalised;
  if (e.event_id == 1 || e.event_id == 3 || e.event_id == 22)
    if (from(e, kSysmonChannel, "Microsoft-Windows-Sysmon")) return e.event_id;
  if (e.event_id == 4698 && from(e, kSecurityChannel, "Microsoft-Windows-Security-Auditing"))
    return e.event_id;
  return std::nullopt;
}

bool is_junk(string_view reason) {
  return reason == non_record_name(NonRecord::text) ||
         reason == non_record_name(NonRecord::binary) ||
         reason == non_record_name(NonRecord::oversize);
}

// "EID 22: QueryStatus (40 %): no lookup is known to fail".
string because_text(const Issue& f, const Affected& a) {
  if (f.id == "event_absent") return "no " + event_text(f.event_id) + ": " + a.without;
  const string label = f.of_event ? event_text(f.event_id) + ": " : "";
  const string share = f.of == 0 || f.count == f.of ? "" : " (" + fixed(100 * f.share(), 0) + " %)";
  return label + (f.topic.empty() ? f.field : f.topic) + share + ": " + a.without;
}

// An example is kept of the first.
void note(Issue& f, const Place& place, string_view example) {
  if (f.count++ > 0) return;
  f.place = place;
  f.example = printable(example.substr(0, 100));
}

}  // namespace

string_view status_name(DetectorStatus status) {
  switch (status) {
    case DetectorStatus::ok:
      return "ok";
    case DetectorStatus::degraded:
      return "degraded";
    case DetectorStatus::unknown:
      return "unknown";
    case DetectorStatus::blocked:
      return "blocked";
  }
  return "";
}

bool Diagnosis::all_work() const {
  return std::all_of(detectors.begin(), detectors.end(), [](const DetectorVerdict& d) {
    return d.status == DetectorStatus::ok || d.status == DetectorStatus::degraded;
  });
}

Doctor::Doctor(const Plugin& plugin, Engine& engine, const EffectiveConfig& config)
    : plugin_(plugin), engine_(engine), needs_(requirements_of(config)), fields_(needs_) {
  if (const EffectiveSetting* s = config.find("lateness_seconds"); s && s->value.is_number())
    lateness_setting_ = s->value.get<double>();
  if (const EffectiveSetting* s = config.find("scope.excluded_networks"); s && s->value.is_array())
    for (const auto& network : s->value)
      if (network.is_string()) excluded_networks_.push_back(network.get<string>());
}

void Doctor::begin_file(string_view name) {
  member_ = printable(name);
  previous_end_ = 0;
  clocks_.begin_file();
}

void Doctor::record(string_view bytes, std::uint64_t offset) {
  ++records_;
  // Records of .evtx files are counted, not measured: their offsets grow by one.
  if (offset >= previous_end_ + kHeaderBytes) ++wrapped_;
  previous_end_ = offset + bytes.size();

  const c2watch_verdict verdict = engine_.observe(bytes);
  engine_.forget_findings();
  record_stats_.add(verdict);
  const bool read = verdict.record < C2WATCH_RECORD_EMPTY;
  const Place place{member_, offset};
  if (!read) {
    record_stats_.unreadable(plugin_.record_name(verdict.record), member_, offset, bytes);
    if (verdict.record == C2WATCH_RECORD_NOT_JSON || verdict.record == C2WATCH_RECORD_NOT_XML) {
      ++cut_.broken;
      if (cut_.lengths.size() < kMaxKinds) ++cut_.lengths[bytes.size()];
    }
  }
  if (const auto event = read_event(bytes))
    inspect(*event, place, read, bytes);
  else
    not_inspected_ += read;
}

void Doctor::non_record(NonRecord why, string_view line, std::uint64_t offset) {
  previous_end_ = offset + line.size();
  record_stats_.unreadable(non_record_name(why), member_, offset, line);
}

void Doctor::inspect(const ParsedEvent& e, const Place& place, bool read, string_view bytes) {
  ++inspected_;
  ++input_formats_[e.input_format];
  const bool normalised = e.input_format == InputFormat::sumo_cse;
  const auto key =
      KindKey{e.event_id, normalised ? "normalised network records" : e.channel, e.provider};
  if (const auto at = kinds_.find(key); at != kinds_.end() || kinds_.size() < kMaxKinds) {
    KindCount& count = at != kinds_.end() ? at->second : kinds_[key];
    ++count.count;
    count.unreadable += !read;
  } else {
    ++other_kinds_;
  }
  const auto kind = kind_of(e);
  // All hosts' times tell how long the sample is; only wanted events' order and clocks matter.
  if (const auto at = e.time_us()) {
    if (!first_us_ || *at < *first_us_) first_us_ = at;
    if (!last_us_ || *at > *last_us_) last_us_ = at;
  }
  clocks_.add(kind.value_or(0), !normalised && lower(e.channel) == lower(kSysmonChannel), e, place);
  note_identity(e, place, kind ? bytes : string_view());
  if (!kind) return;
  ++wanted_[*kind].count;
  wanted_[*kind].unreadable += !read;
  fields_.add(*kind, e, place, read);
  if (*kind == 3 || *kind == kNormalised) note_destination(e, place);
}

void Doctor::note_identity(const ParsedEvent& e, const Place& place, string_view bytes) {
  if (e.input_format != InputFormat::sumo_cse) {
    if (e.record_id == 0) note(no_record_id_, place, "");
    if (e.channel.empty()) note(no_channel_, place, "");
  }
  if (e.computer.empty()) {
    note(no_host_, place, "");
  } else {
    const string name = lower(e.computer);
    auto& names = host_names_[name.substr(0, name.find('.'))];
    if (host_names_.size() <= ClockStats::kMaxHosts && names.size() < 4) names.insert(name);
  }
  // Other events may be alike byte for byte; of those that count, few are.
  if (e.record_id == 0 && bytes.empty()) return;
  const string identity = e.record_id == 0 ? string(bytes)
                                           : e.computer + '\n' + e.channel + '\n' +
                                                 std::to_string(e.record_id) + '\n' + e.created;
  const std::uint64_t hash = std::hash<string>{}(identity);
  if (!remembered_.insert(hash).second)
    return note(repeated_, place,
                e.record_id == 0 ? "" : "record " + std::to_string(e.record_id) + " again");
  remembered_order_.push_back(hash);
  if (remembered_order_.size() <= kRemembered) return;
  remembered_.erase(remembered_order_.front());
  remembered_order_.pop_front();
}

void Doctor::note_destination(const ParsedEvent& e, const Place&) {
  const string_view address = e.field("DestinationIp");
  const string_view initiated = e.field("Initiated");
  if (address.empty() || initiated == "false" || initiated == "False") return;
  ++outgoing_;
  if (!is_inside(address)) return;
  ++outgoing_inside_;
  const string to = string(address) + ":" + string(e.field("DestinationPort"));
  if (inside_destinations_.size() < kMaxInsideDestinations) ++inside_destinations_[to];
}

CollectorKind Doctor::collector() const {
  InputFormat commonest = InputFormat::unknown;
  std::uint64_t most = 0;
  for (const auto& [input_format, count] : input_formats_) {
    if (count <= most) continue;
    most = count;
    commonest = input_format;
  }
  return collector_kind_of(commonest);
}

std::uint64_t Doctor::arrived(std::uint32_t event_id) const {
  const auto at = wanted_.find(event_id);
  return at == wanted_.end() ? 0 : at->second.count;
}

std::uint64_t Doctor::of_channel(string_view channel) const {
  std::uint64_t sum = 0;
  for (const auto& [key, count] : kinds_)
    if (lower(std::get<1>(key)) == lower(channel)) sum += count.count;
  return sum;
}

void Doctor::identity_issues(std::vector<Issue>& out) const {
  const auto add = [&](const char* id, Issue f, std::uint64_t of, string what, string fix) {
    f.id = id;
    f.of = of;
    if (f.share() < kFew) return;
    f.what = std::move(what);
    f.fix.push_back(std::move(fix));
    out.push_back(std::move(f));
  };
  const CollectorKind from = collector();
  add("record_id_missing", no_record_id_, inspected_,
      "EventRecordID is missing: what a collector delivers again is counted again",
      pass_system(from, "EventRecordID"));
  add("channel_missing", no_channel_, inspected_,
      "Channel is missing: EID 1, 3 and 22 of other logs look like Sysmon's",
      pass_system(from, "Channel"));
  Issue host = no_host_;
  for (const DetectorRequirements& need : needs_)
    host.affects.push_back({need.detector, Impact::degraded, "all hosts count as one"});
  host.topic = "no Computer";
  add("host_missing", host, inspected_, "Computer is missing", pass_system(from, "Computer"));
  add("repeated_records", repeated_, inspected_,
      "records come more than once; with an EventRecordID they are counted once",
      "one collector for each channel of a host; check the relays' retries");

  Issue names{.id = "host_two_names", .of = host_names_.size()};
  for (const auto& [name, spellings] : host_names_) {
    // The same short name in two domains is two hosts.
    if (spellings.size() < 2 || spellings.count(name) == 0) continue;
    if (names.count++ > 0) continue;
    for (const string& s : spellings)
      names.example += (names.example.empty() ? "" : " and ") + printable(s);
  }
  if (names.count == 0) return;
  names.topic = "two names of a host";
  names.what = "a host goes by several names, and what belongs together is not joined";
  names.affects.push_back(
      {"task_callback", Impact::degraded, "a chain is not joined across a host's names"});
  names.fix.push_back(
      "one collector for all channels of a host, or the full name from all of them");
  out.push_back(std::move(names));
}

void Doctor::unreadable_issues(std::vector<Issue>& out) const {
  const std::uint64_t all = records_ + record_stats_.unreadable_total();
  for (const auto& [reason, what] : record_stats_.reasons) {
    // Shifted fields are told by the event that they belong to.
    if (reason == "shifted_fields" || reason == "empty") continue;
    Issue f{.id = "unreadable_" + reason, .count = what.count, .of = all};
    if (f.share() < kFew) continue;
    f.what = string(reason_text(reason));
    if (f.what.empty()) f.what = reason;
    f.example = what.examples.empty() ? "" : clip_end(what.examples[0].text, 60, true);
    if (!what.examples.empty()) f.place = {what.examples[0].member, what.examples[0].offset};
    f.topic = "unreadable records";
    // Lines of text are many to an event; what can be read beside them, can.
    const bool lost = f.share() >= kMost && (!is_junk(reason) || record_stats_.readable() == 0);
    for (const DetectorRequirements& need : needs_)
      f.affects.push_back({need.detector, lost ? Impact::blocking : Impact::degraded,
                           lost ? "next to nothing can be read" : "a part is not seen"});
    if (reason == "not_json" || reason == "not_xml") {
      std::size_t length = 0;
      std::uint64_t most = 0;
      for (const auto& [bytes, count] : cut_.lengths)
        if (count > most) length = bytes, most = count;
      // Two broken records of one length in five are no chance: a limit cut them there.
      if (most >= 2 && most * 5 >= cut_.broken)
        f.what += ", cut at " + with_thousands(length) + " bytes";
      f.fix.push_back(
          "raise the longest message to 1 MiB: log-msg-size(1048576) in syslog-ng, "
          "$MaxMessageSize 1m in rsyslog, buffer_max_size 1M in Fluent Bit");
    } else if (reason == "no_time") {
      f.fix.push_back("let TimeCreated pass; " + pass_event_data(collector()));
    } else if (reason == "bad_time") {
      f.fix.push_back(set_clock());
    } else if (reason == "text" || reason == "unknown_format") {
      f.fix.push_back(
          "send events as JSON or XML, one a line; the rendered text has lost what "
          "detectors ask for");
    } else {
      f.fix.push_back("send one event a record, in a shape of plugin/core/parse");
    }
    out.push_back(std::move(f));
  }
}

void Doctor::destination_issues(std::vector<Issue>& out) const {
  const bool private_out =
      std::any_of(excluded_networks_.begin(), excluded_networks_.end(),
                  [](const string& network) { return network.starts_with("10."); });
  // 50: of an office's connections most go outside.
  if (!private_out || outgoing_ < 50 || outgoing_inside_ < outgoing_) return;
  const auto top =
      std::max_element(inside_destinations_.begin(), inside_destinations_.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  Issue f{.id = "no_outside_destination",
          .event_id = arrived(3) > 0 ? 3U : kNormalised,
          .of_event = true,
          .field = "DestinationIp",
          .count = outgoing_inside_,
          .of = outgoing_};
  f.what =
      "not one connection goes to an address outside, and the config leaves private networks "
      "out: a proxy, a lab, or a filter in the Sysmon configuration";
  f.example = top->first + " took " + with_thousands(top->second);
  for (const char* detector : {"hourly_beacon", "interval_beacon", "c2_port"})
    f.affects.push_back(
        {detector, Impact::degraded, "connections to private addresses are not looked at"});
  f.fix.push_back("in a lab: --profile lab");
  f.fix.push_back(
      "behind a proxy: feed its log as normalised network records; lookups (EID 22) and "
      "tasks are seen all the same");
  f.fix.push_back("otherwise: " + sysmon_record_all(3));
  out.push_back(std::move(f));
}

string Doctor::sample_text(bool of_sysmon) const {
  return plural(records_, "record") + " and " + plural(clocks_.host_hours(of_sysmon), "host-hour");
}

bool Doctor::has_channel_of(std::uint32_t event_id) const {
  return of_channel(event_id == 4698 ? kSecurityChannel : kSysmonChannel) > 0;
}

bool Doctor::proves_absence(std::uint32_t event_id) const {
  if (!has_channel_of(event_id)) return clocks_.host_hours(false) >= kMinHostHours;
  return event_id != 4698 && clocks_.host_hours(true) >= kMinHostHours;
}

// Normalised records are connections to the detectors that ask for them.
bool Doctor::is_served(const DetectorRequirements& need, std::uint32_t event_id) const {
  return arrived(event_id) > 0 ||
         (event_id == 3 && arrived(kNormalised) > 0 &&
          (need.detector == "hourly_beacon" || need.detector == "interval_beacon"));
}

void Doctor::absence_issues(std::vector<Issue>& out) const {
  const CollectorKind from = collector();
  std::map<string_view, Issue> channels;
  std::map<std::uint32_t, Issue> events;
  for (const DetectorRequirements& need : needs_) {
    for (const EventRequirement& event : need.events) {
      const std::uint32_t id = event.event_id;
      if (is_served(need, id) || !proves_absence(id)) continue;
      const string_view channel = id == 4698 ? kSecurityChannel : kSysmonChannel;
      Issue& f = has_channel_of(id) ? events[id] : channels[channel];
      f.affects.push_back({need.detector, event.impact, event.without});
    }
  }
  for (auto& [id, f] : events) {
    f.id = "event_absent";
    f.event_id = id;
    f.of_event = true;
    f.what = "no " + event_text(id) + " in " + sample_text(true) +
             ": the Sysmon configuration leaves out " + string(sysmon_rule(id));
    f.fix.push_back(sysmon_record_all(id));
    out.push_back(std::move(f));
  }
  for (auto& [channel, f] : channels) {
    const bool security = channel == kSecurityChannel;
    f.id = "channel_absent";
    f.topic = security ? "no Security event" : "no Sysmon event";
    f.what = "nothing of the channel " + string(channel) + " in " + sample_text(false) +
             (security ? ": it is not collected" : ": Sysmon does not run, or is not collected");
    f.fix.push_back(collect_channel(from, channel));
    f.fix.push_back(security ? audit_task_creation() : sysmon_install());
    out.push_back(std::move(f));
  }
}

std::vector<Issue> Doctor::all_issues() const {
  std::vector<Issue> all = fields_.issues(collector());
  absence_issues(all);
  destination_issues(all);
  unreadable_issues(all);
  identity_issues(all);
  for (Issue& f : clocks_.issues(lateness_setting_, collector())) all.push_back(std::move(f));
  for (Issue& f : all) {
    std::erase_if(f.affects, [&](const Affected& a) {
      return std::none_of(needs_.begin(), needs_.end(), [&](const DetectorRequirements& need) {
        return need.detector == a.detector;
      });
    });
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Issue& a, const Issue& b) { return a.impact() > b.impact(); });
  return all;
}

DetectorVerdict Doctor::status_of(const DetectorRequirements& need,
                                  const std::vector<Issue>& issues) const {
  DetectorVerdict out{.detector = need.detector};
  std::vector<string> weak;
  std::vector<string> unseen;
  for (const Issue& f : issues) {
    const Affected* worst = nullptr;
    for (const Affected& a : f.affects)
      if (a.detector == need.detector && (worst == nullptr || a.impact > worst->impact)) worst = &a;
    if (worst == nullptr) continue;
    (worst->impact == Impact::blocking ? out.reasons : weak).push_back(because_text(f, *worst));
  }
  if (!out.reasons.empty()) out.status = DetectorStatus::blocked;
  for (const EventRequirement& event : need.events) {
    if (is_served(need, event.event_id) || proves_absence(event.event_id)) continue;
    const bool of_sysmon = event.event_id != 4698 && has_channel_of(event.event_id);
    const string why = event_text(event.event_id) + " not seen in " + sample_text(of_sysmon);
    if (event.impact == Impact::blocking && out.status == DetectorStatus::ok)
      out.status = DetectorStatus::unknown;
    unseen.push_back(why);
  }
  if (out.status == DetectorStatus::ok && !weak.empty()) out.status = DetectorStatus::degraded;
  std::vector<string>& second = out.status == DetectorStatus::unknown ? unseen : weak;
  std::vector<string>& third = out.status == DetectorStatus::unknown ? weak : unseen;
  out.reasons.insert(out.reasons.end(), second.begin(), second.end());
  out.reasons.insert(out.reasons.end(), third.begin(), third.end());
  return out;
}

Diagnosis Doctor::diagnosis() const {
  Diagnosis c;
  c.records = records_;
  c.not_inspected = not_inspected_;
  c.hosts = clocks_.hosts();
  c.host_hours = clocks_.host_hours(false);
  c.first_us = first_us_;
  c.last_us = last_us_;
  c.out_of_order = clocks_.out_of_order();
  c.lateness_seconds = clocks_.lateness_seconds();
  c.wrapped = wrapped_;
  c.record_stats = record_stats_;
  c.input_formats.assign(input_formats_.begin(), input_formats_.end());
  std::stable_sort(c.input_formats.begin(), c.input_formats.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [key, count] : kinds_)
    c.event_counts.push_back(
        {std::get<0>(key), std::get<1>(key), std::get<2>(key), count.count, count.unreadable});
  std::stable_sort(c.event_counts.begin(), c.event_counts.end(),
                   [](const EventCount& a, const EventCount& b) { return a.count > b.count; });
  c.other_events = other_kinds_;
  c.issues = all_issues();
  for (const DetectorRequirements& need : needs_) c.detectors.push_back(status_of(need, c.issues));
  return c;
}

}  // namespace c2watch::harness
