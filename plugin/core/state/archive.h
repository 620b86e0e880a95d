// Archive: values <-> bytes, for what outlives the process. One list of members serves both ways:
//
//   struct Counter {
//     std::uint32_t hits = 0;
//     std::string name;
//     template <class Archive> void fields(Archive& a) { a(hits, name); }
//   };
//   Writer w(bytes);  w(counter);
//   Reader r(bytes);  r(counter);  if (!r.ok()) refuse();
//
// FORM      Little-endian numbers of their own width, times and durations as 64-bit microseconds,
//           doubles by their bits. Texts and lists: a 32-bit count, then the items.
// HOSTILE   A Reader believes no count: one that promises more than there are bytes left fails it.
//           A Reader that has failed yields zeros and never recovers. What the values mean is for
//           the owner to check; reject() marks one that is invalid where the bytes behind it can
//           still be read.
// VERSIONS  A Reader carries the version of the section that it reads, so that fields() can skip
//           what an older writer did not know: `if (a.version() >= 2) a(added);`
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/state/hash.h"
#include "core/state/inline_list.h"

static_assert(std::endian::native == std::endian::little, "Archive copies numbers as they lie");

namespace c2watch::state {

template <class T>
concept PlainNumber = (std::integral<T> || std::floating_point<T> || std::is_enum_v<T>);

class Writer {
 public:
  static constexpr bool kReads = false;

  // What to do when `out` is full: allocate, or write no more and say so.
  enum class Room : std::uint8_t { grows, as_reserved };

  explicit Writer(std::string& out, Room room = Room::grows) : out_(out), room_(room) {}

  // False when there was no room for everything.
  bool ok() const { return ok_; }
  static constexpr std::uint32_t version() { return UINT32_MAX; }  // always the newest

  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }

  void raw(const void* bytes, std::size_t size) {
    if (room_ == Room::as_reserved && out_.capacity() - out_.size() < size) ok_ = false;
    if (ok_) out_.append(static_cast<const char*>(bytes), size);
  }

 private:
  template <PlainNumber T>
  void put(T value) {
    raw(&value, sizeof value);
  }
  template <class Clock, class D>
  void put(const std::chrono::time_point<Clock, D>& t) {
    put(t.time_since_epoch());
  }
  template <class Rep, class Period>
  void put(const std::chrono::duration<Rep, Period>& d) {
    static_assert(std::same_as<std::chrono::duration<Rep, Period>, std::chrono::microseconds>);
    put(static_cast<std::int64_t>(d.count()));
  }
  void put(const Hash128& h) { (*this)(h.low, h.high); }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    raw(text.data(), text.size());
  }
  void put(const std::string& text) { put(std::string_view(text)); }
  template <class T>
  void put(const std::vector<T>& list) {
    put(static_cast<std::uint32_t>(list.size()));
    for (const T& item : list) put(item);
  }
  template <class T, std::uint32_t N>
  void put(const InlineList<T, N>& list) {
    put(static_cast<std::uint32_t>(list.size()));
    for (const T& item : list) put(item);
  }
  template <class T, std::size_t N>
  void put(const std::array<T, N>& list) {
    for (const T& item : list) put(item);
  }
  // fields() names members for both directions and cannot be const for one of them.
  template <class T>
  requires requires(T& v, Writer& w) { v.fields(w); }
  void put(const T& value) { const_cast<T&>(value).fields(*this); }

  std::string& out_;
  Room room_;
  bool ok_ = true;
};

class Reader {
 public:
  static constexpr bool kReads = true;

  explicit Reader(std::string_view bytes, std::uint32_t version = UINT32_MAX)
      : rest_(bytes), version_(version) {}

  bool ok() const { return ok_; }
  std::uint32_t version() const { return version_; }
  bool at_end() const { return rest_.empty(); }
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  void reject() { rejected_ = true; }
  // Whether a value was rejected since the last call.
  bool take_rejection() { return std::exchange(rejected_, false); }

  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }

  // The next text as it lies in the bytes.
  std::string_view text() {
    const std::size_t size = count();
    const std::string_view found = rest_.substr(0, size);
    rest_.remove_prefix(found.size());
    return found;
  }

  // A count of items, each of at least one byte.
  std::uint32_t count() {
    std::uint32_t n = 0;
    get(n);
    if (n <= rest_.size()) return n;
    fail();
    return 0;
  }

 private:
  template <PlainNumber T>
  void get(T& value) {
    if constexpr (std::same_as<T, bool>) {
      std::uint8_t byte = 0;
      get(byte);
      if (byte > 1) fail();  // any other bit pattern in a bool would be undefined
      value = byte == 1;
    } else {
      value = T{};
      if (rest_.size() < sizeof value) return fail();
      std::memcpy(&value, rest_.data(), sizeof value);
      rest_.remove_prefix(sizeof value);
    }
  }
  template <class Clock, class D>
  void get(std::chrono::time_point<Clock, D>& t) {
    D since{};
    get(since);
    t = std::chrono::time_point<Clock, D>{since};
  }
  template <class Rep, class Period>
  void get(std::chrono::duration<Rep, Period>& d) {
    // 2^60: 36,000 years to either side, and the least number of all, which means "unknown". No sum
    // of two of them overflows.
    constexpr std::int64_t kMost = std::int64_t{1} << 60;
    std::int64_t count = 0;
    get(count);
    if ((count < -kMost || count > kMost) && count != INT64_MIN) fail();
    d = std::chrono::duration<Rep, Period>{count};
  }
  void get(Hash128& h) { (*this)(h.low, h.high); }
  void get(std::string& value) { value = text(); }
  void get(std::string_view& value) { value = text(); }
  template <class T>
  void get(std::vector<T>& list) {
    const std::uint32_t n = count();
    list.clear();
    for (std::uint32_t i = 0; i < n && ok_; ++i) get(list.emplace_back());
  }
  template <class T, std::uint32_t N>
  void get(InlineList<T, N>& list) {
    const std::uint32_t n = count();
    list.erase(list.begin(), list.end());
    for (std::uint32_t i = 0; i < n && ok_; ++i) {
      T item{};
      get(item);
      list.reserve(list.size() + 1);
      list.insert(list.end(), item);
    }
  }
  template <class T, std::size_t N>
  void get(std::array<T, N>& list) {
    for (T& item : list) get(item);
  }
  template <class T>
  requires requires(T& v, Reader& r) { v.fields(r); }
  void get(T& value) { value.fields(*this); }

  std::string_view rest_;
  std::uint32_t version_;
  bool ok_ = true;
  bool rejected_ = false;
};

}  // namespace c2watch::state
