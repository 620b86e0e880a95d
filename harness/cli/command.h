// Commands: what `c2watch NAME ...` and `c2watch-bench NAME ...` run. Each reads its own options, prints its own --help with
// examples, and returns an exit code.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/files.h"
#include "harness/base/result.h"
#include "harness/base/terminal.h"
#include "harness/io/plugin.h"

namespace c2watch::harness {

// The same for every command, and documented in --help.
enum ExitCode : int {
  kSuccess = 0,  // done; every expectation passed
  kFailed = 1,   // an expectation failed
  kUsage = 2,    // the command line is wrong
  kInput = 3,    // an input, a config or the plugin could not be read
};
inline constexpr std::string_view kExitCodes =
    "Exit codes: 0 everything passed, 1 an expectation failed, 2 wrong usage,\n"
    "            3 an input, the config or the plugin could not be read.\n";

using Arguments = std::vector<std::string>;

struct Command {
  std::string_view name;
  int (*run)(const Arguments&);
  std::string_view summary;
};

int scan_command(const Arguments& arguments);
int verify_command(const Arguments& arguments);
int explain_command(const Arguments& arguments);
int doctor_command(const Arguments& arguments);
int config_command(const Arguments& arguments);
int gate_command(const Arguments& arguments);

// Runs the command that the first argument names; prints help, the version, and every error.
// Returns the exit code.
int run_program_with(std::span<const Command> commands, std::string_view summary,
                     std::string_view version, const Arguments& arguments);

// One command's options: parsing, --help and usage errors in one form.
class CommandLine {
 public:
  // `usage` is the part after the program's name; `summary` one sentence; `examples` lines as typed.
  CommandLine(std::string usage, std::string summary, std::string examples);

  boost::program_options::options_description& options() { return options_; }
  void positional(const char* name) { positional_.add(name, -1); }
  // A positional argument is an option as well, but not one to show.
  boost::program_options::options_description& hidden() { return hidden_; }

  // Nothing when the command is to go on; otherwise the exit code to leave with (--help was asked
  // for and printed, or an error was, to standard error).
  std::optional<int> parse(const Arguments& arguments);
  const boost::program_options::variables_map& values() const { return values_; }
  bool has(const char* name) const { return values_.count(name) != 0; }

  int usage_error(std::string_view why) const;

 private:
  void print_help() const;

  std::string usage_;
  std::string summary_;
  std::string examples_;
  boost::program_options::options_description options_{"Options"};
  boost::program_options::options_description hidden_;
  boost::program_options::positional_options_description positional_;
  boost::program_options::variables_map values_;
};

enum class Format { text, json };

// Options that several commands have, each declared once; a command names those that it has.
struct CommonOptions {
  static constexpr std::string_view kTextOrJson = "text or json";
  enum Part : unsigned {
    kPlugin = 1,
    kProfile = 2,
    kConfig = 4,  // a file instead of a profile
    kSimulator = 8,
    kSeed = 16,
    kReport = 32,  // --format and --output
  };

  std::string plugin;  // "": beside the executable
  std::vector<std::string> profiles;
  std::string config_file;
  std::string simulator;  // "": beside the executable
  std::uint64_t seed = 1;
  std::string format = "text";
  std::string output;  // "": standard output

  void add_to(CommandLine& line, unsigned parts,
              const std::string& formats = std::string(kTextOrJson));
  std::optional<std::string> validate() const;  // what is wrong with the values

  Result<Plugin> load_plugin() const;
  std::string simulator_program() const;
  Format report_format() const { return format == "json" ? Format::json : Format::text; }
  Terminal terminal() const;  // where the report goes

  // The config's text. `name` says what the user calls it, for messages and headings.
  struct Config {
    std::string text;
    std::string name;
  };
  Result<Config> config() const;

 private:
  unsigned parts_ = 0;
  std::string formats_;
};

bool is_profile(std::string_view name);

int input_error(std::string_view why);

// {"1,3", "task"} names three things.
std::vector<std::string> split_at_commas(const std::vector<std::string>& lists);

}  // namespace c2watch::harness
