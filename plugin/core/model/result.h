// Result: a value, or a sentence for the person who can mend it.
//
//   Result<Settings> s = parse_config(text);
//   if (!s) return fail(s.error());
//
// Only for what a user causes. A bad record is counted, never an error; a bug is an assert.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace c2watch {

struct Error {
  std::string message;  // names the setting or place, what is wrong, and what would be right
};

template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit: a function returns a T or an Error as it is.
  // NOLINTBEGIN(google-explicit-constructor)
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}
  // NOLINTEND(google-explicit-constructor)

  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() { return assert(*this), *std::get_if<0>(&held_); }
  const T& operator*() const { return assert(*this), *std::get_if<0>(&held_); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  const Error& error() const { return assert(!*this), *std::get_if<1>(&held_); }

 private:
  std::variant<T, Error> held_;
};

}  // namespace c2watch
