#include "core/analytics/interval_beacon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "support/event_builder.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using namespace testing_support;

constexpr Time kNoon{std::chrono::hours{24 * 20'000 + 12}};
constexpr std::string_view kShell =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
constexpr std::string_view kAgent = "C:\\Program Files\\Vendor\\agent.exe";
constexpr std::string_view kGuid = "{247090f2-6084-8944-2ff0-ecc5709ce3ae}";
constexpr std::string_view kOtherGuid = "{247090f2-6084-8944-2ff0-ecc5709ce3af}";

class IntervalBeaconTest : public testing::Test {
 protected:
  explicit IntervalBeaconTest(IntervalBeaconSettings settings = {}) { use(std::move(settings)); }

  void use(IntervalBeaconSettings settings, const ScopeSettings& scope = ScopeSettings::lab()) {
    scope_ = *DestinationScope::create(scope);
    detector_ =
        std::make_unique<IntervalBeacon>(*checked(std::move(settings)), scope_, lineage_, 7);
  }

  Event call(Duration after, std::string_view guid = kGuid, std::string_view image = kShell,
             std::string_view ip = "45.61.1.7", std::int32_t port = 8888) {
    Event e = network_connect(kNoon + after, "ws1", guid, image, ip, port);
    e.record_id = ++record_id_;
    return e;
  }

  void observe(const Event& e) { detector_->observe(e, out_); }

  void observe_every(Duration interval, int times, Duration from = 0s) {
    for (int i = 0; i < times; ++i) observe(call(from + i * interval));
  }

  std::size_t found() const { return out_.found.size(); }

  DestinationScope scope_ = *DestinationScope::create(ScopeSettings::lab());
  Lineage lineage_{LineageSettings{}, 7};
  std::unique_ptr<IntervalBeacon> detector_;
  Collect out_;
  std::uint64_t record_id_ = 0;
};

// ---- the first atomic test, and around it ----

TEST_F(IntervalBeaconTest, TheFirstAtomicTestFiresAtItsFifthConnection) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(found(), 0u);
    // Start-Sleep 30 and what a request to a local server takes.
    observe(call(i * 30s + i * i * 15ms, kGuid, kShell, "127.0.0.1"));
  }
  ASSERT_EQ(found(), 1u);
  const Finding& f = out_.found[0];
  EXPECT_EQ(f.detector, "interval_beacon");
  EXPECT_EQ(f.update, 0u);
  EXPECT_EQ(f.severity, Severity::high);  // script engine, no name, port 8888
  EXPECT_EQ(f.confidence, Confidence::high);
  EXPECT_EQ(f.host, "ws1");
  EXPECT_EQ(f.destination.port, 8888);
  EXPECT_EQ(f.first_seen, kNoon);
  EXPECT_EQ(f.records.size(), 5u);
  EXPECT_EQ(f.records[4].record_id, 5u);
  EXPECT_EQ(f.records[4].time, kNoon + 120s + 240ms);
  ASSERT_NE(evidence<double>(f, "p"), nullptr);
  EXPECT_LE(*evidence<double>(f, "p"), *evidence<double>(f, "p_allowed"));
  EXPECT_NEAR(*evidence<double>(f, "interval_s"), 30, 0.2);
  EXPECT_EQ(*evidence<std::string>(f, "jitter_law"), "none");
}

TEST_F(IntervalBeaconTest, LoopbackIsOutOfScopeByDefault) {
  use({}, ScopeSettings::standard());
  for (int i = 0; i < 20; ++i) observe(call(i * 30s, kGuid, kShell, "127.0.0.1"));
  EXPECT_EQ(found(), 0u);
}

