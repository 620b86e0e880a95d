// Spelling: one spelling for the names and addresses that are written in several. Keys, and the ids
// of findings, are made of it; findings show what the record says.
//
//   state::hash_key(seed, {FoldedName(event.computer), FoldedAddress(event.destination_ip)});
//
// NAMES     of computers and in DNS, paths: ASCII letters in lower case, no final dot.
// ADDRESSES IPv4 in its mapped form is IPv4; IPv6 as Sysmon writes it, in lower case:
//           "2a01:4f8:0:0:0:0:0:7", whatever stood there. A text that is no address stays as it is.
// COST      about 5 ns for a name, 1 ns for IPv4, 100 ns for IPv6; allocates for names beyond 256
//           bytes.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace c2watch::analytics {

class FoldedName {
 public:
  FoldedName() = default;
  explicit FoldedName(std::string_view name) { set(name); }
  FoldedName(const FoldedName&) = delete;
  FoldedName& operator=(const FoldedName&) = delete;

  void set(std::string_view name);
  operator std::string_view() const { return text_; }  // NOLINT(google-explicit-constructor)

 private:
  std::array<char, 256> short_;
  std::string long_;
  std::string_view text_;  // of one of the two
};

class FoldedAddress {
 public:
  FoldedAddress() = default;
  // The text must outlive this.
  explicit FoldedAddress(std::string_view text) { set(text); }
  FoldedAddress(const FoldedAddress&) = delete;
  FoldedAddress& operator=(const FoldedAddress&) = delete;

  void set(std::string_view text);
  operator std::string_view() const { return text_; }  // NOLINT(google-explicit-constructor)

 private:
  std::array<char, 40> written_;
  std::string_view text_;
};

}  // namespace c2watch::analytics
