// dns_burst, c2_port and task_callback on captures of real machines, attacked and not.
//
// The captures are not part of the project; they are read from C2WATCH_SHARED/telemetry, whose
// MANIFEST.md says where each comes from and what happened in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "core/analytics/c2_port.h"
#include "core/analytics/dns_burst.h"
#include "core/analytics/lineage.h"
#include "core/analytics/process_class.h"
#include "core/analytics/scope.h"
#include "core/analytics/task_callback.h"
#include "core/parse/reader.h"
#include "harness/io/source.h"
#include "support/event_builder.h"

namespace c2watch::analytics {
namespace {

using testing_support::Collect;
using testing_support::evidence;

enum class Profile { standard, lab };

// The three detectors as an engine sets them up, behind a reader.
class Detectors final : public harness::SourceSink {
 public:
  explicit Detectors(Profile profile)
      : scope_(std::move(*DestinationScope::create(
            profile == Profile::lab ? ScopeSettings::lab() : ScopeSettings::standard()))) {}

  void begin_file(std::string_view) override {}
  void on_error(std::string_view why) override { errors += std::string(why) + "; "; }

  void record(std::string_view bytes, std::uint64_t) override {
    Event event;
    if (reader_.read_auto(bytes, event) == parse::Unreadable::none) observe(event);
  }

  // A line of a Zeek connection log: the times and addresses are real, the process is not in it.
  void non_record(harness::NonRecord, std::string_view line, std::uint64_t) override {
    std::istringstream fields{std::string(line)};
    std::string ts, uid, from, from_port, to, to_port;
    fields >> ts >> uid >> from >> from_port >> to >> to_port;
    double epoch_s = 0;
    int port = 0;
    const auto number = [](const std::string& text, auto& into) {
      const char* end = text.data() + text.size();
      return !text.empty() && std::from_chars(text.data(), end, into).ptr == end;
    };
    if (!number(ts, epoch_s) || !number(to_port, port)) return;
    Event e = testing_support::network_connect(
        Time{Duration{static_cast<std::int64_t>(epoch_s * 1e6)}}, from,
        "{247090F2-6084-8944-2FF0-ECC5709CE3AE}", "C:\\Windows\\System32\\svchost.exe", to, port);
    observe(e);
  }

  std::size_t seen(Kind kind) const { return seen_[static_cast<std::size_t>(kind)]; }

  Collect out;
  std::string errors;
  Lineage lineage{LineageSettings{}, 7};
  std::vector<std::string> lineage_notes;  // "powershell: a; b" of every suspicious process

 private:
  void observe(const Event& event) {
    ++seen_[static_cast<std::size_t>(event.kind)];
    if (event.kind == Kind::process_create) {
      lineage.observe(event);
      note_lineage(event);
    }
    for (Analytic* a : std::array<Analytic*, 3>{&dns_, &port_, &task_}) {
      if ((a->kinds() & mask(event.kind)) != 0) a->observe(event, out);
    }
  }

  void note_lineage(const Event& event) {
    const auto facts = lineage.find(event.computer, event.process_guid);
    if (!facts || !facts->suspicious()) return;
    std::string note(file_name(event.image));
    for (const std::string& r : reasons(*facts)) note += "; " + r;
    lineage_notes.push_back(std::move(note));
  }

  parse::Reader reader_;
  DestinationScope scope_;
  DnsBurst dns_{DnsBurstSettings{}, scope_, lineage, 7};
  C2Port port_{C2PortSettings{}, scope_, lineage, 7};
  TaskCallback task_{TaskCallbackSettings{}, scope_, lineage, 7};
  std::array<std::size_t, kKinds> seen_{};
};

std::string told(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& f : findings) {
    text += std::string(f.detector) + " severity " + std::to_string(static_cast<int>(f.severity)) +
            " update " + std::to_string(f.update) + ": " + f.description + "\n";
  }
  return text.empty() ? "nothing found" : text;
}

struct Want {
  std::string_view detector;
  Severity at_least;
  std::string_view title_has;
};

struct Capture {
  std::string name;
  std::string file;
  Profile profile;
  std::vector<Want> wants;
  Severity rest_below;  // whatever no want asks for must stay below
  std::string lineage_has;
  Kind must_contain;  // the capture was really read

  friend void PrintTo(const Capture& c, std::ostream* os) { *os << c.name; }
};

class RealCapture : public testing::TestWithParam<Capture> {};

TEST_P(RealCapture, Judged) {
  const Capture& c = GetParam();
  const std::filesystem::path path = std::filesystem::path(C2WATCH_SHARED) / "telemetry" / c.file;
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "no ../shared: the capture " << c.file << " is not on this machine";
  }
#ifndef C2WATCH_HAVE_EVTX
  if (c.file.find("evtx") != std::string::npos) GTEST_SKIP() << "built without libevtx";
#endif
  Detectors detectors(c.profile);
  harness::SourceReader source(detectors);
  ASSERT_TRUE(source.read(path.string())) << source.error();
  EXPECT_EQ(detectors.errors, "");
  ASSERT_GT(detectors.seen(c.must_contain), 0u) << "nothing of it was read";

