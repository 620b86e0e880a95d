// SuffixSet: does a text end with one of these? For names of hosts and programs, which differ at
// their end.
//
//   SuffixSet domains(Letters::any_case, Before::label);
//   domains.add("live.com");
//   domains.matches("Login.LIVE.com");   // true; "olive.com" false: no label ends before "live"
//
// COST      5 to 10 ns, hit or miss: the last eight bytes, as one number, against all suffixes at
//           once; beyond kLinear suffixes a binary search. The rest is compared only on a match.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace c2watch::analytics {

enum class Letters : std::uint8_t { exact, any_case };  // any_case: ASCII only, no locale

// What must stand before the suffix, unless it is the whole text.
enum class Before : std::uint8_t {
  anything,
  label,  // a dot
  path,   // a slash or a backslash
};

class SuffixSet {
 public:
  SuffixSet(Letters letters, Before before) : letters_(letters), before_(before) {}

  // Requires a suffix that is not empty.
  void add(std::string_view suffix);

  bool matches(std::string_view text) const;

 private:
  // 32: where the vectorised scan and the binary search cost the same.
  static constexpr std::size_t kLinear = 32;

  // The last eight bytes of a text, in lower case where case does not matter; a shorter text is
  // preceded by zeros. Byte order is whatever the machine has: they are only compared.
  std::uint64_t tail(std::string_view text) const;
  bool matches(std::string_view text, const std::string& suffix) const;

  Letters letters_;
  Before before_;
  // INVARIANT: tails_[i] is the tail of suffixes_[i], masks_[i] its bytes that count. Suffixes of
  // less than eight bytes come first, short_ of them; the others are sorted by their tails.
  std::vector<std::uint64_t> tails_;
  std::vector<std::uint64_t> masks_;
  std::vector<std::string> suffixes_;
  std::size_t short_ = 0;
};

}  // namespace c2watch::analytics
