#include "core/state/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace c2watch::state {
namespace {

TEST(HashKey, TellsApartHowTheBytesAreSplit) {
  const std::vector<Hash128> keys = {
      hash_key(1, {"a", "bc"}), hash_key(1, {"ab", "c"}),    hash_key(1, {"abc"}),
      hash_key(1, {"abc", {}}), hash_key(1, {{}, "abc"}),    hash_key(1, {"a", {}, "bc"}),
      hash_key(1, {}),          hash_key(1, {{}}),           hash_key(1, {{}, {}}),
      hash_key(1, {"bc", "a"}), hash_key(1, {"a", "b", "c"})};
  for (std::size_t i = 0; i < keys.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(keys[i] == keys[j]) << i << " and " << j;
}

TEST(HashKey, NullEqualsNullHoweverItIsWritten) {
  EXPECT_EQ(hash_key(1, {std::string_view{}, "x"}), hash_key(1, {std::string_view{""}, "x"}));
}

TEST(HashKey, DependsOnTheSeed) {
  EXPECT_NE(hash_key(1, {"host", "image"}), hash_key(2, {"host", "image"}));
  EXPECT_NE(hash_text(1, "host"), hash_text(2, "host"));
}

TEST(HashKey, LengthPrefixesCannotBeForgedByContent) {
  // The second part begins with the very bytes that would be the length of a part.
  const std::string forged("\1\0\0\0b", 5);
  EXPECT_NE(hash_key(1, {"a", forged}), hash_key(1, {"a", "b"}));
  EXPECT_NE(hash_key(1, {"a" + forged}), hash_key(1, {"a", "b"}));
}

TEST(HashKey, IsTheSameOnBothSidesOfTheInlineBuffer) {
  // One byte at a time across the switch from one-shot to streaming: all distinct, all repeatable.
  std::vector<Hash128> seen;
  for (std::size_t size = 480; size < 540; ++size) {
    const std::string text(size, 'x');
    seen.push_back(hash_key(7, {"k", text}));
    EXPECT_EQ(seen.back(), hash_key(7, {"k", text}));
    for (std::size_t i = 0; i + 1 < seen.size(); ++i) EXPECT_NE(seen[i], seen.back());
  }
}

TEST(HashKey, StreamingContinuesTheOneShotNumbers) {
  // ("x" * 511) as two parts fits in neither buffer; split differently it must differ.
  const std::string half(300, 'x');
  EXPECT_NE(hash_key(7, {half, half}), hash_key(7, {half + "x", half.substr(1)}));
  EXPECT_EQ(hash_key(7, {half, half}), hash_key(7, {half, half}));
}

}  // namespace
}  // namespace c2watch::state
