// c2watch_regularity_table: writes plugin/core/analytics/regularity_table.h, by simulation.
//
//   c2watch_regularity_table 4000000 > plugin/core/analytics/regularity_table.h
//
// For each number of gaps at which a key is judged, draws that many exponential gaps, again and
// again, and sorts each statistic's values: the quantile at p is the critical value for p. Then
// draws anew, combines the four p-values as judge_regularity() does, and finds how much the minimum
// must be multiplied by to be a p-value itself. 4,000,000 draws take about two minutes and leave
// 40 beyond the last level, an error of 16 % of p there; regularity_test re-simulates some entries.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "core/analytics/regularity_statistics.h"

namespace {

using namespace c2watch::analytics;

// Gaps at which a key is judged, see regularity.h.
constexpr std::array<std::size_t, 12> kLooks = {2, 3, 4, 5, 7, 9, 11, 15, 19, 27, 39, 63};

class Gaps {
 public:
  explicit Gaps(std::size_t n) : random_(1'000 + n), gaps_(n) {}

  std::span<const double> draw() {
    for (double& gap : gaps_)
      gap = -std::log(1 - static_cast<double>(random_() >> 11) * 0x1.0p-53) + 1e-12;
    std::sort(gaps_.begin(), gaps_.end());
    return gaps_;
  }

 private:
  std::mt19937_64 random_;
  std::vector<double> gaps_;
};

using Levels = std::array<double, kLevels>;

Levels quantiles(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  Levels at{};
  for (std::size_t i = 0; i < kLevels; ++i)
    at[i] = values[static_cast<std::size_t>(kLevelP[i] * static_cast<double>(values.size()))];
  return at;
}

struct Row {
  Levels greenwood{};
  Levels range{};
  Levels trimmed{};
  double multiplicity = 1;
};

double least_share(std::span<const double> gaps, const Row& row) {
  double least = std::min(lower_tail_p(row.greenwood, greenwood_statistic(gaps)),
                          lower_tail_p(row.range, range_statistic(gaps)));
  if (gaps.size() < kMinGapsForAll) return least;
  least = std::min(least, 2 * lower_tail_p(row.trimmed, trimmed_statistic(gaps)));
  return std::min(least, 2 * best_band(gaps).p);
}

Row simulate(std::size_t n, std::size_t draws) {
  Row row;
  Gaps gaps(n);
  std::vector<double> greenwood(draws);
  std::vector<double> range(draws);
  std::vector<double> trimmed(draws, 1.0);
  for (std::size_t i = 0; i < draws; ++i) {
    const auto d = gaps.draw();
    greenwood[i] = greenwood_statistic(d);
    range[i] = range_statistic(d);
    if (n >= kMinGapsForAll) trimmed[i] = trimmed_statistic(d);
  }
  row.greenwood = quantiles(greenwood);
  row.range = quantiles(range);
  row.trimmed = quantiles(trimmed);

  std::vector<double> least(draws / 8);
  for (double& t : least) t = least_share(gaps.draw(), row);
  std::sort(least.begin(), least.end());
  for (const double p : {0.01, 0.003, 0.001}) {
    const double t = least[static_cast<std::size_t>(p * static_cast<double>(least.size()))];
    row.multiplicity = std::max(row.multiplicity, p / t);
  }
  row.multiplicity = std::ceil(row.multiplicity * 20) / 20;
  return row;
}

void print(const char* name, const Levels& levels) {
  std::printf("     .%s = {", name);
  for (std::size_t i = 0; i < kLevels; ++i)
    std::printf("%s%.5g", i == 0 ? "" : i == 5 ? ",\n                   " : ", ", levels[i]);
  std::printf("}");
}

constexpr const char* kHead =
    "// Critical values of regularity.h for each number of gaps at which a key is judged: "
    "P(statistic <=\n"
    "// value) is 0.3, 0.1, 0.03, ... 0.00001 for exponential gaps. Written by "
    "c2watch_regularity_table\n"
    "// from %zu simulated series a row; regularity_test simulates some of it again.\n"
    "#pragma once\n\n"
    "#include <array>\n#include <cstddef>\n\n"
    "#include \"core/analytics/regularity_statistics.h\"\n\n"
    "namespace c2watch::analytics {\n\n"
    "struct CriticalValues {\n"
    "  std::size_t gaps;\n"
    "  double multiplicity;  // of the least of the four p-values, see regularity.h\n"
    "  std::array<double, kLevels> greenwood;\n"
    "  std::array<double, kLevels> range;\n"
    "  std::array<double, kLevels> trimmed;  // all 1 where it does not take part\n"
    "};\n\n"
    "// clang-format off\n"
    "inline constexpr std::array<CriticalValues, %zu> kCriticalValues = {{\n";

}  // namespace

int main(int argc, char** argv) {
  const std::size_t draws = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0;
  if (draws < 100'000) {
    std::fputs("usage: c2watch_regularity_table DRAWS   (at least 100000)\n", stderr);
    return 2;
  }
  std::printf(kHead, draws, kLooks.size());
  for (const std::size_t n : kLooks) {
    const Row row = simulate(n, draws);
    std::printf("    {.gaps = %zu, .multiplicity = %.2f,\n", n, row.multiplicity);
    print("greenwood", row.greenwood);
    std::puts(",");
    print("range", row.range);
    std::puts(",");
    print("trimmed", row.trimmed);
    std::puts("},");
  }
  std::puts("}};\n// clang-format on\n\n}  // namespace c2watch::analytics");
  return 0;
}
