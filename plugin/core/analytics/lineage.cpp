#include "core/analytics/lineage.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "core/analytics/ascii.h"
#include "core/analytics/process_class.h"
#include "core/analytics/saved_finding.h"
#include "core/analytics/spelling.h"

namespace c2watch::analytics {
namespace {

constexpr std::array<std::string_view, 11> kOffice = {
    "winword.exe", "excel.exe", "powerpnt.exe", "outlook.exe", "onenote.exe", "msaccess.exe",
    "mspub.exe",   "visio.exe", "eqnedt32.exe", "winproj.exe", "infopath.exe"};

// Programs that exist to run other people's scripts. Shells are absent: an administrator's prompt
// is the parent of most of what he does.
constexpr std::array<std::string_view, 6> kScriptHosts = {
    "wscript.exe", "cscript.exe", "mshta.exe", "regsvr32.exe", "rundll32.exe", "msbuild.exe"};

// Of a process: image, command line, parent's image and user, with what the allocator adds.
constexpr std::size_t kMaxTextBytes = 4 * (kMaxCommandLine + 16);

constexpr std::array<std::string_view, 3> kTaskHosts = {"taskeng.exe", "taskhostw.exe",
                                                        "taskhost.exe"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view n) { return ascii_equal(n, name); });
}

// svchost.exe -k netsvcs -p -s Schedule; before Windows 10 1703 the service shares "-k netsvcs".
Origins service_host_origins(std::string_view command_line) {
  const std::size_t at = ascii_find(command_line, " -s ");
  if (at != std::string_view::npos) {
    const std::string_view service = trim(command_line.substr(at + 4));
    const std::string_view name = service.substr(0, service.find_first_of(" \t"));
    return ascii_equal(name, "Schedule") ? origin_bit(Origin::scheduler) : Origins{0};
  }
  return ascii_contains(command_line, "-k netsvcs") ? origin_bit(Origin::maybe_scheduler)
                                                    : Origins{0};
}

constexpr Origins joined(Origins a, Origins b) { return static_cast<Origins>(a | b); }

// "Maybe" says nothing about grandchildren: that svchost has thirty services.
constexpr Origins inherited(Origins origins) {
  return static_cast<Origins>(origins & ~origin_bit(Origin::maybe_scheduler));
}

// Every updater is started by the Task Scheduler. What its tasks have less reason to run is a script
// engine, or what any user could have put there.
bool is_task_program(bool script_engine, std::string_view image) {
  return script_engine || in_user_folder(image);
}

std::string_view origin_sentence(Origin o) {
  switch (o) {
    case Origin::scheduler:
      return "started by the Task Scheduler";
    case Origin::maybe_scheduler:
      return "started by the service host that holds the Task Scheduler";
    case Origin::office:
      return "started by an Office program";
    case Origin::script:
      return "started by a script host";
    case Origin::hidden_parent:
      return "started by a process whose own command line is suspicious";
    case Origin::task_program:
      return "started below a script engine, or a program in a user's folder, of the Task "
             "Scheduler";
  }
  return "";
}

}  // namespace

Result<LineageSettings> checked(LineageSettings settings) {
  constexpr std::size_t kKiB = 1024;
  if (settings.processes < 64 || settings.processes > std::size_t{1} << 24) {
    return Error{"lineage.processes: 64 to 16777216"};
  }
  const std::size_t least = std::max(64 * kKiB, 128 * settings.processes);
  if (settings.text_bytes < least || settings.text_bytes > 4 * kKiB * kKiB * kKiB) {
    return Error{"lineage.text_bytes: 65536 to 4294967296, and at least 128 times processes (" +
                 std::to_string(least) + ")"};
  }
  return settings;
}

bool ProcessFacts::suspicious() const {
  constexpr Origins kScheduler = origin_bit(Origin::scheduler);
  const auto others = static_cast<Origins>(inherited(origins) & ~kScheduler);
  return intent.suspicious() || others != 0 ||
         ((origins & kScheduler) != 0 && is_task_program(!intent.program.empty(), image));
}

std::vector<std::string> reasons(const ProcessFacts& facts) {
  std::vector<std::string> sentences = reasons(facts.intent);
  for (const Origin o : {Origin::scheduler, Origin::maybe_scheduler, Origin::office, Origin::script,
                         Origin::hidden_parent, Origin::task_program}) {
    if (!facts.has(o)) continue;
    std::string sentence(origin_sentence(o));
    if (facts.started_by(o))
      sentence += " (" + std::string(unquoted_file_name(facts.parent_image)) + ")";
    sentences.push_back(std::move(sentence));
  }
  return sentences;
}

Origins direct_origins(std::string_view parent_image, std::string_view parent_command_line) {
  const std::string_view name = unquoted_file_name(parent_image);
  if (ascii_equal(name, "svchost.exe")) return service_host_origins(parent_command_line);
  if (is_one_of(name, kTaskHosts)) return origin_bit(Origin::scheduler);
  if (is_one_of(name, kOffice)) return origin_bit(Origin::office);
  if (is_one_of(name, kScriptHosts)) return origin_bit(Origin::script);
  return 0;
}

Lineage::Lineage(LineageSettings settings, std::uint64_t seed)
    : settings_(settings),
      seed_(seed),
      texts_(seed),
      processes_(settings.processes, settings.text_bytes / 16 / kMaxTextBytes),
      saved_texts_(texts_) {
  describe_saved();
}

