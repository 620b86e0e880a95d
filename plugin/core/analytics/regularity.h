// Regularity: would random traffic look this regular? A p-value from a handful of gaps.
//
//   const Regularity r = judge_regularity(gaps_ms, {.dead_ms = 1'000});
//   if (r.p <= allowance(0.01, r.mean_s)) report(r);
//
// The null hypothesis is that gaps are exponential: connections at random, at a pace that need not
// be constant. Four statistics of the gaps d = gap - dead time, each with the probability that
// random traffic is as extreme:
//
//   greenwood  n*sum(d^2)/sum(d)^2 - 1, the squared coefficient of variation (Greenwood 1946).
//              Robust when jitter has tails.
//   range      (max - min)/mean. The likelihood ratio of uniform jitter, which is what frameworks
//              use: needs a third fewer check-ins than greenwood at wide jitter.
//   trimmed    (max - min)/(mean - min) without the two largest gaps: a host that was off. Above
//              the minimum, because traffic with a sharp shortest gap and a heavy tail (people at
//              work) would pass otherwise.
//   band       how many gaps lie in one band [x, r*x], r = 1.12, 1.3, 1.7, 2.3: lost check-ins and
//              other traffic in the same key. An exponential gap of *whatever* mean falls into a
//              band with at most q = r^(-1/(r-1)) (1 - 1/r), so binomial tails bound any mixture
//              of paces: bursts, sessions, day and night. The gaps of the band must also outnumber
//              those in the neighbouring bands as no power law of exponent 2 does.
//
// Their budget is shared: T = min(greenwood, range, 2*trimmed, 2*band), and p = m(n)*T, where m(n)
// (1.0 to 2.5) is what the four tests cost together, from simulation. Critical values come from
// simulation as well: regularity_table.h, written by c2watch_regularity_table.
//
// DEAD TIME Coalescing removes gaps below it, and what is left of random traffic would look
// regular.
//           An exponential gap minus the dead time is exponential again.
// LOOKS     A key is judged at 5, 6, 8, 10, 12, 16, 20, 28, 40 and 64 check-ins, then every 32;
// slow
//           keys at 3 and 4 as well. Each look may spend allowance(): the budget in proportion to
//           the mean gap, so that a key that will soon have told more waits for it, and one that
//           speaks once an hour is not waited for until tomorrow.
// COST      0.2 us for 4 gaps, 1 us for 11, 10 us for 63; at looks only. No allocation.
// THREADS   pure functions.
// BLIND SPOTS  jitter so wide that gaps are as good as exponential; more than half of a key's gaps
//           broken by other traffic; periods below the dead time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace c2watch::analytics {

inline constexpr std::size_t kMinGaps = 2;
inline constexpr std::size_t kMaxGaps = 63;

enum class Statistic : std::uint8_t { greenwood, range, trimmed, band };
inline constexpr std::array<std::string_view, 4> kStatisticNames = {"greenwood", "range", "trimmed",
                                                                    "band"};

// How a sleep S and a jitter become the next interval.
enum class JitterLaw : std::uint8_t {
  none,       // S, within 2 % or 200 ms
  shorter,    // U[S(1-j), S]: Cobalt Strike
  symmetric,  // U[S(1-j), S(1+j)]: Mythic, Empire
  longer,     // U[S, S+J]: Sliver
};
inline constexpr std::array<std::string_view, 4> kJitterLawNames = {"none", "U[S(1-j),S]",
                                                                    "U[S(1-j),S(1+j)]", "U[S,S+J]"};

struct RegularityOptions {
  std::uint32_t dead_ms = 1'000;  // what coalescing removed from every gap
};

struct Regularity {
  std::size_t gaps = 0;  // n
  double sum_s = 0;      // of d, in seconds
  double sum_squares = 0;

  std::array<double, 4> value{};                   // of each statistic, by Statistic
  std::array<double, 4> p_of{1.0, 1.0, 1.0, 1.0};  // 1 where it does not apply
  Statistic decided_by = Statistic::greenwood;
  double multiplicity = 1;  // m(n)
  double p = 1;

  double band_ratio = 0;         // of the best band
  std::size_t band_gaps = 0;     // gaps in it
  std::size_t trimmed_gaps = 0;  // gaps that `trimmed` left out

  // Of whole gaps again, dead time included, in seconds.
  double mean_s = 0;
  double interval_s = 0;  // the sleep S that explains the regular gaps best
  double jitter = 0;      // j, or J/S
  JitterLaw law = JitterLaw::none;
  double cut_below_s = 0;  // the regular gaps lie in [cut_below_s, cut_above_s]; the others do not
  double cut_above_s = 0;  // count for interval and jitter
  std::size_t regular_gaps = 0;
};

// Requires that gaps.size() is a look; see judged_gaps() for any other number.
Regularity judge_regularity(std::span<const std::uint32_t> gaps_ms, const RegularityOptions& o);

// Whether a key with so many gaps is judged. `slow`: see LOOKS.
bool is_look(std::size_t gaps, bool slow);

// The largest look of at most so many gaps (>= kMinGaps): how many of the newest ones to judge when
// it is not a look's turn.
std::size_t judged_gaps(std::size_t gaps);

// The probability that one look may spend of a budget per key and day: budget * mean gap / 8 h, the
// mean gap taken as at least 30 s and at most 8 h. 8 h: random traffic at any pace from one event
// in 6 h to 120 an hour then stays within the budget over all looks of a day (measured in
// regularity_test). 30 s: faster keys have no more looks of their own, only those after the 64th
// check-in, and these still fit.
double allowance(double budget_per_day, double mean_gap_s);

// The other way round: the smallest budget per day at which this look would have fired. The score
// for quality curves.
double budget_needed(const Regularity& r);

}  // namespace c2watch::analytics
