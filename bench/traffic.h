// Traffic: check-in times of beacons, and of people and programs that are none, by seed.
//
//   for (const Source& s : standard_beacons()) {
//     Random random(seed_of({7, s.name, 0}));
//     Series series = s.times(random, 3 * 3600.0);
//   }
//
// Written for the benchmarks alone. The plugin's own tests have generators of theirs: a mistake in one
// of them shows as a difference between the two.
//
// TIMES     milliseconds from the start of the window, ascending. A beacon's first check-in falls
//           anywhere in its first interval: no implant starts when the window opens.
// SEEDS     the same seed gives the same series on every machine with IEEE doubles: distributions
//           are our own, since those of the standard library differ between implementations.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace c2watch::harness {

// splitmix64 (Steele, Lea, Flood 2014): eight bytes of state, and any seed is a good one.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits();
  double uniform(double low, double high);  // [low, high)
  bool chance(double probability) { return uniform(0, 1) < probability; }
  double exponential(double mean);
  double lognormal(double median, double sigma);

 private:
  std::uint64_t state_;
};

// A seed of its own for each series, so that none depends on how many were drawn before it.
std::uint64_t seed_of(std::uint64_t seed, std::string_view what, std::uint64_t index);

struct Series {
  std::vector<std::int64_t> times_ms;
  double window_s = 0;
};

// How a sleep S and a jitter j become the next interval.
enum class JitterDistribution : std::uint8_t {
  shorter,    // U[S(1-j), S]: Cobalt Strike
  symmetric,  // U[S(1-j), S(1+j)]: Mythic, Empire
  longer,     // U[S, S(1+j)]: Sliver
};
inline constexpr std::string_view kJitterDistributionNames[] = {"shorter", "symmetric", "longer"};

// What else the same process says to the same destination.
enum class BackgroundTraffic : std::uint8_t { nothing, random_20, browsing };
inline constexpr std::string_view kBackgroundTrafficNames[] = {"nothing", "20 an hour", "browsing"};

struct Beacon {
  std::string name;
  double interval_s = 60;
  JitterDistribution jitter_distribution = JitterDistribution::shorter;
  double jitter = 0;  // 0 .. 1
  double lost = 0;    // share of check-ins that the telemetry lost, each by itself
  double off = 0;     // share of the window, in one piece, in which the host was off
  BackgroundTraffic mixed = BackgroundTraffic::nothing;

  Series times(Random& random, double window_s) const;
};

// The sixteen that quality is stated for.
std::vector<Beacon> standard_beacons();

// Every combination of interval, law, loss, gap and mixed-in traffic: 420.
std::vector<Beacon> beacon_grid();

// Traffic that is no beacon.
struct BenignProfile {
  std::string name;
  // Update checks and monitoring are as regular as any beacon: timing alone must flag them, and
  // they are counted apart from the false positives of random traffic.
  bool periodic = false;
  std::function<Series(Random&, double window_s)> times;
};

// Seven classes that are not periodic, in equal parts, and one that is.
std::vector<BenignProfile> benign_classes();

// Random traffic of `events` events.
Series random_series(Random& random, double mean_s, std::size_t events);
// The first `events` check-ins.
Series beacon_series(Random& random, const Beacon& beacon, std::size_t events);

}  // namespace c2watch::harness
