#include "harness/cli/command.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace c2watch::harness {

namespace po = boost::program_options;

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
  out << "Usage: c2watch " << usage_ << "\n\n" << summary_ << "\n\n" << options_;
  out << "\nExamples:\n" << examples_ << "\n" << kExitCodes;
  std::cout << out.str();
}

int CommandLine::usage_error(std::string_view why) const {
  const std::string name = usage_.substr(0, usage_.find(' '));
  std::cerr << "c2watch " << name << ": " << why << "\nTry: c2watch " << name << " --help\n";
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
  std::cerr << "c2watch: " << why << "\n";
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

Result<std::string> read_text(const std::string& path) {
  if (path == "-")
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{path + ": " + std::strerror(errno)};
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) return Error{path + ": cannot be read"};
  return text;
}

std::optional<std::string> write_output(const std::string& path, std::string_view text) {
  const bool standard = path.empty() || path == "-";
  const std::string temporary = path + ".tmp." + std::to_string(getpid());
  const std::string shown = standard ? "(standard output)" : path;
  const int fd = standard ? STDOUT_FILENO
                          : open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return shown + ": " + std::strerror(errno);
  int failure = 0;
  while (!text.empty() && failure == 0) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n >= 0)
      text.remove_prefix(static_cast<std::size_t>(n));
    else if (errno != EINTR)
      failure = errno;
  }
  if (!standard) {
    if (failure == 0 && fsync(fd) != 0 && errno != EINVAL) failure = errno;
    if (close(fd) != 0 && failure == 0) failure = errno;
    if (failure == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) failure = errno;
    if (failure != 0) unlink(temporary.c_str());
  }
  if (failure == 0) return std::nullopt;
  return shown + ": " + std::strerror(failure);
}

}  // namespace c2watch::harness
