// JsonMembers: EventData as members of a JSON object, every value a string.
//
//   struct Policy {
//     static std::string_view form(const Text& t) { return t.json; }
//     static constexpr bool keep(std::string_view name) { return true; }
//     static constexpr bool keep_empty = false;
//     static constexpr bool one_object_each = false;   // {"Name":"value"},{...} instead
//   };
//
// Every member ends with a comma; the caller drops the last one.
#pragma once

#include <cstdint>
#include <string_view>

#include "formats/buffer.h"

namespace c2sim {

template <class Policy>
class JsonMembers {
 public:
  explicit JsonMembers(Buffer& out) : out_(out) {}

  template <std::size_t N>
  void text(const char (&name)[N], const Text& value) {
    word(name, Policy::form(value));
  }
  template <std::size_t N>
  void word(const char (&name)[N], std::string_view value) {
    if (value.empty() && !Policy::keep_empty) return;
    member(name, [&] { out_.put(value); });
  }
  template <std::size_t N>
  void number(const char (&name)[N], std::uint64_t value) {
    member(name, [&] { out_.number(value); });
  }
  template <std::size_t N>
  void digits(const char (&name)[N], std::uint64_t value) {
    number(name, value);
  }
  template <std::size_t N>
  void boolean(const char (&name)[N], bool value) {
    word(name, value ? "true" : "false");
  }
  template <std::size_t N>
  void hex(const char (&name)[N], std::uint64_t value) {
    member(name, [&] { out_.hex(value); });
  }
  template <std::size_t N>
  void guid(const char (&name)[N], const Guid& value) {
    member(name, [&] { out_.guid(value); });
  }
  template <std::size_t N>
  void bare_guid(const char (&name)[N], const Guid& value) {
    member(name, [&] { out_.bare_guid(value); });
  }
  template <std::size_t N>
  void utc(const char (&name)[N], Instant t) {
    member(name,
           [&] { out_.date(t), out_.put(' '), out_.clock(t), out_.put('.'), out_.fraction(t, 3); });
  }
  template <std::size_t N>
  void address(const char (&name)[N], Address value) {
    member(name, [&] { out_.address(value); });
  }

 private:
  template <std::size_t N, class Value>
  void member(const char (&name)[N], Value value) {
    if (!Policy::keep(std::string_view(name, N - 1))) return;
    if constexpr (Policy::one_object_each) out_.put('{');
    out_.put('"'), out_.put(name), out_.put("\":\"");
    value();
    out_.put('"');
    if constexpr (Policy::one_object_each) out_.put('}');
    out_.put(',');
  }

  Buffer& out_;
};

}  // namespace c2sim
