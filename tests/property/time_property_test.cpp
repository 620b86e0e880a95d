// Every structure that keeps times against its reference, on generated events: see
// support/time_models.h.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "support/time_models.h"

namespace c2watch::testing_support {
namespace {

class TimeProperty : public testing::TestWithParam<TimeModel> {};

// From bytes of any kind, so that times are far apart, to steps to and fro, to steps ahead.
TEST_P(TimeProperty, DoesWhatItsReferenceDoes) {
  for (std::uint32_t world = 0; world < 300; ++world) {
    std::mt19937 random(world);
    std::string bytes;
    const std::size_t size = 1 + random() % 600;
    const std::uint32_t most = std::array<std::uint32_t, 4>{256, 200, 192, 140}[world % 4];
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(random() % most));
    Choices choices(bytes);
    ASSERT_EQ(GetParam().check(choices), "") << "world " << world;
  }
}

INSTANTIATE_TEST_SUITE_P(, TimeProperty, testing::ValuesIn(kTimeModels),
                         [](const auto& p) { return std::string(p.param.name); });

}  // namespace
}  // namespace c2watch::testing_support
