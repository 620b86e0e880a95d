// Result: a value, or a sentence for the person who can fix it.
//
// The plugin has its own in plugin/core/model; the harness includes nothing of the plugin but the
// C API, so that it cannot verify the plugin by the plugin's own code.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace c2watch::harness {

struct Error {
  std::string message;  // names the place, what is wrong, and what would be right
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
  const std::string& error() const { return assert(!*this), std::get_if<1>(&held_)->message; }

 private:
  std::variant<T, Error> held_;
};

}  // namespace c2watch::harness