void Lineage::describe_saved() {
  saved_.around([this] { saved_texts_.begin(); }, [this] { saved_texts_.finish(); });
  saved_.values([this](auto& a) { a(rejected_); });
  saved_.table(
      processes_, [this](auto& a, Entry& entry) { entry_fields(a, entry); },
      [](const Entry&) { return true; }, state::SavedState::kMaxValueBytes,
      [this](Entry& entry) { forget(entry); });
}

template <class Archive>
void Lineage::entry_fields(Archive& a, Entry& e) {
  a(e.created, e.parent, e.record_id, e.process_id);
  for (state::TextId* id : {&e.image, &e.command_line, &e.parent_image, &e.user})
    saved_texts_.fields(a, *id);
  std::string_view program = e.program == nullptr ? std::string_view() : e.program;
  static_text_fields(a, program, kScriptEngines);
  if constexpr (Archive::kReads) e.program = program.empty() ? nullptr : program.data();
  a(e.traits, e.own_origins, e.origins);
}

state::Hash128 Lineage::key(std::string_view computer, ProcessGuid guid) const {
  return state::hash_key(seed_, {FoldedName(computer), state::bytes_of(guid)});
}

void Lineage::forget(Entry& entry) {
  for (const state::TextId id : {entry.image, entry.command_line, entry.parent_image, entry.user}) {
    texts_.release(id);
  }
}

Lineage::Entry Lineage::describe(const Event& event, const Intent& intent) const {
  Entry entry;
  entry.created = event.time_created;
  entry.parent = parse_process_guid(event.parent_process_guid);
  entry.record_id = event.record_id;
  entry.process_id = event.process_id;
  entry.program = intent.program.empty() ? nullptr : intent.program.data();
  entry.traits = intent.traits;
  entry.own_origins = direct_origins(event.parent_image, event.parent_command_line);
  entry.origins = entry.own_origins;

  const Entry* parent =
      known(entry.parent) ? processes_.find(key(event.computer, entry.parent)) : nullptr;
  if (parent == nullptr) {
    // Its command line stands in our EID 1, so a suspicious parent that we never met still counts.
    if (judge_process(event.parent_image, event.parent_command_line).suspicious()) {
      entry.origins = joined(entry.origins, origin_bit(Origin::hidden_parent));
    }
    return entry;
  }
  entry.origins = joined(entry.origins, inherited(parent->origins));
  if ((parent->origins & origin_bit(Origin::scheduler)) != 0 &&
      is_task_program(parent->program != nullptr, texts_.text(parent->image))) {
    entry.origins = joined(entry.origins, origin_bit(Origin::task_program));
  }
  Intent of_parent;
  of_parent.program = parent->program == nullptr ? std::string_view() : parent->program;
  of_parent.traits = parent->traits;
  if (of_parent.suspicious()) {
    entry.origins = joined(entry.origins, origin_bit(Origin::hidden_parent));
  }
  return entry;
}

void Lineage::keep_texts(Entry& entry, const Event& event, bool with_command_line) {
  const std::string_view line =
      with_command_line ? event.command_line.substr(0, kMaxCommandLine) : std::string_view();
  const auto ids = texts_.intern_all<4>({event.image.substr(0, kMaxCommandLine), line,
                                         event.parent_image.substr(0, kMaxCommandLine),
                                         event.user.substr(0, kMaxCommandLine)});
  entry.image = ids[0];
  entry.command_line = ids[1];
  entry.parent_image = ids[2];
  entry.user = ids[3];
}

void Lineage::observe(const Event& event) {
  if (event.kind != Kind::process_create) return;
  const ProcessGuid guid = parse_process_guid(event.process_guid);
  if (!known(guid) || event.computer.empty()) {
    ++rejected_;
    return;
  }
  const state::Hash128 at = key(event.computer, guid);
  if (processes_.find(at) != nullptr) return;  // delivered twice

  const Intent intent = judge_process(event.image, event.command_line);
  Entry entry = describe(event, intent);
  processes_.prepare();  // from here on only the texts can run out of memory, and they undo
  keep_texts(entry, event, !intent.program.empty() || entry.own_origins != 0);

  const auto on_evict = [this](const state::Hash128&, Entry& gone) noexcept { forget(gone); };
  processes_.insert(at, entry, owner_of(seed_, event), on_evict);
  while (texts_.bytes() > settings_.text_bytes && processes_.evict_one(at, on_evict)) {
  }
}

std::optional<ProcessFacts> Lineage::find(std::string_view computer,
                                          std::string_view process_guid) {
  return find(computer, parse_process_guid(process_guid));
}

std::optional<ProcessFacts> Lineage::find(std::string_view computer, ProcessGuid guid) {
  if (!known(guid)) return std::nullopt;
  const Entry* entry = processes_.touch(key(computer, guid));
  if (entry == nullptr) return std::nullopt;

  ProcessFacts facts;
  facts.created = entry->created;
  facts.record_id = entry->record_id;
  facts.process_id = entry->process_id;
  facts.image = texts_.text(entry->image);
  facts.command_line = texts_.text(entry->command_line);
  facts.parent_image = texts_.text(entry->parent_image);
  facts.user = texts_.text(entry->user);
  facts.parent = entry->parent;
  facts.intent.program = entry->program == nullptr ? std::string_view() : entry->program;
  facts.intent.traits = entry->traits;
  facts.origins = entry->origins;
  facts.own_origins = entry->own_origins;
  return facts;
}

AnalyticStats Lineage::stats() const {
  AnalyticStats s;
  s.entries = processes_.size();
  s.capacity = processes_.capacity();
  s.bytes = processes_.bytes() + texts_.bytes();
  s.evictions = evictions();
  s.crowded_out = processes_.crowded_out();
  s.rejected = rejected_;
  return s;
}

}  // namespace c2watch::analytics
