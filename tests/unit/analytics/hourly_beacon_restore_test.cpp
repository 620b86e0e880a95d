// A saved hourly_beacon: what restores, and what no honest run can have saved.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/analytics/hourly_beacon.h"
#include "support/event_builder.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
constexpr std::int32_t kHour = 480'000;  // of 2024
constexpr Time kStart{kHour * 1h};

struct Chunks final : state::ChunkSink {
  void chunk(std::uint8_t stream, std::string_view bytes) override {
    all.emplace_back(stream, bytes);
  }
  std::vector<std::pair<std::uint8_t, std::string>> all;
};

std::unique_ptr<HourlyBeacon> make() {
  return std::move(*HourlyBeacon::create(HourlyBeaconSettings::seed()));
}

Chunks saved_after_one_event() {
  const auto beacon = make();
  Event e;
  e.kind = Kind::network_record;
  e.utc_time = e.time_created = kStart;
  e.source_hostname = "ws1";
  e.application = "x.exe";
  e.destination_ip = "142.254.39.90";
  testing_support::Collect told;
  beacon->observe(e, told);
  Chunks chunks;
  beacon->saved().begin(chunks);
  while (!beacon->saved().some(1'000)) {
  }
  return chunks;
}

bool restores(const Chunks& chunks) {
  const auto beacon = make();
  for (const auto& [stream, bytes] : chunks.all) {
    state::Reader r(bytes, 1);
    if (!beacon->saved().restore(stream, r)) return false;
  }
  return beacon->saved().finish();
}

// Puts another hour where the state has the current one: its first mention.
Chunks with_current_hour(std::int32_t hour) {
  Chunks chunks = saved_after_one_event();
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
  EXPECT_TRUE(restores(saved_after_one_event()));
  EXPECT_TRUE(restores(with_current_hour(kHour)));
  EXPECT_TRUE(restores(with_current_hour(kHour + 1)));
}

// Closing hour after hour would never reach the key's, and take minutes.
TEST(HourlyBeaconRestore, RefusesAKeyOfAnHourToCome) {
  EXPECT_FALSE(restores(with_current_hour(kHour - 1)));
  EXPECT_FALSE(restores(with_current_hour(-1'000'000'000)));
}

}  // namespace
}  // namespace c2watch::analytics
