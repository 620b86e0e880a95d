#include "support/allocation_counter.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> count{0};

}  // namespace

namespace c2watch::testing_support {

std::size_t allocations() { return count.load(); }

}  // namespace c2watch::testing_support

#if defined(C2WATCH_SANITIZED)

bool c2watch::testing_support::counts_allocations() { return false; }

#else

bool c2watch::testing_support::counts_allocations() { return true; }

void* operator new(std::size_t bytes) {
  ++count;
  if (void* p = std::malloc(bytes == 0 ? 1 : bytes); p != nullptr) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

#endif
