#include "bench/traffic.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace c2watch::harness {
namespace {

using Seconds = std::vector<double>;

constexpr double kHour = 3600;

Series series_of(Seconds seconds, double window_s) {
  std::sort(seconds.begin(), seconds.end());
  Series series{{}, window_s};
  series.times_ms.reserve(seconds.size());
  for (const double s : seconds) series.times_ms.push_back(std::llround(s * 1e3));
  return series;
}

double next_interval(Random& r, const Beacon& b) {
  const double spread = b.interval_s * b.jitter;
  switch (b.jitter_distribution) {
    case JitterDistribution::shorter:
      return r.uniform(b.interval_s - spread, b.interval_s);
    case JitterDistribution::symmetric:
      return r.uniform(b.interval_s - spread, b.interval_s + spread);
    case JitterDistribution::longer:
      return r.uniform(b.interval_s, b.interval_s + spread);
  }
  return b.interval_s;
}

void poisson(Random& r, double window, double per_hour, Seconds& out) {
  const double mean = kHour / per_hour;
  for (double t = r.exponential(mean); t < window; t += r.exponential(mean)) out.push_back(t);
}

// Time on one page: what studies of dwell times fit to it. One law a person.
double reading_time(Random& r, std::uint64_t person) {
  switch (person % 3) {
    case 0:
      return r.lognormal(12, 1.3);
    case 1:
      return 3 * std::pow(1 - r.uniform(0, 1), -1 / 1.2);  // Pareto, at least 3 s
    default:
      return 25 * std::pow(r.exponential(1), 1 / 0.6);  // Weibull, shape 0.6
  }
}

// Someone at work: visits of about twelve minutes with fifty between them, and in a visit pages of
// one to six connections each.
void browsing(Random& r, double window, Seconds& out) {
  const std::uint64_t person = r.bits();
  double visit = r.exponential(2400) - r.uniform(0, 600);
  while (visit < window) {
    const double end = std::min(window, visit + r.lognormal(700, 0.8));
    for (double page = visit; page < end; page += reading_time(r, person)) {
      double connection = page;
      for (int i = 0; i < 6; ++i) {
        if (connection >= 0 && connection < window) out.push_back(connection);
        if (r.chance(0.65)) break;
        connection += r.exponential(0.4);
      }
    }
    visit = end + r.exponential(3000);
  }
}

// Downloads and synchronisation: half to six clusters an hour, of 3 to 15 connections on average,
// half a second to ten seconds apart. One habit a program.
void bursts(Random& r, double window, Seconds& out) {
  const auto between = [&r](double low, double high) {
    return std::exp(r.uniform(std::log(low), std::log(high)));
  };
  const double pause = kHour / between(0.5, 6);
  const double size = between(3, 15);
  const double within = between(0.5, 10);
  for (double start = r.exponential(pause); start < window; start += r.exponential(pause)) {
    double t = start;
    do {
      if (t < window) out.push_back(t);
      t += r.exponential(within);
    } while (r.chance(1 - 1 / size));
  }
}

// Two an hour at night, 32 in the middle of a working day; the window begins at any time of day.
void diurnal(Random& r, double window, Seconds& out) {
  constexpr double kMost = 36;  // an hour: candidates, thinned out to the rate of the time of day
  const double phase = r.uniform(0, 24 * kHour);
  for (double t = r.exponential(kHour / kMost); t < window; t += r.exponential(kHour / kMost)) {
    const double hour = std::fmod((t + phase) / kHour, 24);
    const bool at_work = hour > 8 && hour < 18;
    const double rate = 2 + (at_work ? 30 * std::sin(std::numbers::pi * (hour - 8) / 10) : 0);
    if (r.chance(rate / kMost)) out.push_back(t);
  }
}

// Updaters and monitors: a timer, and the little that the machine adds to it.
void agent(Random& r, double window, Seconds& out) {
  constexpr double kTimers[] = {60, 300, 900, 1800, 3600};
  const double timer = kTimers[r.bits() % std::size(kTimers)];
  const double slack = timer * r.uniform(0, 0.05);
  for (double t = r.uniform(0, timer); t < window; t += timer + r.uniform(0, slack))
    out.push_back(t);
}

template <class Generator>
BenignProfile benign(std::string name, Generator generate, bool periodic = false) {
  return {std::move(name), periodic, [generate](Random& r, double window_s) {
            Seconds seconds;
            generate(r, window_s, seconds);
            return series_of(std::move(seconds), window_s);
          }};
}

BenignProfile random_traffic(int per_hour) {
  return benign(
      "random, " + std::to_string(per_hour) + "/h",
      [per_hour](Random& r, double window, Seconds& out) { poisson(r, window, per_hour, out); });
}

}  // namespace

std::uint64_t Random::bits() {
  std::uint64_t z = state_ += 0x9E37'79B9'7F4A'7C15;
  z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
  z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
  return z ^ (z >> 31);
}

double Random::uniform(double low, double high) {
  return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
}

double Random::exponential(double mean) { return -mean * std::log(1 - uniform(0, 1)); }

double Random::lognormal(double median, double sigma) {
  // Box and Muller.
  const double radius = std::sqrt(exponential(2));
  return median * std::exp(sigma * radius * std::cos(uniform(0, 2 * std::numbers::pi)));
}

