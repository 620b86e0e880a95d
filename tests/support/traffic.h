// Traffic for measuring detectors: check-in times of sixteen beacons and of people and programs
// that are none, by seed.
//
//   std::mt19937_64 random(7);
//   for (const TrafficProfile& p : beacon_profiles()) series = p.times(random, hours(3));
//
// Times are milliseconds from the start of the window, ascending. A beacon's first check-in falls
// anywhere in its first interval: nobody starts an implant when the window opens.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace c2watch::testing_support {

using Random = std::mt19937_64;
using Series = std::vector<std::int64_t>;

struct TrafficProfile {
  std::string name;
  std::function<void(Random&, double window_s, std::vector<double>&)> generate;

  Series times(Random& random, std::chrono::seconds window) const {
    std::vector<double> seconds;
    generate(random, static_cast<double>(window.count()), seconds);
    std::sort(seconds.begin(), seconds.end());
    Series ms(seconds.size());
    std::transform(seconds.begin(), seconds.end(), ms.begin(),
                   [](double s) { return static_cast<std::int64_t>(std::llround(s * 1e3)); });
    return ms;
  }
};

namespace traffic {

using Seconds = std::vector<double>;

// Distributions of our own: those of the standard library differ between implementations.
inline double uniform(Random& r, double low, double high) {
  return low + (high - low) * static_cast<double>(r() >> 11) * 0x1.0p-53;
}
inline double exponential(Random& r, double mean) { return -mean * std::log(1 - uniform(r, 0, 1)); }
inline double normal(Random& r) {
  return std::sqrt(exponential(r, 2)) * std::cos(uniform(r, 0, 6.283185307179586));
}
inline double lognormal(Random& r, double median, double sigma) {
  return median * std::exp(sigma * normal(r));
}

inline void renewals(Random& r, double window, double low, double high, Seconds& out) {
  for (double t = uniform(r, 0, uniform(r, low, high)); t < window; t += uniform(r, low, high))
    out.push_back(t);
}

inline void poisson(Random& r, double window, double per_hour, Seconds& out) {
  const double mean = 3600 / per_hour;
  for (double t = exponential(r, mean); t < window; t += exponential(r, mean)) out.push_back(t);
}

enum class Pauses : std::uint8_t { lognormal, pareto, weibull };

// Someone at work: a visit of about twelve minutes every 50 minutes or so, and in it pages of one
// to six connections with pauses between them that are mostly short and sometimes long.
inline void browsing(Random& r, double window, Pauses pauses, Seconds& out) {
  double visit = exponential(r, 2400) - uniform(r, 0, 600);
  while (visit < window) {
    const double end = std::min(window, visit + lognormal(r, 700, 0.8));
    for (double page = visit; page < end;) {
      double connection = page;
      for (int i = 0; i < 6; ++i) {
        if (connection >= 0 && connection < window) out.push_back(connection);
        connection += exponential(r, 0.4);
        if (uniform(r, 0, 1) > 0.35) break;
      }
      switch (pauses) {
        case Pauses::lognormal:
          page += lognormal(r, 12, 1.3);
          break;
        case Pauses::pareto:
          page += 3 * std::pow(1 - uniform(r, 0, 1), -1 / 1.2);
          break;
        case Pauses::weibull:
          page += 25 * std::pow(exponential(r, 1), 1 / 0.6);
          break;
      }
    }
    visit = end + exponential(r, 3000);
  }
}

// Downloads, synchronisation: clusters of 3 to 15 connections, half a second to ten apart.
inline void bursts(Random& r, double window, Seconds& out) {
  const double between = 3600 / std::exp(uniform(r, std::log(0.5), std::log(6.0)));
  const double size = std::exp(uniform(r, std::log(3.0), std::log(15.0)));
  const double within = std::exp(uniform(r, std::log(0.5), std::log(10.0)));
  for (double start = exponential(r, between); start < window; start += exponential(r, between)) {
    double t = start;
    do {
      if (t < window) out.push_back(t);
      t += exponential(r, within);
    } while (uniform(r, 0, 1) < 1 - 1 / size);
  }
}

// Two an hour at night, up to 32 in the middle of a working day.
inline void diurnal(Random& r, double window, Seconds& out) {
  const double phase = uniform(r, 0, 86400);
  for (double t = exponential(r, 100); t < window; t += exponential(r, 100)) {
    const double hour = std::fmod((t + phase) / 3600, 24);
    const double by_day = hour > 8 && hour < 18 ? 30 * std::sin(3.14159265 * (hour - 8) / 10) : 0;
    if (uniform(r, 0, 36) < 2 + by_day) out.push_back(t);
  }
}

}  // namespace traffic

