// Reference: a piece of work that does not change, timed beside the plugin on the same bytes.
//
//   const double once = reference_seconds(corpus.bytes);
//   const double ratio = once / row.seconds.front();   // 0.9: nine tenths of the reference's speed
//
// FNV-1a over every byte: a chain of multiplications that no compiler and no vector unit can shorten,
// in no library that could get faster. What it costs is the machine's clock times the bytes, so the
// ratio says how many cycles the plugin spends on a byte, on a fast machine and on a slow one
// (plugin/decisions/0031-a-chain-of-multiplications-is-the-reference.md).
#pragma once

#include <ctime>
#include <string_view>

namespace c2watch::harness {

// CPU time of this thread: nothing here waits, and other programs' share of a busy machine is nobody's
// cost.
inline double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

// CPU time of one pass over the bytes.
double reference_seconds(std::string_view bytes);

}  // namespace c2watch::harness
