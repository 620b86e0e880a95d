// hourly_beacon when an allocation fails, each in its turn: nothing told twice, nothing lost, and
// as usable afterwards as before. And when none fails: no allocation on a hit.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "core/analytics/hourly_beacon.h"

namespace {

long allocations = 0;
long fails_at = -1;  // the one allocation that fails; -1: none

void* allocate(std::size_t size, std::size_t alignment) {
  if (allocations++ == fails_at) throw std::bad_alloc();
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
// The forms for arrays as well: AddressSanitizer's own do not call the ones above.
void* operator new[](std::size_t size) { return ::operator new(size); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
using Told = std::multiset<std::pair<std::string, std::uint32_t>>;  // id, update

constexpr Time kStart{20'000 * 24h};

class Remember final : public FindingSink {
 public:
  void emit(Finding finding) override {
    // What the host needs to remember a finding is not what is tested.
    const auto paused = std::pair(allocations, std::exchange(fails_at, -1));
    told.emplace(finding.id, finding.update);
    std::tie(allocations, fails_at) = paused;
  }
  Told told;
};

Event row(Time at, std::string_view application) {
  Event e;
  e.kind = Kind::network_record;
  e.utc_time = at;
  e.source_hostname = "a-workstation-with-a-long-name.corp.example";
  e.computer = "a-workstation-with-a-long-name";
  e.application = application;
  e.destination_ip = "142.254.39.90";
  return e;
}

HourlyBeaconSettings small() {
  HourlyBeaconSettings settings = HourlyBeaconSettings::seed();
  settings.capacity = 40;
  return settings;
}

constexpr const char* kStrangers[] = {
    "the-stranger-of-the-first-hour.exe", "the-stranger-of-the-second-hour.exe",
    "the-stranger-of-the-third-hour.exe", "the-stranger-of-the-fourth-hour.exe",
    "the-stranger-of-the-fifth-hour.exe"};

// Keys that enter by their own rows, by an hour close, that rise, and strangers. True if an
// allocation failed on the way.
bool live(HourlyBeacon& beacon, Remember& sink) {
  bool failed = false;
  const auto guarded = [&](auto&& step) {
    try {
      step();
    } catch (const std::bad_alloc&) {
      failed = true;
    }
  };
  for (int hour = 0; hour < 5; ++hour) {
    for (int i = 0; i < 14; ++i) {
      const Time at = kStart + hour * 1h + i * 1min;
      for (const char* name : {"even-powershell.exe", "another-even-program-of-the-vendor.exe"}) {
        Event e = row(at, name);
        e.destination_port = 1000 + hour;
        guarded([&] { beacon.observe(e, sink); });
      }
      if (hour == 0 || i < 2)  // [28, 2, 2, 2, 2] is even once the first hour has left
        guarded([&] { beacon.observe(row(at, "uneven-until-the-first-hour-closes.exe"), sink); });
    }
    for (int i = 0; hour >= 3 && i < 5; ++i)  // its last row is the one that makes it enter
      guarded([&] { beacon.observe(row(kStart + hour * 1h, "five-and-five.exe"), sink); });
    guarded([&] { beacon.observe(row(kStart + hour * 1h, kStrangers[hour]), sink); });
  }
  guarded([&] { beacon.advance(kStart + 4h + 30min, sink); });  // the next call tells what is due
  Remember answered;
  guarded([&] { beacon.answer(answered); });
  for (const auto& entry : answered.told) EXPECT_EQ(sink.told.count(entry), 1u) << entry.first;
  for (int hour = 23; hour < 27; ++hour) guarded([&] { beacon.advance(kStart + hour * 1h, sink); });
  return failed;
}

TEST(HourlyBeaconMemory, EachAllocationMayFailOnceAndNoFindingIsLostOrToldTwice) {
  auto untroubled = std::move(*HourlyBeacon::create(small()));
  Remember want;
  ASSERT_FALSE(live(*untroubled, want));
  ASSERT_GE(want.told.size(), 5u);

  int failures = 0;
  for (long nth = 0; nth < 100'000; ++nth) {
    auto beacon = std::move(*HourlyBeacon::create(small()));
    Remember got;
    fails_at = allocations + nth;
    const bool failed = live(*beacon, got);
    fails_at = -1;
    if (!failed) {
      EXPECT_GT(failures, 100) << "hardly anything was refused: the test tests nothing";
      EXPECT_EQ(got.told, want.told);
      return;
    }
    ++failures;
    for (const auto& entry : got.told) ASSERT_EQ(got.told.count(entry), 1u) << nth;
    // The row that was refused may be missing; every key in the answer has been told by now.
    beacon->advance(kStart + 26h, got);
    Remember answered;
    beacon->answer(answered);
    for (const auto& entry : answered.told) ASSERT_EQ(got.told.count(entry), 1u) << nth;
    ASSERT_LE(beacon->stats().entries, 40u);
  }
  FAIL() << "allocates without bound";
}

TEST(HourlyBeaconMemory, AHitAllocatesNothing) {
  HourlyBeaconSettings settings = small();
  settings.min_total = 1'000'000;  // nothing is told
  auto beacon = std::move(*HourlyBeacon::create(settings));
  Remember sink;
  for (int i = 0; i < 2; ++i) beacon->observe(row(kStart, "powershell.exe"), sink);
  const long before = allocations;
  for (int i = 0; i < 1000; ++i) beacon->observe(row(kStart + i * 1s, "powershell.exe"), sink);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace c2watch::analytics
