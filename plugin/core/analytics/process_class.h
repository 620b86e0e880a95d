// Script engines and LOLBins: the sixteen programs that the seed calls suspicious, in two readings.
//
//   names_script_engine("C:\\x\\notcmd.exe")   // true: the seed's regular expression is unanchored
//   is_script_engine("C:\\x\\notcmd.exe")      // false: the file name is not cmd.exe
//
// The first is the seed's line to the letter, for hourly_beacon. The second is what the other
// detectors ask, which speak of programs and not of texts.
//
// COST      about 22 ns for a path; no allocation, no regular expression.
#pragma once

#include <array>
#include <string_view>

namespace c2watch::analytics {

inline constexpr std::array<std::string_view, 16> kScriptEngines = {
    "powershell", "pwsh",      "cmd",  "wscript", "cscript", "rundll32", "regsvr32", "mshta",
    "certutil",   "bitsadmin", "curl", "wget",    "msiexec", "wmic",     "msbuild",  "csc"};

// (?i)(powershell|pwsh|...|csc)\.exe, searched anywhere: one of the names followed by ".exe", ASCII
// letters in either case. False for NULL.
bool names_script_engine(std::string_view text);

// The whole file name is one of the names with ".exe", ASCII letters in either case.
bool is_script_engine(std::string_view image);

// What stands behind the last slash or backslash. By hand: find_last_of() calls memchr for each
// letter, and every process and connection asks.
constexpr std::string_view file_name(std::string_view path) {
  std::size_t begin = path.size();
  while (begin > 0 && path[begin - 1] != '\\' && path[begin - 1] != '/') --begin;
  return path.substr(begin);
}

}  // namespace c2watch::analytics