std::uint64_t seed_of(std::uint64_t seed, std::string_view what, std::uint64_t index) {
  std::uint64_t h = seed ^ 0xCBF2'9CE4'8422'2325;  // FNV-1a, then mixed by the generator itself
  for (const char c : what) h = (h ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3;
  Random mixed(h);
  return mixed.bits() + index * 0xD1B5'4A32'D192'ED03;
}

Series Beacon::times(Random& r, double window_s) const {
  Seconds seconds;
  const double off_from = r.uniform(0, (1 - off) * window_s);
  const double off_until = off_from + off * window_s;
  for (double t = r.uniform(0, next_interval(r, *this)); t < window_s;
       t += next_interval(r, *this)) {
    const bool host_off = off > 0 && t >= off_from && t <= off_until;
    if (!r.chance(lost) && !host_off) seconds.push_back(t);
  }
  if (mixed == BackgroundTraffic::random_20) poisson(r, window_s, 20, seconds);
  if (mixed == BackgroundTraffic::browsing) browsing(r, window_s, seconds);
  return series_of(std::move(seconds), window_s);
}

std::vector<Beacon> standard_beacons() {
  constexpr double kMinute = 60;
  std::vector<Beacon> all;
  for (const int percent : {0, 20, 37, 50, 75, 99})
    all.push_back({.name = "60 s, " + std::to_string(percent) + " %",
                   .interval_s = 60,
                   .jitter = percent / 100.0});
  all.push_back({.name = "30 s, 90 %", .interval_s = 30, .jitter = 0.9});
  all.push_back({.name = "60 s + up to 30 s",
                 .interval_s = 60,
                 .jitter_distribution = JitterDistribution::longer,
                 .jitter = 0.5});
  all.push_back({.name = "5 min, 50 % either way",
                 .interval_s = 5 * kMinute,
                 .jitter_distribution = JitterDistribution::symmetric,
                 .jitter = 0.5});
  all.push_back({.name = "15 min, 25 %", .interval_s = 15 * kMinute, .jitter = 0.25});
  all.push_back({.name = "1 h, 10 % either way",
                 .interval_s = kHour,
                 .jitter_distribution = JitterDistribution::symmetric,
                 .jitter = 0.1});
  all.push_back({.name = "1 h, 50 % either way",
                 .interval_s = kHour,
                 .jitter_distribution = JitterDistribution::symmetric,
                 .jitter = 0.5});
  all.push_back({.name = "60 s, 20 %, 30 % lost", .jitter = 0.2, .lost = 0.3});
  all.push_back({.name = "60 s, 20 %, off 40 % of the time", .jitter = 0.2, .off = 0.4});
  all.push_back(
      {.name = "60 s, 20 %, among 20/h", .jitter = 0.2, .mixed = BackgroundTraffic::random_20});
  all.push_back(
      {.name = "60 s, 20 %, among browsing", .jitter = 0.2, .mixed = BackgroundTraffic::browsing});
  return all;
}

std::vector<Beacon> beacon_grid() {
  struct Jitter {
    JitterDistribution jitter_distribution;
    double jitter;
  };
  constexpr Jitter kJitters[] = {
      {JitterDistribution::shorter, 0},      {JitterDistribution::shorter, 0.2},
      {JitterDistribution::shorter, 0.5},    {JitterDistribution::shorter, 0.9},
      {JitterDistribution::symmetric, 0.25}, {JitterDistribution::symmetric, 0.5},
      {JitterDistribution::longer, 0.5}};
  std::vector<Beacon> all;
  for (const double interval : {30.0, 60.0, 300.0, 900.0, kHour})
    for (const Jitter& j : kJitters)
      for (const double lost : {0.0, 0.3})
        for (const double off : {0.0, 0.4})
          for (const BackgroundTraffic mixed :
               {BackgroundTraffic::nothing, BackgroundTraffic::random_20,
                BackgroundTraffic::browsing})
            all.push_back({.name = "cell " + std::to_string(all.size()),
                           .interval_s = interval,
                           .jitter_distribution = j.jitter_distribution,
                           .jitter = j.jitter,
                           .lost = lost,
                           .off = off,
                           .mixed = mixed});
  return all;
}

std::vector<BenignProfile> benign_classes() {
  return {random_traffic(1),          random_traffic(6),
          random_traffic(30),         random_traffic(120),
          benign("bursts", bursts),   benign("browsing", browsing),
          benign("diurnal", diurnal), benign("periodic agents", agent, true)};
}

Series random_series(Random& r, double mean_s, std::size_t events) {
  Seconds seconds;
  for (double t = r.exponential(mean_s); seconds.size() < events; t += r.exponential(mean_s))
    seconds.push_back(t);
  const double end = seconds.empty() ? 0 : seconds.back();
  return series_of(std::move(seconds), end);
}

Series beacon_series(Random& r, const Beacon& beacon, std::size_t events) {
  Seconds seconds;
  for (double t = 0; seconds.size() < events; t += next_interval(r, beacon)) seconds.push_back(t);
  const double end = seconds.empty() ? 0 : seconds.back();
  return series_of(std::move(seconds), end);
}

}  // namespace c2watch::harness
