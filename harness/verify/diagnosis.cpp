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

bool from(const SeenEvent& e, string_view channel, string_view provider) {
  if (!e.channel.empty()) return lower(e.channel) == lower(channel);
  return e.provider.empty() || lower(e.provider) == lower(provider);
}

// What the needs call this event; nothing when no detector asks for it.
std::optional<std::uint32_t> kind_of(const SeenEvent& e) {
  if (e.shape == WireShape::sumo_cse) return kNormalised;
  if (e.event_id == 1 || e.event_id == 3 || e.event_id == 22)
    if (from(e, kSysmonChannel, "Microsoft-Windows-Sysmon")) return e.event_id;
  if (e.event_id == 4698 && from(e, kSecurityChannel, "Microsoft-Windows-Security-Auditing"))
    return e.event_id;
  return std::nullopt;
}

bool is_junk(string_view reason) {
  return reason == junk_name(Junk::text) || reason == junk_name(Junk::binary) ||
         reason == junk_name(Junk::oversize);
}

// "EID 22: QueryStatus (40 %): no lookup is known to fail".
string because_text(const Fault& f, const Affected& a) {
  if (f.id == "event_absent") return "no " + event_text(f.event_id) + ": " + a.without;
  const string label = f.of_event ? event_text(f.event_id) + ": " : "";
  const string share = f.of == 0 || f.count == f.of ? "" : " (" + fixed(100 * f.share(), 0) + " %)";
  return label + (f.topic.empty() ? f.field : f.topic) + share + ": " + a.without;
}

// An example is kept of the first.
void note(Fault& f, const Place& place, string_view example) {
  if (f.count++ > 0) return;
  f.place = place;
  f.example = printable(example.substr(0, 100));
}

}  // namespace

string_view ability_name(Ability ability) {
  switch (ability) {
    case Ability::works:
      return "works";
    case Ability::partly:
      return "partly";
    case Ability::unshown:
      return "unshown";
    case Ability::cannot:
      return "cannot";
  }
  return "";
}

bool Checkup::all_work() const {
  return std::all_of(detectors.begin(), detectors.end(), [](const DetectorAbility& d) {
    return d.ability == Ability::works || d.ability == Ability::partly;
  });
}

Doctor::Doctor(const Plugin& plugin, Engine& engine, const EffectiveConfig& config)
    : plugin_(plugin), engine_(engine), needs_(needs_of(config)), fields_(needs_) {
  if (const EffectiveSetting* s = config.find("lateness_seconds"); s && s->value.is_number())
    lateness_setting_ = s->value.get<double>();
  if (const EffectiveSetting* s = config.find("scope.excluded_networks"); s && s->value.is_array())
    for (const auto& network : s->value)
      if (network.is_string()) excluded_networks_.push_back(network.get<string>());
}

void Doctor::begin_member(string_view name) {
  member_ = printable(name);
  previous_end_ = 0;
  clocks_.begin_member();
}

