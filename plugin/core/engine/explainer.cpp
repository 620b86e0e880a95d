#include "core/engine/explainer.h"

#include <algorithm>
#include <charconv>
#include <type_traits>
#include <utility>

#include "core/analytics/ascii.h"
#include "core/engine/finding_format.h"
#include "core/engine/instant.h"
#include "core/engine/json_writer.h"
#include "core/engine/located_json.h"
#include "core/engine/matching.h"
#include "core/engine/setting.h"

namespace c2watch::engine {
namespace {

using analytics::Condition;
using analytics::Explanation;

constexpr std::uint64_t kMaxNearest = 1000;
constexpr std::array<std::string_view, 6> kPartNames = {"host",   "process", "destination",
                                                        "domain", "task",    "record"};

Error mistake(const LocatedJson& at, const std::string& what) {
  const std::string path = at.key.empty() ? "" : at.key + ": ";
  return {"question:" + std::to_string(at.place.line) + ":" + std::to_string(at.place.column) +
          ": " + path + what};
}

// "WS-01/Microsoft-Windows-Sysmon/Operational/4711": channels have slashes of their own.
bool read_record(const std::string& text, Question& q) {
  const auto first = text.find('/');
  const auto last = text.rfind('/');
  if (first == text.npos || first == 0 || last <= first + 1) return false;
  q.record = text;
  q.record_computer = text.substr(0, first);
  q.record_channel = text.substr(first + 1, last - first - 1);
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data() + last + 1, end, q.record_id);
  return failure == std::errc{} && stop == end && q.record_id > 0;
}

std::optional<Error> read_member(const LocatedJson& member, Question& q) {
  if (member.key == "nearest") {
    const bool number = member.type == LocatedJson::Type::integer;
    const std::int64_t n = number ? member.value.get<std::int64_t>() : 0;
    if (n < 1 || n > static_cast<std::int64_t>(kMaxNearest))
      return mistake(member, "must be a whole number from 1 to 1000");
    q.nearest = static_cast<std::uint64_t>(n);
    return std::nullopt;
  }
  if (std::ranges::find(kPartNames, member.key) == kPartNames.end())
    return mistake(member,
                   "no such key; there are \"host\", \"process\", \"destination\", \"domain\", "
                   "\"task\", \"record\", \"nearest\"");
  if (member.text().empty()) return mistake(member, "must be text, and not empty");
  const std::string text(member.text());
  if (member.key == "host") q.host = text;
  if (member.key == "process") q.process = text;
  if (member.key == "domain") q.domain = text;
  if (member.key == "task") q.task = text;
  if (member.key == "destination") {
    q.destination = text;
    q.addresses = parse_cidr(text);
  }
  if (member.key == "record" && !read_record(text, q))
    return mistake(member,
                   "must be Computer/Channel/EventRecordID, like "
                   "\"WS-01/Microsoft-Windows-Sysmon/Operational/4711\"");
  return std::nullopt;
}

std::string_view without_backslash(std::string_view task) {
  while (task.starts_with('\\')) task.remove_prefix(1);
  return task;
}

bool same_task(std::string_view a, std::string_view b) {
  return same_text(without_backslash(a), without_backslash(b));
}

bool destination_holds(const Question& q, std::string_view address, std::string_view hostname) {
  if (q.addresses && address_holds(*q.addresses, address)) return true;
  return domain_holds(q.destination, hostname);
}

// A task's chain is one key, whichever of its processes speaks.
std::string key_name(std::string_view detector, const Explanation& x) {
  using analytics::to_lower;
  std::string name(detector);
  const auto add = [&name](std::string_view part) { name.append(1, '\0').append(part); };
  add(to_lower(x.host));
  add(to_lower(without_backslash(x.task)));
  if (!x.task.empty()) return name;
  add(to_lower(x.image));
  add(x.address);
  add(to_lower(x.hostname));
  return name;
}

// Whether a finding raised while an event is observed is of the key that the event counted for.
bool speaks_of(const Finding& f, const Explanation& x) {
  const auto agree = [](std::string_view a, std::string_view b) {
    return a.empty() || b.empty() || same_text(a, b);
  };
  return agree(f.host, x.host) && agree(f.process.image, x.image) &&
         agree(f.destination.ip, x.address);
}

void write_condition(JsonWriter& w, const Condition& c) {
  w.object([&] {
    w.member("name", c.name);
    w.key("has");
    write_value(w, c.has);
    w.key("needs");
    write_value(w, c.needs);
    w.member("met", c.met);
    w.member("text", c.text);
  });
}

void write_instant(JsonWriter& w, std::string_view name, Time t) {
  if (known(t)) w.member(name, instant_text(t));
}

}  // namespace

Result<Question> read_question(std::string_view json) {
  const Result<LocatedJson> root = read_located_json(json);
  if (!root) return Error{"question:" + root.error().message};
  if (root->type != LocatedJson::Type::object) return mistake(*root, "must be an object, {...}");
  Question q;
  for (const LocatedJson& member : root->children)
    if (auto error = read_member(member, q)) return *error;
  if (root->children.empty())
    return mistake(*root, "asks for nothing; name a host, process, destination, ..., or nearest");
  return q;
}

