#include "harness/cli/command.h"

#include <errno.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <sstream>

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
    return print_commands(std::cout, commands, summary), kHeld;
  if (name == "--version") {
    std::cout << program_name() << " " << version << " (plugin interface " << C2WATCH_ABI_MAJOR
              << "." << C2WATCH_ABI_MINOR << ")\n";
    return kHeld;
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
    if (has("help")) return print_help(), kHeld;
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

Result<Format> format_of(const CommandLine& line) {
  const auto& text = line.values()["format"].as<std::string>();
  if (text == "text") return Format::text;
  if (text == "json") return Format::json;
  return Error{"--format must be text or json, not '" + text + "'"};
}

void PluginOptions::add_to(po::options_description& options) {
  options.add_options()  //
      ("plugin", po::value(&plugin)->value_name("PATH"),
       "the libc2watch.so to use (default: ../lib/libc2watch.so beside this program)")  //
      ("profile", po::value(&profile)->value_name("NAME"),
       "shipped profile: default, seed or lab (default: default)")  //
      ("config", po::value(&config_file)->value_name("FILE"),
       "a config file of the plugin, instead of a shipped profile");
}

Result<Plugin> PluginOptions::load() const {
  return Plugin::load(plugin.empty() ? Plugin::beside_executable() : plugin);
}

Result<PluginOptions::Config> PluginOptions::config() const {
  if (!config_file.empty() && !profile.empty())
    return Error{"--profile and --config exclude each other: a config names its profile itself"};
  if (config_file.empty()) {
    const std::string name = profile.empty() ? "default" : profile;
    if (name != "default" && name != "seed" && name != "lab")
      return Error{"--profile must be default, seed or lab, not '" + name + "'"};
    return Config{R"({"extends": ")" + name + "\"}", "profile " + name};
  }
  Result<std::string> text = read_text(config_file);
  if (!text) return Error{text.error()};
  return Config{*text, config_file};
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