void Doctor::record(string_view bytes, std::uint64_t offset) {
  ++records_;
  // Records of .evtx files are counted, not measured: their offsets grow by one.
  if (offset >= previous_end_ + kHeaderBytes) ++wrapped_;
  previous_end_ = offset + bytes.size();

  const c2watch_verdict verdict = engine_.observe(bytes);
  engine_.forget_findings();
  tally_.add(verdict);
  const bool read = verdict.record < C2WATCH_RECORD_EMPTY;
  const Place place{member_, offset};
  if (!read) {
    tally_.unreadable(plugin_.record_name(verdict.record), member_, offset, bytes);
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

void Doctor::junk(Junk why, string_view line, std::uint64_t offset) {
  previous_end_ = offset + line.size();
  tally_.unreadable(junk_name(why), member_, offset, line);
}

void Doctor::inspect(const SeenEvent& e, const Place& place, bool read, string_view bytes) {
  ++inspected_;
  ++shapes_[e.shape];
  const bool normalised = e.shape == WireShape::sumo_cse;
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

void Doctor::note_identity(const SeenEvent& e, const Place& place, string_view bytes) {
  if (e.shape != WireShape::sumo_cse) {
    if (e.record_id == 0) note(no_record_id_, place, "");
    if (e.channel.empty()) note(no_channel_, place, "");
  }
  if (e.computer.empty()) {
    note(no_host_, place, "");
  } else {
    const string name = lower(e.computer);
    auto& names = host_names_[name.substr(0, name.find('.'))];
    if (host_names_.size() <= Clocks::kMaxHosts && names.size() < 4) names.insert(name);
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

void Doctor::note_destination(const SeenEvent& e, const Place&) {
  const string_view address = e.field("DestinationIp");
  const string_view initiated = e.field("Initiated");
  if (address.empty() || initiated == "false" || initiated == "False") return;
  ++outgoing_;
  if (!is_inside(address)) return;
  ++outgoing_inside_;
  const string to = string(address) + ":" + string(e.field("DestinationPort"));
  if (inside_destinations_.size() < kMaxInsideDestinations) ++inside_destinations_[to];
}

Collector Doctor::collector() const {
  WireShape commonest = WireShape::unknown;
  std::uint64_t most = 0;
  for (const auto& [shape, count] : shapes_) {
    if (count <= most) continue;
    most = count;
    commonest = shape;
  }
  return collector_of(commonest);
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

void Doctor::identity_faults(std::vector<Fault>& out) const {
  const auto add = [&](const char* id, Fault f, std::uint64_t of, string what, string fix) {
    f.id = id;
    f.of = of;
    if (f.share() < kFew) return;
    f.what = std::move(what);
    f.fix.push_back(std::move(fix));
    out.push_back(std::move(f));
  };
  const Collector from = collector();
  add("record_id_missing", no_record_id_, inspected_,
      "EventRecordID is missing: what a collector delivers again is counted again",
      pass_system(from, "EventRecordID"));
  add("channel_missing", no_channel_, inspected_,
      "Channel is missing: EID 1, 3 and 22 of other logs look like Sysmon's",
      pass_system(from, "Channel"));
  Fault host = no_host_;
  for (const DetectorNeed& need : needs_)
    host.affects.push_back({need.detector, Weight::weakens, "all hosts count as one"});
  host.topic = "no Computer";
  add("host_missing", host, inspected_, "Computer is missing", pass_system(from, "Computer"));
  add("repeated_records", repeated_, inspected_,
      "records come more than once; with an EventRecordID they are counted once",
      "one collector for each channel of a host; check the relays' retries");

  Fault names{.id = "host_two_names", .of = host_names_.size()};
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
      {"task_callback", Weight::weakens, "a chain is not joined across a host's names"});
  names.fix.push_back(
      "one collector for all channels of a host, or the full name from all of them");
  out.push_back(std::move(names));
}

void Doctor::unreadable_faults(std::vector<Fault>& out) const {
  const std::uint64_t all = records_ + tally_.unreadable_total();
  for (const auto& [reason, what] : tally_.reasons) {
    // Shifted fields are told by the event that they belong to.
    if (reason == "shifted_fields" || reason == "empty") continue;
    Fault f{.id = "unreadable_" + reason, .count = what.count, .of = all};
    if (f.share() < kFew) continue;
    f.what = string(reason_text(reason));
    if (f.what.empty()) f.what = reason;
    f.example = what.examples.empty() ? "" : clip_end(what.examples[0].text, 60, true);
    if (!what.examples.empty()) f.place = {what.examples[0].member, what.examples[0].offset};
    f.topic = "unreadable records";
    // Lines of text are many to an event; what can be read beside them, can.
    const bool lost = f.share() >= kMost && (!is_junk(reason) || tally_.readable() == 0);
    for (const DetectorNeed& need : needs_)
      f.affects.push_back({need.detector, lost ? Weight::breaks : Weight::weakens,
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

void Doctor::destination_faults(std::vector<Fault>& out) const {
  const bool private_out =
      std::any_of(excluded_networks_.begin(), excluded_networks_.end(),
                  [](const string& network) { return network.starts_with("10."); });
  // 50: of an office's connections most go outside.
  if (!private_out || outgoing_ < 50 || outgoing_inside_ < outgoing_) return;
  const auto top =
      std::max_element(inside_destinations_.begin(), inside_destinations_.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  Fault f{.id = "no_outside_destination",
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
        {detector, Weight::weakens, "connections to private addresses are not looked at"});
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
  if (!has_channel_of(event_id)) return clocks_.host_hours(false) >= kEnoughHostHours;
  return event_id != 4698 && clocks_.host_hours(true) >= kEnoughHostHours;
}

// Normalised records are connections to the detectors that ask for them.
bool Doctor::is_served(const DetectorNeed& need, std::uint32_t event_id) const {
  return arrived(event_id) > 0 ||
         (event_id == 3 && arrived(kNormalised) > 0 &&
          (need.detector == "hourly_beacon" || need.detector == "interval_beacon"));
}

void Doctor::absence_faults(std::vector<Fault>& out) const {
  const Collector from = collector();
  std::map<string_view, Fault> channels;
  std::map<std::uint32_t, Fault> events;
  for (const DetectorNeed& need : needs_) {
    for (const EventNeed& event : need.events) {
      const std::uint32_t id = event.event_id;
      if (is_served(need, id) || !proves_absence(id)) continue;
      const string_view channel = id == 4698 ? kSecurityChannel : kSysmonChannel;
      Fault& f = has_channel_of(id) ? events[id] : channels[channel];
      f.affects.push_back({need.detector, event.weight, event.without});
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

std::vector<Fault> Doctor::all_faults() const {
  std::vector<Fault> all = fields_.faults(collector());
  absence_faults(all);
  destination_faults(all);
  unreadable_faults(all);
  identity_faults(all);
  for (Fault& f : clocks_.faults(lateness_setting_, collector())) all.push_back(std::move(f));
  for (Fault& f : all) {
    std::erase_if(f.affects, [&](const Affected& a) {
      return std::none_of(needs_.begin(), needs_.end(),
                          [&](const DetectorNeed& need) { return need.detector == a.detector; });
    });
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Fault& a, const Fault& b) { return a.weight() > b.weight(); });
  return all;
}

DetectorAbility Doctor::ability_of(const DetectorNeed& need,
                                   const std::vector<Fault>& faults) const {
  DetectorAbility out{.detector = need.detector};
  std::vector<string> weak;
  std::vector<string> unseen;
  for (const Fault& f : faults) {
    const Affected* worst = nullptr;
    for (const Affected& a : f.affects)
      if (a.detector == need.detector && (worst == nullptr || a.weight > worst->weight)) worst = &a;
    if (worst == nullptr) continue;
    (worst->weight == Weight::breaks ? out.because : weak).push_back(because_text(f, *worst));
  }
  if (!out.because.empty()) out.ability = Ability::cannot;
  for (const EventNeed& event : need.events) {
    if (is_served(need, event.event_id) || proves_absence(event.event_id)) continue;
    const bool of_sysmon = event.event_id != 4698 && has_channel_of(event.event_id);
    const string why = event_text(event.event_id) + " not seen in " + sample_text(of_sysmon);
    if (event.weight == Weight::breaks && out.ability == Ability::works)
      out.ability = Ability::unshown;
    unseen.push_back(why);
  }
  if (out.ability == Ability::works && !weak.empty()) out.ability = Ability::partly;
  std::vector<string>& second = out.ability == Ability::unshown ? unseen : weak;
  std::vector<string>& third = out.ability == Ability::unshown ? weak : unseen;
  out.because.insert(out.because.end(), second.begin(), second.end());
  out.because.insert(out.because.end(), third.begin(), third.end());
  return out;
}

Checkup Doctor::checkup() const {
  Checkup c;
  c.records = records_;
  c.not_inspected = not_inspected_;
  c.hosts = clocks_.hosts();
  c.host_hours = clocks_.host_hours(false);
  c.first_us = first_us_;
  c.last_us = last_us_;
  c.out_of_order = clocks_.out_of_order();
  c.lateness_seconds = clocks_.lateness_seconds();
  c.wrapped = wrapped_;
  c.tally = tally_;
  c.shapes.assign(shapes_.begin(), shapes_.end());
  std::stable_sort(c.shapes.begin(), c.shapes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [key, count] : kinds_)
    c.arrivals.push_back(
        {std::get<0>(key), std::get<1>(key), std::get<2>(key), count.count, count.unreadable});
  std::stable_sort(c.arrivals.begin(), c.arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.count > b.count; });
  c.other_arrivals = other_kinds_;
  c.faults = all_faults();
  for (const DetectorNeed& need : needs_) c.detectors.push_back(ability_of(need, c.faults));
  return c;
}

}  // namespace c2watch::harness