bool Explainer::asked(std::size_t part) const {
  const std::array<const std::string*, kParts> texts = {&question_.host,        &question_.process,
                                                        &question_.destination, &question_.domain,
                                                        &question_.task,        &question_.record};
  return !texts[part]->empty();
}

std::array<bool, Explainer::kParts> Explainer::parts_of(const Event& e) const {
  const Question& q = question_;
  std::array<bool, kParts> parts{};
  parts[kHost] = host_holds(q.host, e.computer) || host_holds(q.host, e.source_hostname);
  parts[kProcess] = process_holds(q.process, e.image) || process_holds(q.process, e.application);
  parts[kDestination] = destination_holds(q, e.destination_ip, e.destination_hostname) ||
                        domain_holds(q.destination, e.query_name);
  parts[kDomain] =
      domain_holds(q.domain, e.query_name) || domain_holds(q.domain, e.destination_hostname);
  parts[kTask] = !q.task.empty() && (same_task(q.task, e.task_name) ||
                                     analytics::ascii_contains(
                                         e.command_line, std::string(without_backslash(q.task))));
  parts[kRecord] = e.record_id == q.record_id && same_text(q.record_computer, e.computer) &&
                   same_text(q.record_channel, e.channel);
  return parts;
}

void Explainer::seen(const Event& event) {
  done();  // findings that the clock raised in between
  ++events_;
  const auto parts = parts_of(event);
  for (std::size_t part = 0; part < kParts; ++part) seen_[part] += asked(part) && parts[part];
}

// What the event itself can rule out: the rest is up to the explanation, which knows the key.
bool Explainer::may_match(const Event& event) const {
  const auto parts = parts_of(event);
  if (asked(kHost) && !parts[kHost]) return false;
  if (asked(kRecord) && !parts[kRecord]) return false;
  return true;
}

void Explainer::dropped(const Event& event, std::string_view by, std::string why) {
  const auto parts = parts_of(event);
  for (std::size_t part = 0; part < kParts; ++part)
    if (asked(part) && !parts[part]) return;
  Drop& drop = engine_drops_[std::string(by)];
  ++drop.events;
  drop.why = std::move(why);
}

bool Explainer::matches(const Event& event, const Explanation& x) const {
  const Question& q = question_;
  if (asked(kHost) && !host_holds(q.host, x.host) && !host_holds(q.host, event.computer))
    return false;
  if (asked(kProcess) && !process_holds(q.process, x.image)) return false;
  if (asked(kDestination) && !destination_holds(q, x.address, x.hostname)) return false;
  if (asked(kDomain) && !domain_holds(q.domain, x.hostname) &&
      !domain_holds(q.domain, event.query_name))
    return false;
  if (asked(kTask) && !same_task(q.task, x.task)) return false;
  return !asked(kRecord) || parts_of(event)[kRecord];
}

bool Explainer::matches(const Finding& f) const {
  const Question& q = question_;
  if (asked(kHost) && !host_holds(q.host, f.host)) return false;
  if (asked(kProcess) && !process_holds(q.process, f.process.image)) return false;
  if (asked(kDestination) && !destination_holds(q, f.destination.ip, f.destination.hostname))
    return false;
  return true;
}

void Explainer::found(const Finding& finding, const AllowlistEntry* entry,
                      std::size_t entry_number) {
  pending_.push_back(finding);
  pending_by_.push_back(entry == nullptr ? "" : "allowlist[" + std::to_string(entry_number) + "]");
  pending_why_.push_back(entry == nullptr ? "" : entry->reason);
}

void Explainer::observed(analytics::Analytic& detector, const Event& event) {
  if (!may_match(event)) return;
  Explanation x;
  detector.explain(event, x);
  if (!x.concerned || !matches(event, x)) return;
  const std::string name = key_name(detector.name(), x);
  if (keys_.size() >= kMaxKeys && !keys_.contains(name)) make_room();
  Key& key = keys_[name];
  key.detector = detector.name();
  for (const Finding& f : pending_)
    if (f.detector == detector.name() && speaks_of(f, x)) attach(f, key);
  note(key, event, std::move(x));
}

void Explainer::attach(const Finding& finding, Key& key) {
  key.fired = true;
  if (std::ranges::find(key.findings, finding.id) == key.findings.end())
    key.findings.push_back(finding.id);
}

void Explainer::note(Key& key, const Event& event, Explanation x) {
  const Time at = known(event.utc_time) ? event.utc_time : event.time_created;
  ++key.events;
  if (!known(key.first) || at < key.first) key.first = at;
  key.last = std::max(key.last, at);
  if (!x.dropped_by.empty()) {
    Drop& drop = key.drops[x.dropped_by];
    ++drop.events;
    drop.why = x.dropped_why;
    if (!key.counted) key.best = std::move(x);
    return;
  }
  if (key.counted && x.nearness() < key.best.nearness()) return;
  key.counted = true;
  key.best = std::move(x);
  key.best_at = at;
}

