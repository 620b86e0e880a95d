// A record costs time in proportion to its size, whatever it holds. Measured in processor time, so
// that a busy machine does not matter; eight times the bytes may cost 32 times as much, where a
// loop inside a loop costs sixty-four.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/config.h"
#include "core/engine/engine.h"
#include "support/hostile_records.h"

namespace c2watch::engine {
namespace {

using testing_support::HostileFields;

constexpr std::size_t kSmall = 16'384, kLarge = 131'072;
constexpr double kMaxRatio = 32;
// One millisecond, 8 ns a byte: below that it is no matter, and page faults are most of it.
constexpr double kNoMatter = 0.001;
constexpr int kAttempts = 3;

class Ignore final : public Listener {
 public:
  void finding(std::string_view) override {}
  void log(LogLevel, std::string_view) override {}
};

double processor_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

class CostTest : public testing::Test {
 protected:
  CostTest() : engine_(*read_config("{}"), listener_, 42) {}

  template <class Observe>
  double best_of(int attempts, Observe observe) {
    double best = 1e9;
    for (int i = 0; i < attempts; ++i) {
      const double begin = processor_seconds();
      observe();
      best = std::min(best, processor_seconds() - begin);
    }
    return best;
  }

  template <class Record, class Observe>
  void expect_linear(const std::string& name, const Record& small, const Record& large,
                     Observe observe) {
    observe(small);  // buffers grow
    // Most are clear at the first look.
    for (const int attempts : {1, kAttempts}) {
      const double of_large = best_of(attempts, [&] { observe(large); });
      if (of_large < kNoMatter) return;
      const double of_small = best_of(attempts, [&] { observe(small); });
      if (of_large < kMaxRatio * of_small) return;
      if (attempts != kAttempts) continue;
      ADD_FAILURE() << name << ": " << of_small * 1e6 << " us, and " << of_large * 1e6
                    << " us for eight times the bytes";
    }
  }

  Ignore listener_;
  Engine engine_;
};

TEST_F(CostTest, a_record_costs_time_in_proportion_to_its_size) {
  for (const auto& kind : testing_support::hostile_records()) {
    const std::string small = kind.make(kSmall), large = kind.make(kLarge);
    ASSERT_GT(large.size(), kLarge / 2) << kind.name;
    expect_linear(kind.name, small, large,
                  [&](const std::string& r) { engine_.observe(Format::automatic, r); });
  }
}

TEST_F(CostTest, a_record_of_fields_costs_time_in_proportion_to_its_size) {
  for (const auto& kind : testing_support::hostile_field_records()) {
    const HostileFields small = kind.make(kSmall), large = kind.make(kLarge);
    const auto fields_of = [](const HostileFields& record) {
      std::vector<parse::Field> fields;
      fields.reserve(record.size());
      for (const auto& [name, value] : record) fields.push_back({name, value});
      return fields;
    };
    expect_linear(kind.name, fields_of(small), fields_of(large),
                  [&](const std::vector<parse::Field>& fields) { engine_.observe(fields); });
  }
}

}  // namespace
}  // namespace c2watch::engine
