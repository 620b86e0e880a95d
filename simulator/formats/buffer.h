// Buffer: a growing byte buffer with the few conversions that events need, and no locale.
//
//   Buffer b;
//   b.put("<EventID>");  b.number(3);  b.put("</EventID>");
//
// COST      a put of a literal is a length check and a memcpy of known size.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "world/guid.h"
#include "world/network.h"
#include "world/time.h"

namespace c2sim {

class Buffer {
 public:
  Buffer() : bytes_(std::size_t{1} << 16) {}

  std::string_view view() const { return {bytes_.data(), size_}; }
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }
  void drop_last() { --size_; }

  void put(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }

  template <std::size_t N>
  void put(const char (&literal)[N]) {
    std::memcpy(room(N - 1), literal, N - 1);
    size_ += N - 1;
  }

  void put(char c) {
    *room(1) = c;
    ++size_;
  }

  void number(std::uint64_t n) {
    char* at = room(20);
    size_ += static_cast<std::size_t>(std::to_chars(at, at + 20, n).ptr - at);
  }

  void hex(std::uint64_t n) {  // 0x3e7
    put("0x");
    char* at = room(16);
    size_ += static_cast<std::size_t>(std::to_chars(at, at + 16, n, 16).ptr - at);
  }

  void hex_upper(std::uint64_t n) {  // 0x3E7
    const std::size_t digits = size_ + 2;
    hex(n);
    for (std::size_t i = digits; i < size_; ++i)
      if (bytes_[i] >= 'a') bytes_[i] = static_cast<char>(bytes_[i] - 'a' + 'A');
  }

  void address(Address a) {
    if (a.v6 != nullptr) return put(a.v6->raw);
    for (int shift = 24; shift >= 0; shift -= 8) {
      number((a.v4 >> shift) & 255);
      if (shift != 0) put('.');
    }
  }

  // {869c0a82-fc89-6a58-5d03-000000007702}
  void guid(const Guid& g, bool upper = false) {
    const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char* at = room(38);
    size_ += 38;
    const auto byte = [&](std::uint64_t b) {
      *at++ = digits[(b >> 4) & 15];
      *at++ = digits[b & 15];
    };
    *at++ = '{';
    for (int shift = 24; shift >= 0; shift -= 8) byte(g.machine >> shift);
    *at++ = '-';
    byte(g.time >> 8), byte(g.time);
    *at++ = '-';
    byte(g.time >> 24), byte(g.time >> 16);
    *at++ = '-';
    byte(g.key), byte(g.key >> 8);  // little endian from here on
    *at++ = '-';
    for (int shift = 16; shift < 64; shift += 8) byte(g.key >> shift);
    *at = '}';
  }

  // The same without the braces.
  void bare_guid(const Guid& g) {
    guid(g);
    char* at = bytes_.data() + size_ - 38;
    std::memmove(at, at + 1, 36);
    size_ -= 2;
  }

  void date(Instant t) { put(std::string_view(day_of(t).data(), 10)); }  // 2026-03-02

  void clock(Instant t) {  // 08:00:00
    const auto s = static_cast<unsigned>(seconds_of_day(t));
    char* at = room(8);
    size_ += 8;
    two(at, s / 3600), at[2] = ':', two(at + 3, s / 60 % 60), at[5] = ':', two(at + 6, s % 60);
  }

  // The fraction of the second, `digits` long, cut, not rounded.
  void fraction(Instant t, int digits) {
    auto ticks = static_cast<std::uint32_t>((t.time_since_epoch().count() % 10'000'000));
    char* at = room(7);
    for (int i = 6; i >= 0; --i, ticks /= 10) at[i] = static_cast<char>('0' + ticks % 10);
    size_ += static_cast<std::size_t>(digits);
  }

 private:
  char* room(std::size_t n) {
    if (size_ + n > bytes_.size()) bytes_.resize((size_ + n) * 2);
    return bytes_.data() + size_;
  }

  static void two(char* at, unsigned n) {
    at[0] = static_cast<char>('0' + n / 10);
    at[1] = static_cast<char>('0' + n % 10);
  }

  static std::int64_t seconds_of_day(Instant t) { return unix_seconds(t) % 86400; }

  // Dates change once a day: remembered between calls.
  const std::array<char, 10>& day_of(Instant t) {
    const std::int64_t day = unix_seconds(t) / 86400;
    if (day == day_) return day_text_;
    day_ = day;
    const std::chrono::year_month_day d{std::chrono::sys_days{std::chrono::days{day}}};
    const auto y = static_cast<unsigned>(static_cast<int>(d.year()));
    two(day_text_.data(), y / 100);
    two(day_text_.data() + 2, y % 100);
    day_text_[4] = day_text_[7] = '-';
    two(day_text_.data() + 5, static_cast<unsigned>(d.month()));
    two(day_text_.data() + 8, static_cast<unsigned>(d.day()));
    return day_text_;
  }

  std::vector<char> bytes_;
  std::size_t size_ = 0;
  std::int64_t day_ = -1;
  std::array<char, 10> day_text_{};
};

}  // namespace c2sim