  for (const Want& want : c.wants) {
    const bool found =
        std::any_of(detectors.out.found.begin(), detectors.out.found.end(), [&](const Finding& f) {
          return f.detector == want.detector && f.severity >= want.at_least &&
                 f.title.find(want.title_has) != std::string::npos;
        });
    EXPECT_TRUE(found) << want.detector << "\n" << told(detectors.out.found);
  }
  for (const Finding& f : detectors.out.found) {
    const bool wanted = std::any_of(c.wants.begin(), c.wants.end(),
                                    [&](const Want& w) { return w.detector == f.detector; });
    if (!wanted) {
      EXPECT_LT(f.severity, c.rest_below) << f.title << ": " << f.description;
    }
  }
  if (!c.lineage_has.empty()) {
    EXPECT_THAT(detectors.lineage_notes, testing::Contains(testing::HasSubstr(c.lineage_has)));
  }
  RecordProperty("findings", told(detectors.out.found));
}

constexpr Severity kMedium = Severity::medium;

INSTANTIATE_TEST_SUITE_P(
    , RealCapture,
    testing::Values(Capture{"S01_empire_persists_by_a_hidden_task",
                            "S01_otrf_empire_elevated_schtasks.tar.gz",
                            Profile::standard,
                            {{"task_callback", Severity::high, "Updater"}},
                            kMedium,
                            "",
                            Kind::task_created},
                    Capture{"S02_remote_task_that_runs_notepad",
                            "S02_otrf_schtask_create.zip",
                            Profile::standard,
                            {},
                            kMedium,
                            "",
                            Kind::task_created},
                    Capture{"S03_regsvr32_fetches_from_port_8444",
                            "S03_otrf_empire_launcher_sct_regsvr32.zip",
                            Profile::lab,
                            {{"c2_port", Severity::high, "regsvr32.exe connects to port 8444"}},
                            kMedium,
                            "powershell.exe; runs without a window; carries encoded text",
                            Kind::network_connect},
                    Capture{"S03_is_a_private_address_in_default",
                            "S03_otrf_empire_launcher_sct_regsvr32.zip",
                            Profile::standard,
                            {},
                            kMedium,
                            "",
                            Kind::network_connect},
                    Capture{"S05_log4shell_starts_a_hidden_encoded_powershell",
                            "S05_otrf_log4shell_sysmon_sentinel.zip",
                            Profile::lab,
                            {{"task_callback", Severity::high,
                              "tomcat9.exe ran powershell, which called out"}},
                            kMedium,
                            "powershell.exe; runs without a window; carries encoded text",
                            Kind::process_create},
                    Capture{"S05_in_default_calls_a_private_address",
                            "S05_otrf_log4shell_sysmon_sentinel.zip",
                            Profile::standard,
                            {{"task_callback", kMedium, "tomcat9.exe ran powershell"}},
                            kMedium,
                            "",
                            Kind::network_connect},
                    Capture{"S07_antivirus_fails_199_lookups",
                            "S07_otrf_psh_cmstp_bypassuac.zip",
                            Profile::standard,
                            {},
                            kMedium,
                            "",
                            Kind::dns_query},
                    Capture{"S08_provisioning_of_a_domain_controller",
                            "S08_splunk_T1047_attack_data.tar.gz",
                            Profile::standard,
                            {},
                            kMedium,
                            "",
                            Kind::dns_query},
                    Capture{"S08_in_the_lab",
                            "S08_splunk_T1047_attack_data.tar.gz",
                            Profile::lab,
                            {},
                            kMedium,
                            "",
                            Kind::network_connect},
                    Capture{"S12_script_host_calls_port_4443",
                            "S12_sbousseaden_evtx.tar.xz",
                            Profile::lab,
                            {{"c2_port", kMedium, "wscript.exe connects to port 4443"},
                             {"task_callback", Severity::low, "CYAlyNSS"}},
                            kMedium,
                            "",
                            Kind::network_connect},
                    Capture{"S12_atexec_alone_is_low",
                            "S12_sbousseaden_evtx.tar.xz",
                            Profile::standard,
                            {},
                            kMedium,
                            "",
                            Kind::task_created},
                    Capture{"S13_system_task_that_hides_nothing",
                            "S13_mdecrevoisier_evtx.tar.xz",
                            Profile::standard,
                            {},
                            kMedium,
                            "",
                            Kind::task_created},
                    Capture{"S14_headless_console",
                            "S14_sigma_regression.tar.xz",
                            Profile::standard,
                            {},
                            kMedium,
                            "",
                            Kind::process_create},
                    Capture{"S15_updaters_and_provisioning",
                            "S15_openxp_raw_events.tar.xz",
                            Profile::standard,
                            {},
                            Severity::low,
                            "",
                            Kind::task_created},
                    Capture{"S17_a_day_of_an_ordinary_machine",
                            "S17_ctu_normal43_day1_zeek.tar.xz",
                            Profile::standard,
                            {},
                            Severity::low,
                            "",
                            Kind::network_connect},
                    Capture{"S18_updates_that_make_tasks_from_xml",
                            "S18_omerbenamram_sysmon_benign.evtx.xz",
                            Profile::standard,
                            {},
                            kMedium,
                            "",
                            Kind::process_create}),
    [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace c2watch::analytics
