// The sweep in the terminal.
#pragma once

#include "bench/sweep.h"
#include "harness/base/terminal.h"

namespace c2watch::harness {

// `seconds`: what it took.
void show_sweep(Page& page, const SweepResult& result, double seconds);

// What the numbers mean and how they came about; the same words in every form of the report.
std::string sweep_method(const SweepResult& result);

// Why some curves stop short of 100 %.
std::string sweep_limits();

// A beacon's place on each axis of the grid, in words: {"interval", "60 s"}, ...
std::vector<std::pair<std::string, std::string>> axes_of(const Beacon& beacon);

// Means over all beacons that share a place on an axis: {axis, place, mean}, in order of sight.
struct Marginal {
  std::string axis;
  std::string place;
  double seen = 0;
  std::size_t beacons = 0;
};
std::vector<Marginal> marginals(const std::vector<Beacon>& beacons,
                                const std::vector<double>& by_beacon);

}  // namespace c2watch::harness
