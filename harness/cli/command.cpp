#include "harness/cli/command.h"

#include <errno.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <sstream>

#include "harness/io/simulator.h"

namespace c2watch::harness {

namespace po = boost::program_options;
namespace {

// "c2watch" or "c2watch-bench", as it was called.
std::string program_name() { return program_invocation_short_name; }

void print_commands(std::ostream& out, std::span<const Command> commands,
                    std::string_view summary) {
  out << "Usage: " << program_name() << " COMMAND [options]\n\n" << summary << "\n\nCommands:\n";
  for (const Command& c : commands)
    out << "  " << c.name << std::string(10 - c.name.size(), ' ') << c.summary << "\n";
  out << "\n  " << program_name() << " COMMAND --help explains a command, with examples.\n"
      << "  " << program_name() << " --version\n\n"
      << kExitCodes;
}

int dispatch(std::span<const Command> commands, std::string_view summary, std::string_view version,
             const Arguments& arguments) {
  if (arguments.empty()) return print_commands(std::cerr, commands, summary), kUsage;
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help")
    return print_commands(std::cout, commands, summary), kSuccess;
  if (name == "--version") {
    std::cout << program_name() << " " << version << " (plugin interface " << C2WATCH_ABI_MAJOR
              << "." << C2WATCH_ABI_MINOR << ")\n";
    return kSuccess;
  }
  for (const Command& c : commands)
    if (c.name == name) return c.run(Arguments(arguments.begin() + 1, arguments.end()));
  std::cerr << program_name() << ": no command '" << name << "'\nTry: " << program_name()
            << " --help\n";
  return kUsage;
}

}  // namespace

int run_program_with(std::span<const Command> commands, std::string_view summary,
                     std::string_view version, const Arguments& arguments) {
  std::ios::sync_with_stdio(true);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of the write like any other
  try {
    return dispatch(commands, summary, version, arguments);
  } catch (const PluginFailure& failure) {
    std::cerr << program_name() << ": the plugin failed: " << failure.message << "\n";
  } catch (const std::exception& e) {
    std::cerr << program_name() << ": " << e.what() << "\n";
  }
  return kInput;
}

CommandLine::CommandLine(std::string usage, std::string summary, std::string examples)
    : usage_(std::move(usage)), summary_(std::move(summary)), examples_(std::move(examples)) {
  options_.add_options()("help,h", "show this help");
}

std::optional<int> CommandLine::parse(const Arguments& arguments) {
  po::options_description all;
  all.add(options_).add(hidden_);
  try {
    po::store(
        po::command_line_parser(arguments)
            .options(all)
            .positional(positional_)
            // No guessing: an abbreviation that works today is ambiguous tomorrow.
            .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
            .run(),
        values_);
    if (has("help")) return print_help(), kSuccess;
    po::notify(values_);
  } catch (const po::error& e) {
    return usage_error(e.what());
  }
  return std::nullopt;
}

void CommandLine::print_help() const {
  std::ostringstream out;
  out << "Usage: " << program_name() << " " << usage_ << "\n\n" << summary_ << "\n\n" << options_;
  out << "\nExamples:\n" << examples_ << "\n" << kExitCodes;
  std::cout << out.str();
}

int CommandLine::usage_error(std::string_view why) const {
  const std::string name = usage_.substr(0, usage_.find(' '));
  std::cerr << program_name() << " " << name << ": " << why << "\nTry: " << program_name() << " "
            << name << " --help\n";
  return kUsage;
}

void CommonOptions::add_to(CommandLine& line, unsigned parts, const std::string& formats) {
  parts_ = parts;
  formats_ = formats;
  const auto one = [&](unsigned part, const char* name, const po::value_semantic* value,
                       const std::string& text) {
    if ((parts & part) != 0)
      line.options().add_options()(name, value, text.c_str());
    else
      delete value;
  };
  one(kPlugin, "plugin", po::value(&plugin)->value_name("PATH"),
      "the libc2watch.so to use (default: ../lib/libc2watch.so beside this program)");
  one(kProfile, "profile", po::value(&profiles)->value_name("NAME"),
      std::string("shipped profile: default, seed or lab") +
          ((parts & kConfig) != 0 ? " (default: default)" : "; may be repeated (default: all)"));
  one(kConfig, "config", po::value(&config_file)->value_name("FILE"),
      "a config file of the plugin, instead of a shipped profile");
  one(kSimulator, "simulator", po::value(&simulator)->value_name("PATH"),
      "the c2sim to use (default: beside this program)");
  one(kSeed, "seed", po::value(&seed)->value_name("N")->default_value(seed),
      "seed of the simulation: the same seed, the same events");
  one(kReport, "format", po::value(&format)->default_value(format)->value_name("FORMAT"),
      "format of the report: " + formats);
  one(kReport, "output,o", po::value(&output)->value_name("FILE"),
      "write the report there; appears whole or not at all");
}

std::optional<std::string> CommonOptions::validate() const {
  for (const std::string& name : profiles)
    if (!is_profile(name)) return "--profile must be default, seed or lab, not '" + name + "'";
  if (formats_ == kTextOrJson && format != "text" && format != "json")
    return "--format must be text or json, not '" + format + "'";
  if ((parts_ & kConfig) == 0) return std::nullopt;
  if (!config_file.empty() && !profiles.empty())
    return "--profile and --config exclude each other: a config names its profile itself";
  if (profiles.size() > 1) return "--profile: this command runs one";
  return std::nullopt;
}

Result<Plugin> CommonOptions::load_plugin() const {
  return Plugin::load(plugin.empty() ? Plugin::beside_executable() : plugin);
}

std::string CommonOptions::simulator_program() const {
  return simulator.empty() ? simulator_beside_executable() : simulator;
}

Terminal CommonOptions::terminal() const {
  return output.empty() ? Terminal::of_standard_output() : Terminal{};
}

Result<CommonOptions::Config> CommonOptions::config() const {
  if (config_file.empty()) {
    const std::string name = profiles.empty() ? "default" : profiles.front();
    return Config{R"({"extends": ")" + name + "\"}", "profile " + name};
  }
  Result<std::string> text = read_text(config_file);
  if (!text) return Error{text.error()};
  return Config{*text, config_file};
}

bool is_profile(std::string_view name) {
  return name == "default" || name == "seed" || name == "lab";
}

int input_error(std::string_view why) {
  std::cerr << program_name() << ": " << why << "\n";
  return kInput;
}

std::vector<std::string> split_at_commas(const std::vector<std::string>& lists) {
  std::vector<std::string> out;
  for (const std::string& list : lists)
    for (std::size_t at = 0; at <= list.size();) {
      const std::size_t comma = std::min(list.find(',', at), list.size());
      if (comma > at) out.push_back(list.substr(at, comma - at));
      at = comma + 1;
    }
  return out;
}

}  // namespace c2watch::harness
