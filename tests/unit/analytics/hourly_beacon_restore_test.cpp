// A saved hourly_beacon: what restores, and what no honest run can have saved.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "core/analytics/hourly_beacon.h"
#include "support/event_builder.h"
#include "support/saved_chunks.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
using testing_support::restore;
using testing_support::save;
using testing_support::SavedChunks;

constexpr std::int32_t kHour = 480'000;  // of 2024
constexpr Time kStart{kHour * 1h};

std::unique_ptr<HourlyBeacon> make() {
  return std::move(*HourlyBeacon::create(HourlyBeaconSettings::seed()));
}

SavedChunks saved_after_one_event() {
  const auto beacon = make();
  Event e;
  e.kind = Kind::network_record;
  e.utc_time = e.time_created = kStart;
  e.source_hostname = "ws1";
  e.application = "x.exe";
  e.destination_ip = "142.254.39.90";
  testing_support::Collect told;
  beacon->observe(e, told);
  return save(beacon->saved());
}

// Keys that are there after it was restored.
std::uint64_t restored_keys(const SavedChunks& chunks) {
  const auto beacon = make();
  EXPECT_TRUE(restore(beacon->saved(), chunks));
  return beacon->stats().entries;
}

// Puts another hour where the state has the current one: its first mention.
SavedChunks with_current_hour(std::int32_t hour) {
  SavedChunks chunks = saved_after_one_event();
  std::string there(sizeof kHour, '\0'), instead(sizeof hour, '\0');
  std::memcpy(there.data(), &kHour, sizeof kHour);
  std::memcpy(instead.data(), &hour, sizeof hour);
  for (auto& [stream, bytes] : chunks.all) {
    const std::size_t at = bytes.find(there);
    if (at == std::string::npos) continue;
    bytes.replace(at, there.size(), instead);
    return chunks;
  }
  ADD_FAILURE() << "no hour in the state";
  return chunks;
}

TEST(HourlyBeaconRestore, KeepsAKeyOfTheCurrentHourAndOfAnEarlierOne) {
  EXPECT_EQ(restored_keys(saved_after_one_event()), 1u);
  EXPECT_EQ(restored_keys(with_current_hour(kHour)), 1u);
  EXPECT_EQ(restored_keys(with_current_hour(kHour + 1)), 1u);
}

// Closing hour after hour would never reach the key's, and take minutes.
TEST(HourlyBeaconRestore, DropsAKeyOfAnHourToCome) {
  EXPECT_EQ(restored_keys(with_current_hour(kHour - 1)), 0u);
  EXPECT_EQ(restored_keys(with_current_hour(-1'000'000'000)), 0u);
}

}  // namespace
}  // namespace c2watch::analytics
