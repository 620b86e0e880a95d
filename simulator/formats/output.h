// Output: a file that appears whole or not at all.
//
//   Output out;
//   if (auto error = out.open("events.jsonl")) return fail(*error);
//   out.write(bytes);
//   if (auto error = out.commit()) return fail(*error);
//
// Written to "<path>.tmp" and renamed on commit(); "-" is the standard output; devices and pipes
// are written in place. Without a commit() the temporary file goes away. Errors are sentences,
// reported once, by commit().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace c2sim {

class Output {
 public:
  Output() = default;
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  [[nodiscard]] std::optional<std::string> open(const std::string& path);
  void write(std::string_view bytes);

  // Overwrites bytes already written. Only for regular files: seekable() says so.
  void write_at(std::uint64_t offset, std::string_view bytes);
  bool seekable() const { return !temporary_.empty(); }

  [[nodiscard]] std::optional<std::string> commit();

 private:
  void write_all(std::string_view bytes);
  void fail(const char* what);

  std::string path_, temporary_;
  std::string buffer_;
  std::string error_;
  int fd_ = -1;
};

}  // namespace c2sim
