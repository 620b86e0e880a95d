// Files: whole ones read and written, temporary folders, and where the program's own data lies.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace c2watch::harness {

// A folder that goes when the object does, with everything in it.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// A whole file; "-" is standard input.
Result<std::string> read_text(const std::string& path);

// Writes to `path` by way of a temporary file beside it, so that no reader sees half a report; to
// standard output when `path` is empty or "-". Nothing on success, else the sentence.
std::optional<std::string> write_output(const std::string& path, std::string_view text);

std::string folder_of_executable();

// The data that the programs need at run time (expectations, gate files, schemas): share/ of the
// source tree or share/c2watch of the installation, found from the executable up.
Result<std::string> share_folder();

}  // namespace c2watch::harness
