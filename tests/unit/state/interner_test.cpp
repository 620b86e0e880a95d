#include "core/state/interner.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace c2watch::state {
namespace {

TEST(Interner, OneTextOneNumber) {
  Interner names(1);
  const TextId a = names.intern("powershell.exe");
  EXPECT_EQ(names.intern(std::string("powershell") + ".exe"), a);
  EXPECT_NE(names.intern("Powershell.exe"), a);
  EXPECT_EQ(names.text(a), "powershell.exe");
  EXPECT_EQ(names.size(), 2u);
}

TEST(Interner, NullIsZeroAndCostsNothing) {
  Interner names(1);
  EXPECT_EQ(names.intern({}), kNullText);
  EXPECT_TRUE(names.text(kNullText).empty());
  names.retain(kNullText);
  names.release(kNullText);
  EXPECT_EQ(names.size(), 0u);
  EXPECT_EQ(names.bytes(), 0u);
}

TEST(Interner, KeepsATextUntilItsLastReleaseAndNoLonger) {
  Interner names(1);
  const TextId a = names.intern("host");
  names.retain(a);
  EXPECT_EQ(names.intern("host"), a);
  names.release(a);
  names.release(a);
  EXPECT_EQ(names.text(a), "host");
  names.release(a);
  EXPECT_EQ(names.size(), 0u);
}

TEST(Interner, MemoryFollowsWhatIsHeld) {
  Interner names(1);
  const auto round = [&](int salt) {
    std::vector<TextId> ids;
    for (int i = 0; i < 1000; ++i)
      ids.push_back(names.intern("host-" + std::to_string(salt * 1000 + i)));
    const std::size_t full = names.bytes();
    for (const TextId id : ids) names.release(id);
    return full;
  };
  const std::size_t first = round(0);
  for (int salt = 1; salt < 20; ++salt) EXPECT_LE(round(salt), first + 100) << salt;
  EXPECT_EQ(names.size(), 0u);
}

TEST(Interner, AgreesWithAMapOfCounts) {
  std::mt19937 rng(5);
  Interner names(9);
  std::map<std::string, std::pair<TextId, int>> held;
  for (int step = 0; step < 50'000; ++step) {
    const std::string text(1 + rng() % 40, static_cast<char>('a' + rng() % 8));
    auto& [id, count] = held[text];
    if (count > 0 && rng() % 2 == 0) {
      names.release(id);
      --count;
    } else {
      const TextId got = names.intern(text);
      if (count > 0) {
        ASSERT_EQ(got, id);
      }
      id = got;
      ++count;
    }
    if (count == 0) held.erase(text);
    ASSERT_EQ(names.size(), held.size());
  }
  for (const auto& [text, entry] : held) EXPECT_EQ(names.text(entry.first), text);
}

}  // namespace
}  // namespace c2watch::state
