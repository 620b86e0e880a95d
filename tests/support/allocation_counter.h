// How often `new` was called so far, for tests that hold a hot path to "no allocation on a hit".
// Link c2watch_allocation_counter; it replaces the global operators of the test program.
#pragma once

#include <cstddef>

namespace c2watch::testing_support {

// False under sanitizers, which have operators of their own.
bool counts_allocations();

std::size_t allocations();

}  // namespace c2watch::testing_support