inline TrafficProfile beacon(std::string name, double low_s, double high_s) {
  return {std::move(name), [=](Random& r, double window, std::vector<double>& out) {
            traffic::renewals(r, window, low_s, high_s, out);
          }};
}

// U[S(1-j), S], as Cobalt Strike draws it.
inline TrafficProfile beacon_shorter(std::string name, double sleep_s, double jitter) {
  return beacon(std::move(name), sleep_s * (1 - jitter), sleep_s);
}

inline TrafficProfile poisson_traffic(double per_hour) {
  return {"poisson_" + std::to_string(static_cast<int>(per_hour)) + "_an_hour",
          [=](Random& r, double window, std::vector<double>& out) {
            traffic::poisson(r, window, per_hour, out);
          }};
}

inline std::vector<TrafficProfile> beacon_profiles() {
  using traffic::Pauses;
  std::vector<TrafficProfile> all;
  for (const int jitter : {0, 20, 37, 50, 75, 99})
    all.push_back(beacon_shorter("60s_" + std::to_string(jitter), 60, jitter / 100.0));
  all.push_back(beacon_shorter("30s_90", 30, 0.9));
  all.push_back(beacon("sliver_60s_30s", 60, 90));
  all.push_back(beacon("5min_50_either_way", 150, 450));
  all.push_back(beacon_shorter("15min_25", 900, 0.25));
  all.push_back(beacon("1h_10_either_way", 3240, 3960));
  all.push_back(beacon("1h_50_either_way", 1800, 5400));
  all.push_back(
      {"60s_20_losing_30_percent", [](Random& r, double window, std::vector<double>& out) {
         std::vector<double> sent;
         traffic::renewals(r, window, 48, 60, sent);
         for (const double t : sent)
           if (traffic::uniform(r, 0, 1) >= 0.3) out.push_back(t);
       }});
  all.push_back(
      {"60s_20_host_off_40_percent", [](Random& r, double window, std::vector<double>& out) {
         std::vector<double> sent;
         traffic::renewals(r, window, 48, 60, sent);
         const double off = traffic::uniform(r, 0, 0.6 * window);
         for (const double t : sent)
           if (t < off || t > off + 0.4 * window) out.push_back(t);
       }});
  all.push_back({"60s_20_among_20_an_hour", [](Random& r, double window, std::vector<double>& out) {
                   traffic::renewals(r, window, 48, 60, out);
                   traffic::poisson(r, window, 20, out);
                 }});
  all.push_back({"60s_20_among_browsing", [](Random& r, double window, std::vector<double>& out) {
                   traffic::renewals(r, window, 48, 60, out);
                   traffic::browsing(r, window, static_cast<Pauses>(r() % 3), out);
                 }});
  return all;
}

// Seven kinds in equal parts; browsing comes with three laws of pauses.
inline std::vector<TrafficProfile> benign_profiles() {
  using traffic::Pauses;
  return {poisson_traffic(1),
          poisson_traffic(6),
          poisson_traffic(30),
          poisson_traffic(120),
          {"bursts", traffic::bursts},
          {"browsing",
           [](Random& r, double window, std::vector<double>& out) {
             traffic::browsing(r, window, static_cast<Pauses>(r() % 3), out);
           }},
          {"diurnal", traffic::diurnal}};
}

}  // namespace c2watch::testing_support
