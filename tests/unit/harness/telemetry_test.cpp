// Real captures: every record of every file is read, and counted as the corpus's manifest counts it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;

struct Capture {
  std::string file;
  int records;
  int eid1, eid3, eid22, eid4698;
  int code;  // 3 where the file holds nothing that is ours

  friend void PrintTo(const Capture& c, std::ostream* os) { *os << c.file; }
};

class TelemetryTest : public testing::TestWithParam<Capture> {};

TEST_P(TelemetryTest, IsReadAndCounted) {
  const Capture& c = GetParam();
  const std::string path = std::string(C2WATCH_SHARED "/telemetry/") + c.file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no ../shared/telemetry/" << c.file;
#ifndef C2WATCH_HAVE_EVTX
  if (c.file.find("evtx") != std::string::npos || c.file.find("sigma") != std::string::npos)
    GTEST_SKIP() << "built without libevtx";
#endif
  const Scratch s;
  const ProgramResult r = run_c2watch({"scan", "--summary", s.path("summary"), path});
  EXPECT_EQ(r.code, c.code) << r.err;
  const json summary = json::parse(slurp(s.path("summary")));
  EXPECT_EQ(summary["records"], c.records);
  EXPECT_EQ(summary["readable"], c.records);
  const json& ids = summary["event_ids"];
  EXPECT_EQ(ids.value("1", 0), c.eid1);
  EXPECT_EQ(ids.value("3", 0), c.eid3);
  EXPECT_EQ(ids.value("22", 0), c.eid22);
  EXPECT_EQ(ids.value("4698", 0), c.eid4698);
  for (const json& input : summary["inputs"]) EXPECT_TRUE(input["errors"].empty()) << input;
}

// From MANIFEST.md. Zeek logs are not ours: their lines are counted as text.
INSTANTIATE_TEST_SUITE_P(
    , TelemetryTest,
    testing::Values(Capture{"S01_otrf_empire_elevated_schtasks.tar.gz", 1214, 1, 91, 0, 1, 0},
                    Capture{"S02_otrf_schtask_create.zip", 1041, 10, 6, 1, 1, 0},
                    Capture{"S03_otrf_empire_launcher_sct_regsvr32.zip", 2390, 7, 25, 2, 0, 0},
                    Capture{"S04_otrf_empire_psinject_PEinjection.zip", 5898, 1, 96, 1, 0, 0},
                    Capture{"S05_otrf_log4shell_sysmon_sentinel.zip", 487, 2, 5, 2, 0, 0},
                    Capture{"S06_otrf_lsass_campaign_02_procdump.zip", 42482, 138, 135, 28, 0, 0},
                    Capture{"S07_otrf_psh_cmstp_bypassuac.zip", 1166, 5, 2, 205, 0, 0},
                    Capture{"S08_splunk_T1047_attack_data.tar.gz", 8220, 335, 19, 80, 0, 0},
                    Capture{"S09_splunk_certutil.raw.xz", 40, 20, 0, 0, 0, 0},
                    Capture{"S10_splunk_lolbas_with_network_traffic.log.xz", 6, 3, 3, 0, 0, 0},
                    Capture{"S11_splunk_remcos_dns_query.log.xz", 5, 0, 0, 5, 0, 0},
                    Capture{"S12_sbousseaden_evtx.tar.xz", 10, 5, 2, 0, 1, 0},
                    Capture{"S13_mdecrevoisier_evtx.tar.xz", 6, 0, 0, 0, 2, 0},
                    Capture{"S14_sigma_regression.tar.xz", 6, 6, 0, 0, 0, 0},
                    Capture{"S15_openxp_raw_events.tar.xz", 16, 3, 4, 3, 6, 0},
                    Capture{"S16_rita_proxy_zeek.tar.xz", 0, 0, 0, 0, 0, 3},
                    Capture{"S17_ctu_normal43_day1_zeek.tar.xz", 0, 0, 0, 0, 0, 3},
                    Capture{"S18_omerbenamram_sysmon_benign.evtx.xz", 358, 227, 2, 0, 0, 0}),
    [](const auto& p) { return p.param.file.substr(0, 3); });

TEST(TelemetryShapes, EveryOneIsReadable) {
  const std::string folder = C2WATCH_SHARED "/telemetry/shapes";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no ../shared/telemetry/shapes";
  const Scratch s;
  EXPECT_EQ(run_c2watch({"scan", "--summary", s.path("summary"), folder}).code, 0);
  const json summary = json::parse(slurp(s.path("summary")));
  for (const json& input : summary["inputs"]) EXPECT_EQ(input["readable"], 1) << input;
}

}  // namespace
}  // namespace c2watch::harness
