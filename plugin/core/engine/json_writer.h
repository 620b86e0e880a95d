// JsonWriter: JSON text, written from left to right into one string.
//
//   std::string text;
//   JsonWriter w(text);
//   w.object([&] {
//     w.member("host", f.host);
//     w.list("ports", [&] { for (int p : ports) w.value(p); });
//   });
//
// Findings and stats are written while a collector runs, so running out of memory must leave as an
// exception and nothing else. nlohmann/json, which the config is read with, allocates in its
// destructors and then ends the process.
//
// TEXT      Whatever a process chose to be called. Control characters are escaped as JSON asks; so
//           are the line separators U+2028 and U+2029, the C1 controls, and the bidirectional
//           controls that make a terminal show another text than it holds. What is not UTF-8
//           becomes U+FFFD, a character each byte.
// NUMBERS   Shortest text that reads back as the same number; not-a-number and infinity are null.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace c2watch::engine {

// `text` for a line of a log or a terminal: without quotes of its own, and with the same characters
// escaped, so that it stays one line and shows what it holds.
std::string visible(std::string_view text);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  template <class Members>
  void object(Members members) {
    open('{');
    members();
    close('}');
  }
  template <class Members>
  void object(std::string_view name, Members members) {
    key(name);
    object(members);
  }
  template <class Items>
  void list(Items items) {
    open('[');
    items();
    close(']');
  }
  template <class Items>
  void list(std::string_view name, Items items) {
    key(name);
    list(items);
  }

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(bool b);
  void value(double number);
  void value(std::nullptr_t);
  template <std::integral T>
  void value(T number) {
    if constexpr (std::signed_integral<T>)
      integer(static_cast<std::int64_t>(number));
    else
      natural(static_cast<std::uint64_t>(number));
  }
  // JSON that is written already.
  void raw(std::string_view json);

  template <class T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }
  // null when the text is empty, as everywhere in the model.
  void text_or_null(std::string_view name, std::string_view text);
  // Nothing when the text is empty: formats of others have no place for "unknown".
  void text_if_any(std::string_view name, std::string_view text);

  void key(std::string_view name);

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void integer(std::int64_t number);
  void natural(std::uint64_t number);

  std::string& out_;
  bool first_ = true;  // nothing before the next value needs a comma
};

}  // namespace c2watch::engine
