#include "bench/baseline_workload.h"

#include <cstdint>

namespace c2watch::harness {

double reference_seconds(std::string_view bytes) {
  const double start = cpu_seconds();
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  // The compiler must take it that somebody looks.
  volatile std::uint64_t looked_at = hash;
  static_cast<void>(looked_at);
  return cpu_seconds() - start;
}

}  // namespace c2watch::harness
