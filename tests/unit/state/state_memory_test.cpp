// What the containers ask of the allocator: nothing on a hit, and nothing half done when it fails.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>
#include <string>

#include "core/state/bounded_table.h"
#include "core/state/inline_list.h"
#include "core/state/interner.h"

namespace {

long allocations = 0;
long fails_at = -1;  // the number of the allocation that fails, and all after it

void* allocate(std::size_t size, std::size_t alignment) {
  if (fails_at >= 0 && allocations >= fails_at) throw std::bad_alloc();
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
// The forms for arrays as well: AddressSanitizer's own do not call the ones above.
void* operator new[](std::size_t size) { return ::operator new(size); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace c2watch::state {
namespace {

Hash128 key(int i) { return {static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15u, 7}; }

// Runs `step` with the next allocation failing. True if it threw.
template <class Step>
bool runs_out_of_memory(Step&& step) {
  fails_at = allocations;
  bool threw = false;
  try {
    step();
  } catch (const std::bad_alloc&) {
    threw = true;
  }
  fails_at = -1;
  return threw;
}

constexpr auto kIgnore = [](const Hash128&, int&) {};

TEST(BoundedTableMemory, AHitAllocatesNothing) {
  BoundedTable<int> table(1000);
  for (int i = 0; i < 1000; ++i) table.insert(key(i), i, kIgnore);
  const long before = allocations;
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 1000; ++i) table.touch(key(i));
  EXPECT_EQ(allocations, before);
}

TEST(BoundedTableMemory, AFullTableAllocatesNothingAtAll) {
  BoundedTable<int> table(1000);
  for (int i = 0; i < 1001; ++i) table.insert(key(i), i, kIgnore);
  const long before = allocations;
  for (int i = 1001; i < 50'000; ++i) table.insert(key(i), i, kIgnore);
  EXPECT_EQ(allocations, before);
}

TEST(BoundedTableMemory, AFailedInsertChangesNothing) {
  BoundedTable<int> table(5000);
  int inserted = 0;
  int failures = 0;
  while (inserted < 5000) {
    const bool threw = runs_out_of_memory([&] { table.insert(key(inserted), inserted, kIgnore); });
    if (threw) {
      ++failures;
      ASSERT_EQ(table.find(key(inserted)), nullptr);
      table.insert(key(inserted), inserted, kIgnore);
    }
    ++inserted;
    ASSERT_EQ(table.size(), static_cast<std::size_t>(inserted));
  }
  EXPECT_GT(failures, 5) << "blocks and index were never refused: the test tests nothing";
}

TEST(BoundedTableMemory, AfterPrepareAnInsertCannotFail) {
  BoundedTable<int> table(5000);
  for (int i = 0; i < 6000; ++i) {
    table.prepare();
    ASSERT_FALSE(runs_out_of_memory([&] { table.insert(key(i), i, kIgnore); })) << i;
  }
}

TEST(InternerMemory, AFailedInternChangesNothing) {
  Interner names(1);
  int failures = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = "a-name-that-is-longer-than-any-small-string-" + std::to_string(i);
    const std::size_t size = names.size();
    for (long allowed = 0;; ++allowed) {
      fails_at = allocations + allowed;
      try {
        names.intern(text);
        fails_at = -1;
        break;
      } catch (const std::bad_alloc&) {
        fails_at = -1;
        ++failures;
        ASSERT_EQ(names.size(), size);
      }
    }
    ASSERT_EQ(names.size(), size + 1);
  }
  EXPECT_GT(failures, 1000);
}

TEST(InternerMemory, InternAllIsAllOrNone) {
  Interner names(1);
  for (int i = 0; i < 200; ++i) {
    const std::string salt = std::to_string(i);
    const std::string a = "first-" + salt, b = "second-" + salt, c = "third-" + salt;
    const std::size_t size = names.size();
    for (long allowed = 0;; ++allowed) {
      fails_at = allocations + allowed;
      try {
        names.intern_all(std::array<std::string_view, 4>{a, "shared", b, c});
        fails_at = -1;
        break;
      } catch (const std::bad_alloc&) {
        fails_at = -1;
        ASSERT_EQ(names.size(), size);
      }
    }
    ASSERT_EQ(names.size(), size + (i == 0 ? 4u : 3u));
  }
}

TEST(InlineListMemory, AFailedReserveChangesNothing) {
  InlineList<int, 2> list;
  list.insert(list.end(), 1);
  list.insert(list.end(), 2);
  EXPECT_TRUE(runs_out_of_memory([&] { list.reserve(3); }));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0], 1);
  EXPECT_EQ(list[1], 2);
  EXPECT_FALSE(runs_out_of_memory([&] { list.reserve(2); }));
}

}  // namespace
}  // namespace c2watch::state
