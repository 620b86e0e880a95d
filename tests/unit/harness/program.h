// The real c2watch, run as a user runs it.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace c2watch::harness {

// A folder of the test's own, gone when the test is over.
class Scratch {
 public:
  Scratch() : path_((std::filesystem::temp_directory_path() / "c2watch_test.XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary folder");
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path(const std::string& name = "") const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::string path_;
};

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct ProgramResult {
  int code = -1;
  std::string out;
  std::string err;
};

inline std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

inline ProgramResult run_built(const std::string& program,
                               const std::vector<std::string>& arguments,
                               const std::string& input) {
  const Scratch scratch;
  std::string command = quoted(C2WATCH_BUILD "/bin/" + program);
  for (const std::string& a : arguments) command += " " + quoted(a);
  command += " <" + quoted(input) + " >" + quoted(scratch.path("out")) + " 2>" +
             quoted(scratch.path("err"));
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, slurp(scratch.path("out")),
          slurp(scratch.path("err"))};
}

// Standard input comes from `input`, a file, or from nowhere.
inline ProgramResult run_c2watch(const std::vector<std::string>& arguments,
                                 const std::string& input = "/dev/null") {
  return run_built("c2watch", arguments, input);
}

inline ProgramResult run_bench(const std::vector<std::string>& arguments) {
  return run_built("c2watch-bench", arguments, "/dev/null");
}

inline std::string fake_plugin(const std::string& which) {
  return std::string(C2WATCH_BUILD "/lib/fake_") + which + ".so";
}

}  // namespace c2watch::harness