TEST_F(IntervalBeaconTest, TheEvidenceCanBeCheckedByHand) {
  observe_every(60s, 5);
  ASSERT_EQ(found(), 1u);
  const Finding& f = out_.found[0];
  const auto& gaps = *evidence<std::vector<std::int64_t>>(f, "gaps_ms");
  ASSERT_EQ(gaps.size(), 4u);
  double sum = 0;
  double squares = 0;
  for (const std::int64_t gap : gaps) {
    const double d = static_cast<double>(gap - *evidence<std::int64_t>(f, "dead_time_ms")) / 1e3;
    sum += d;
    squares += d * d;
  }
  EXPECT_DOUBLE_EQ(*evidence<double>(f, "sum_s"), sum);
  EXPECT_DOUBLE_EQ(*evidence<double>(f, "sum_squares_s2"), squares);
  EXPECT_NEAR(*evidence<double>(f, "greenwood"), 4 * squares / (sum * sum) - 1, 1e-12);
  const double least =
      std::min(*evidence<double>(f, "p_greenwood"), *evidence<double>(f, "p_range"));
  EXPECT_DOUBLE_EQ(*evidence<double>(f, "p"), *evidence<double>(f, "multiplicity") * least);
  EXPECT_DOUBLE_EQ(*evidence<double>(f, "p_allowed"),
                   *evidence<double>(f, "fp_budget") * *evidence<double>(f, "mean_gap_s") / 28'800);
}

// ---- both sides of the thresholds ----

TEST_F(IntervalBeaconTest, FourCheckInsAreTooFew) {
  observe_every(30s, 4);
  EXPECT_EQ(found(), 0u);
}

TEST_F(IntervalBeaconTest, MinCheckInsHoldsBackTheFirstLook) {
  use({.min_check_ins = 8});
  observe_every(30s, 7);
  EXPECT_EQ(found(), 0u);
  observe(call(7 * 30s));
  EXPECT_EQ(found(), 1u);
}

TEST_F(IntervalBeaconTest, ASlowKeyIsJudgedAtItsThirdCheckIn) {
  observe_every(20min, 2);
  EXPECT_EQ(found(), 0u);
  observe(call(40min));
  EXPECT_EQ(found(), 1u);
}

TEST_F(IntervalBeaconTest, AKeyJustBelowSlowWaitsForItsFifth) {
  observe_every(20min - 1s, 4);
  EXPECT_EQ(found(), 0u);
  observe(call(4 * (20min - 1s)));
  EXPECT_EQ(found(), 1u);
}

TEST_F(IntervalBeaconTest, TheBudgetDecidesWhatIsRegularEnough) {
  const std::vector<Duration> uneven = {0s, 30s, 62s, 91s, 124s};  // p about 2e-4
  for (const Duration after : uneven) observe(call(after));
  EXPECT_EQ(found(), 0u);
  use({.fp_budget = 0.5});
  for (const Duration after : uneven) observe(call(after));
  EXPECT_EQ(found(), 1u);
}

TEST_F(IntervalBeaconTest, PairsOfConnectionsAreOneCheckIn) {
  for (int i = 0; i < 5; ++i) {
    observe(call(i * 30s));
    observe(call(i * 30s + 1s));  // exactly `coalesce`
  }
  ASSERT_EQ(found(), 1u);
  EXPECT_EQ(*evidence<std::int64_t>(out_.found[0], "check_ins"), 5);
  EXPECT_NEAR(*evidence<double>(out_.found[0], "interval_s"), 29, 0.01);  // what it sleeps
}

TEST_F(IntervalBeaconTest, ConnectionsFurtherApartThanCoalesceAreTwo) {
  for (int i = 0; i < 5; ++i) {
    observe(call(i * 30s));
    observe(call(i * 30s + 1001ms));
  }
  EXPECT_EQ(found(), 0u);
}

TEST_F(IntervalBeaconTest, SilenceBeginsAnew) {
  observe_every(30s, 4);
  observe_every(30s, 4, 36h + 91s);
  EXPECT_EQ(found(), 0u);
  observe(call(36h + 91s + 120s));
  EXPECT_EQ(found(), 1u);
}

TEST_F(IntervalBeaconTest, WithoutContextNothingIsToldButCounted) {
  for (int i = 0; i < 5; ++i) observe(call(i * 30s, kGuid, kAgent, "45.61.1.7", 443));
  EXPECT_EQ(found(), 0u);
  EXPECT_EQ(detector_->unreported(), 1u);
  use({.report_from = Severity::informational});
  for (int i = 0; i < 5; ++i) observe(call(i * 30s, kGuid, kAgent, "45.61.1.7", 443));
  ASSERT_EQ(found(), 1u);
  EXPECT_EQ(out_.found[0].severity, Severity::informational);
}

TEST_F(IntervalBeaconTest, OfManyHostsTheOneWithARareDestinationIsToldSo) {
  for (int host = 0; host < 40; ++host) {
    const std::string name = "host" + std::to_string(host);
    Event e = network_connect(kNoon, name, "", kAgent, "45.61.9.9", 443);
    observe(e);
  }
  observe_every(30s, 5);
  ASSERT_EQ(found(), 1u);
  EXPECT_THAT(out_.found[0].reasons,
              testing::Contains(testing::ContainsRegex("1 of about (39|4[0-3]) hosts")));
}

TEST_F(IntervalBeaconTest, LineageFromTheProcessStartCounts) {
  Event start = process_create(kNoon, "ws1", kGuid, kAgent, "agent.exe");
  start.parent_image = "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE";
  lineage_.observe(start);
  for (int i = 0; i < 5; ++i) observe(call(i * 30s, kGuid, kAgent, "45.61.1.7", 443));
  ASSERT_EQ(found(), 1u);
  EXPECT_EQ(out_.found[0].severity, Severity::medium);
  EXPECT_EQ(out_.found[0].process.parent_image, start.parent_image);
}

// ---- keys ----

TEST_F(IntervalBeaconTest, TwoAgentsInOneImageAreTwoFindings) {
  for (int i = 0; i < 20; ++i) {
    observe(call(i * 5s + i * 3ms, kGuid));
    observe(call(i * 5s + 1300ms + (i % 3) * 20ms, kOtherGuid));
  }
  std::vector<std::string> first;
  for (const Finding& f : out_.found) {
    if (f.update == 0) first.push_back(f.process.guid);
    EXPECT_EQ(*evidence<std::string>(f, "key"), "process");
  }
  EXPECT_THAT(first, testing::UnorderedElementsAre(kGuid, kOtherGuid));
}

TEST_F(IntervalBeaconTest, ATaskThatStartsANewProcessEachTimeIsOneFinding) {
  std::vector<std::string> guids;
  for (int i = 0; i < 12; ++i)
    guids.push_back("{247090f2-6084-8944-2ff0-0000000000" + std::to_string(10 + i) + "}");
  for (int i = 0; i < 12; ++i) observe(call(i * 5min, guids[static_cast<std::size_t>(i)]));
  ASSERT_EQ(found(), 2u);  // at 5 and 10 check-ins
  EXPECT_EQ(out_.found[0].id, out_.found[1].id);
  EXPECT_EQ(*evidence<std::string>(out_.found[0], "key"), "image");
}

TEST_F(IntervalBeaconTest, ASecondProcessDoesNotRenameTheFirstOnesFinding) {
  observe_every(30s, 6);
  ASSERT_EQ(found(), 1u);
  for (int i = 6; i < 12; ++i) {
    observe(call(i * 30s, kGuid));
    observe(call(i * 30s + 11s + i * i * 97ms, kOtherGuid));
  }
  std::vector<std::uint32_t> updates;
  for (const Finding& f : out_.found) {
    if (f.process.guid != kGuid) continue;
    EXPECT_EQ(f.id, out_.found[0].id);
    updates.push_back(f.update);
  }
  EXPECT_THAT(updates, ElementsAre(0, 1));
}

TEST_F(IntervalBeaconTest, SpellingOfPathsAndGuidsDoesNotMatter) {
  observe(call(0s, kGuid, "C:\\WINDOWS\\system32\\cmd.exe"));
  observe(call(30s, "{247090F2-6084-8944-2FF0-ECC5709CE3AE}", "C:\\Windows\\System32\\cmd.exe"));
  observe(call(60s, "247090f2-6084-8944-2ff0-ecc5709ce3ae", "c:\\windows\\system32\\CMD.EXE"));
  observe(call(90s, kGuid, "C:\\Windows\\System32\\cmd.exe"));
  observe(call(120s, kGuid, "C:\\Windows\\System32\\cmd.exe"));
  EXPECT_EQ(found(), 1u);
}

TEST_F(IntervalBeaconTest, InboundConnectionsAreNotCheckIns) {
  for (int i = 0; i < 10; ++i) {
    Event e = call(i * 30s);
    e.initiated = Initiated::no;
    observe(e);
  }
  EXPECT_EQ(found(), 0u);
}

TEST_F(IntervalBeaconTest, NormalisedRecordsNeedNoProcess) {
  for (int i = 0; i < 5; ++i) {
    Event e = event_at(Kind::network_record, 0, kNoon + i * 30s, "");
    e.source_hostname = "ws1";
    e.application = "powershell.exe";
    e.destination_ip = "45.61.1.7";
    e.destination_port = 4444;
    observe(e);
  }
  ASSERT_EQ(found(), 1u);
  EXPECT_EQ(out_.found[0].process.image, "powershell.exe");
  EXPECT_TRUE(out_.found[0].records.empty());
}

TEST_F(IntervalBeaconTest, PeriodicLookupsOfOneRegisteredDomainAreABeacon) {
  for (int i = 0; i < 5; ++i) {
    const std::string name = "x" + std::to_string(i * 7919) + ".c2.example.co.uk";
    observe(dns_query(kNoon + i * 30s, "ws1", kGuid, kShell, name, 0));
  }
  ASSERT_EQ(found(), 1u);
  EXPECT_EQ(out_.found[0].destination.hostname, "example.co.uk");
  EXPECT_THAT(out_.found[0].techniques, ElementsAre("T1071.004", "T1583.004"));
  use({.dns = false});
  for (int i = 0; i < 5; ++i)
    observe(dns_query(kNoon + i * 30s, "ws1", kGuid, kShell, "example.com", 0));
  EXPECT_EQ(found(), 1u);
}

TEST_F(IntervalBeaconTest, WhatHasNoTimeHostOrDestinationIsCountedAsRejected) {
  Event no_time = call(0s);
  no_time.utc_time = kNoTime;
  observe(no_time);
  Event no_host = call(0s);
  no_host.computer = {};
  observe(no_host);
  Event no_destination = call(0s);
  no_destination.destination_ip = {};
  observe(no_destination);
  EXPECT_EQ(detector_->stats().rejected, 3u);
  EXPECT_EQ(detector_->stats().entries, 0u);
}

// ---- order ----

TEST_F(IntervalBeaconTest, LateEventsTakeTheirPlace) {
  for (const int i : {0, 2, 1, 4, 3}) observe(call(i * 30s));
  ASSERT_EQ(found(), 1u);
  EXPECT_EQ(out_.found[0].last_seen, kNoon + 120s);
}

// ---- episodes ----

TEST_F(IntervalBeaconTest, OneFindingGrowsAsItsCheckInsDouble) {
  observe_every(60s, 400);
  std::vector<std::int64_t> at;
  for (std::size_t i = 0; i < found(); ++i) {
    EXPECT_EQ(out_.found[i].update, i);
    EXPECT_EQ(out_.found[i].id, out_.found[0].id);
    at.push_back(*evidence<std::int64_t>(out_.found[i], "check_ins"));
  }
  EXPECT_THAT(at, ElementsAre(5, 10, 20, 40, 80, 160, 320));
}

TEST_F(IntervalBeaconTest, AnUnchangedFindingIsToldAgainAfterADay) {
  observe_every(1h, 29);
  // Told at 3, 5 -- growth counts from five on -- 10 and 20 check-ins; nothing else in 28 hours.
  const std::size_t before = found();
  observe_every(1h, 9, 29h);
  EXPECT_EQ(found(), before);
  observe_every(1h, 7, 38h);  // 40 check-ins, then 24 hours after the last news
  EXPECT_EQ(found(), before + 1);
}

TEST_F(IntervalBeaconTest, QuietEndsTheFindingAndTheNextOneHasAnotherName) {
  observe_every(30s, 5);
  observe_every(30s, 64, 3h);
  ASSERT_GE(found(), 2u);
  EXPECT_EQ(out_.found[1].update, 0u);
  EXPECT_NE(out_.found[1].id, out_.found[0].id);
}

TEST_F(IntervalBeaconTest, AFindingEndsWhenTheKeyIsNoLongerRegular) {
  observe_every(30s, 6);
  ASSERT_EQ(found(), 1u);
  // As irregular as gaps get: each one three times the last, then back.
  Duration t = 5 * 30s;
  for (int i = 0; i < 30; ++i) {
    t += std::chrono::seconds(std::vector<int>{3, 9, 27, 81, 243}[static_cast<std::size_t>(i % 5)]);
    observe(call(t));
  }
  // Its tenth check-in was news: most gaps were 30 s still. Its twentieth was the end.
  const std::size_t told = found();
  EXPECT_EQ(*evidence<std::int64_t>(out_.found.back(), "check_ins"), 10);
  detector_->answer(out_);
  EXPECT_EQ(found(), told);

  observe_every(30s, 64, t + 30s);
  ASSERT_GT(found(), told);
  EXPECT_EQ(out_.found[told].update, 0u);
  EXPECT_NE(out_.found[told].id, out_.found[0].id);
}

TEST_F(IntervalBeaconTest, AnswerRepeatsWhatIsOpen) {
  observe_every(30s, 5);
  detector_->answer(out_);
  ASSERT_EQ(found(), 2u);
  EXPECT_EQ(out_.found[1].id, out_.found[0].id);
  detector_->advance(kNoon + 30h, out_);
  detector_->answer(out_);
  EXPECT_EQ(found(), 2u);
}

// ---- bounds ----

TEST_F(IntervalBeaconTest, AFloodOfKeysIsBounded) {
  use({.capacity = 256, .max_destinations = 64, .max_open = 16});
  std::vector<std::string> addresses;
  for (int i = 0; i < 5'000; ++i)
    addresses.push_back("45.62." + std::to_string(i / 256) + "." + std::to_string(i % 256));
  for (int round = 0; round < 3; ++round)
    for (const std::string& ip : addresses) observe(call(round * 30s, kGuid, kShell, ip));
  const AnalyticStats s = detector_->stats();
  EXPECT_LE(s.entries, 256u);
  EXPECT_EQ(s.capacity, 256u);
  EXPECT_GT(s.evictions, 4'000u);
  EXPECT_LE(s.bytes, 512u * 1024);
}

TEST_F(IntervalBeaconTest, OpenFindingsKeepNamesCutAndCounted) {
  const std::string name(450 * 1024, 'x');
  const auto busy = [&](int key, int times) {
    const std::string ip = "45.62.1." + std::to_string(key);
    for (int i = 0; i < times; ++i) {
      Event e = call(i * 30s, kGuid, kShell, ip);
      e.computer = e.channel = e.user = e.destination_hostname = name;
      observe(e);
    }
  };
  for (int key = 0; key < 10; ++key) busy(key, 10);
  EXPECT_EQ(found(), 20u) << "each at its fifth and tenth check-in";
  for (const RecordRef& r : out_.found.back().records)
    EXPECT_LE(r.computer.size() + r.channel.size(), 1'024u);
  EXPECT_LE(detector_->stats().bytes, 320u * 1024) << "20 KiB each, and the tables";
  EXPECT_GE(detector_->stats().bytes, 10 * 8 * 1'024u) << "the records' names are counted";
}

TEST_F(IntervalBeaconTest, OneHostEvictsNoneOfTheOthersKeysNorOpenFindings) {
  use({.capacity = 2'048, .max_destinations = 2'048, .max_open = 1'024});
  std::vector<std::string> hosts;
  for (int i = 0; i < 15; ++i) hosts.push_back("quiet-" + std::to_string(i));
  const auto fleet = [&](int from, int to) {
    for (const std::string& host : hosts)
      for (int i = from; i < to; ++i) {
        Event e = call(i * 30s, kGuid, kShell);
        e.computer = host;
        observe(e);
      }
  };
  fleet(0, 5);
  const std::size_t opened = found();
  EXPECT_EQ(opened, hosts.size());
  for (int n = 0; n < 10'000; ++n) {
    const std::string ip = "45." + std::to_string(63 + n / 65'536) + "." +
                           std::to_string(n / 256 % 256) + "." + std::to_string(n % 256);
    for (int i = 0; i < 5; ++i) observe(call(i * 30s, kGuid, kShell, ip));
  }
  EXPECT_GT(detector_->stats().evictions, 10'000u);
  EXPECT_EQ(detector_->stats().crowded_out, 0u);
  const std::size_t before = found();
  fleet(5, 10);
  ASSERT_EQ(found(), before + hosts.size());
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    EXPECT_EQ(out_.found[before + i].id, out_.found[i].id);
    EXPECT_EQ(out_.found[before + i].update, 1u);
  }
}

TEST_F(IntervalBeaconTest, WhatIsLongSilentIsForgotten) {
  observe_every(30s, 5);
  EXPECT_EQ(detector_->stats().entries, 1u);
  detector_->advance(kNoon + 72h, out_);
  EXPECT_EQ(detector_->stats().entries, 1u);
  detector_->advance(kNoon + 74h, out_);
  EXPECT_EQ(detector_->stats().entries, 0u);
}

TEST_F(IntervalBeaconTest, AKeyThatIsBusyForDaysIsNotForgotten) {
  for (Duration t = 0s; t <= 100h; t += 1s) observe(call(t));
  detector_->advance(kNoon + 100h, out_);
  EXPECT_EQ(detector_->stats().entries, 1u);
  detector_->advance(kNoon + 173h, out_);
  EXPECT_EQ(detector_->stats().entries, 0u);
}

// ---- settings ----

struct Bad {
  std::string name;
  void (*spoil)(IntervalBeaconSettings&);
  std::string says;

  friend void PrintTo(const Bad& b, std::ostream* os) { *os << b.name; }
};

class SettingsTest : public testing::TestWithParam<Bad> {};

TEST_P(SettingsTest, AreRefusedWithASentence) {
  IntervalBeaconSettings s;
  ASSERT_TRUE(checked(s));
  GetParam().spoil(s);
  const auto result = checked(s);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, testing::StartsWith("interval_beacon." + GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    , SettingsTest,
    testing::Values(
        Bad{"no_budget", [](auto& s) { s.fp_budget = 0; }, "fp_budget"},
        Bad{"budget_not_a_number", [](auto& s) { s.fp_budget = std::nan(""); }, "fp_budget"},
        Bad{"budget_of_everything", [](auto& s) { s.fp_budget = 0.51; }, "fp_budget"},
        Bad{"negative_coalesce", [](auto& s) { s.coalesce = -1s; }, "coalesce"},
        Bad{"long_coalesce", [](auto& s) { s.coalesce = 61s; }, "coalesce"},
        Bad{"four_check_ins", [](auto& s) { s.min_check_ins = 4; }, "min_check_ins"},
        Bad{"more_than_are_kept", [](auto& s) { s.min_check_ins = 65; }, "min_check_ins"},
        Bad{"quick_slow_gap", [](auto& s) { s.slow_gap = 59s; }, "slow_gap"},
        Bad{"short_silence", [](auto& s) { s.max_silence = 59min; }, "max_silence"},
        Bad{"long_silence", [](auto& s) { s.max_silence = 24h * 21; }, "max_silence"},
        Bad{"no_host_is_rare", [](auto& s) { s.rare_hosts = 0; }, "rare_hosts"},
        Bad{"no_fleet", [](auto& s) { s.min_fleet = 0; }, "min_fleet"},
        Bad{"restless_episode", [](auto& s) { s.episode.quiet = 0s; }, "episode.quiet"},
        Bad{"no_room", [](auto& s) { s.capacity = 63; }, "capacity"},
        Bad{"no_destinations", [](auto& s) { s.max_destinations = 63; }, "max_destinations"},
        Bad{"no_findings", [](auto& s) { s.max_open = 15; }, "max_open"}),
    [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace c2watch::analytics