void Explainer::done() {
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const Finding& f = pending_[i];
    if (!matches(f)) continue;
    // Hours that close raise findings of keys that have no event at the moment.
    Explanation x;
    x.host = f.host;
    x.image = f.process.image;
    x.address = f.destination.ip;
    x.hostname = f.destination.hostname;
    if (const auto key = keys_.find(key_name(f.detector, x)); key != keys_.end())
      attach(f, key->second);
    if (told_.size() >= kMaxKeys && !told_.contains(f.id)) continue;
    Told& told = told_[f.id];
    told.id = f.id;
    told.title = f.title;
    told.detector = f.detector;
    told.host = f.host;
    told.severity = f.severity;
    told.at = f.emitted_at;
    ++told.times;
    told.suppressed_by = pending_by_[i];
    told.suppressed_why = pending_why_[i];
  }
  pending_.clear();
  pending_by_.clear();
  pending_why_.clear();
}

// Half of the keys go, those that are furthest from firing.
void Explainer::make_room() {
  std::vector<std::pair<double, const std::string*>> ranks;
  for (const auto& [name, key] : keys_)
    ranks.emplace_back(key.fired ? 2 : key.best.nearness(), &name);
  const auto middle = ranks.begin() + static_cast<std::ptrdiff_t>(ranks.size() / 2);
  std::ranges::nth_element(ranks, middle, {}, [](const auto& r) { return r.first; });
  std::vector<std::string> gone;
  for (auto r = ranks.begin(); r != middle; ++r) gone.push_back(*r->second);
  for (const std::string& name : gone) keys_.erase(name);
  keys_forgotten_ += gone.size();
}

// Nearest first within a detector; with `nearest`, those alone that have not fired but might.
std::vector<const Explainer::Key*> Explainer::chosen() const {
  std::vector<const Key*> all;
  for (const auto& [name, key] : keys_)
    if (question_.nearest == 0 || (!key.fired && key.best.nearness() > 0)) all.push_back(&key);
  std::ranges::stable_sort(all, [](const Key* a, const Key* b) {
    if (a->detector != b->detector) return a->detector < b->detector;
    if (a->fired != b->fired) return a->fired;
    return a->best.nearness() > b->best.nearness();
  });
  if (question_.nearest == 0) return all;
  std::vector<const Key*> few;
  std::uint64_t of_detector = 0;
  for (const Key* key : all) {
    of_detector = !few.empty() && few.back()->detector == key->detector ? of_detector + 1 : 1;
    if (of_detector <= question_.nearest) few.push_back(key);
  }
  return few;
}

std::string Explainer::json() const {
  std::string json;
  JsonWriter w(json);
  const auto write_drop = [&](const std::string& by, const Drop& drop) {
    w.object([&] {
      w.member("by", by);
      w.member("events", drop.events);
      w.member("why", drop.why);
    });
  };
  const auto drops = [&](const std::map<std::string, Drop>& all) {
    w.list("dropped", [&] {
      for (const auto& [by, drop] : all) write_drop(by, drop);
    });
  };
  const auto write_key = [&](const Key& key) {
    const Explanation& x = key.best;
    w.object([&] {
      w.member("detector", key.detector);
      w.text_if_any("host", x.host);
      w.text_if_any("process", x.image);
      w.text_if_any("address", x.address);
      w.text_if_any("hostname", x.hostname);
      if (x.port >= 0) w.member("port", x.port);
      w.text_if_any("task", x.task);
      w.member("events", key.events);
      write_instant(w, "first", key.first);
      write_instant(w, "last", key.last);
      w.member("fired", key.fired);
      w.member("nearness", key.fired ? 1.0 : x.nearness());
      write_instant(w, "at", key.best_at);
      w.list("conditions", [&] {
        for (const Condition& c : x.conditions) write_condition(w, c);
      });
      w.object("evidence", [&] {
        for (const Evidence& e : x.evidence) {
          w.key(e.name);
          write_value(w, e.value);
        }
      });
      drops(key.drops);
      w.list("findings", [&] {
        for (const std::string& id : key.findings) w.value(id);
      });
    });
  };
  const auto write_told = [&](const std::string& id, const Told& told) {
    w.object([&] {
      w.member("id", id);
      w.member("detector", told.detector);
      w.member("title", told.title);
      w.member("severity", kSeverityNames[static_cast<std::size_t>(told.severity)]);
      w.member("host", told.host);
      write_instant(w, "at", told.at);
      w.member("times", told.times);
      w.text_if_any("suppressed_by", told.suppressed_by);
      w.text_if_any("suppressed_why", told.suppressed_why);
    });
  };
  w.object([&] {
    w.member("events", events_);
    w.object("matched", [&] {
      for (std::size_t part = 0; part < kParts; ++part)
        if (asked(part)) w.member(kPartNames[part], seen_[part]);
    });
    w.member("keys_forgotten", keys_forgotten_);
    drops(engine_drops_);
    w.list("keys", [&] {
      for (const Key* key : chosen()) write_key(*key);
    });
    w.list("findings", [&] {
      for (const auto& [id, told] : told_) write_told(id, told);
    });
  });
  return json;
}

}  // namespace c2watch::engine
