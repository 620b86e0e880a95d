// What a command line is up to, judged from its text alone.
//
//   Intent i = judge_command("powershell.exe", "-NonI -W hidden -c \"IEX (gp HKLM:\\x y).y\"");
//   i.has(Trait::hidden)       // -WindowStyle Hidden
//   i.has(Trait::evaluates)    // Invoke-Expression
//   i.suspicious()             // a script engine that hides, decodes, downloads or evaluates
//
// Flags are matched as the programs themselves match them: PowerShell takes any unambiguous prefix
// (-w, -windowsty), '-', '--', '/' and the typographic dashes, "h" or 1 for Hidden; base64 after
// -EncodedCommand is decoded and its text judged too. cmd /c, start, conhost --headless, forfiles,
// pcalua and "wmic process call create" are opened and what they start is judged (four deep).
//
// COST      no allocation unless quotes, carets or base64 must be undone. 50 ns for a program that
//           is no script engine, 0.3 us for an ordinary PowerShell line, 1 to 2 ns a byte of
//           script.
// MEMORY    Intent is trivially copyable; every text in it has static storage.
// THREADS   pure functions.
// BLIND SPOTS  what is only assembled at run time: 'Down' + 'loadString', $env:ComSpec[4,24,25],
//           variables of cmd, code in the script file that -File names; renamed programs, unless
//           the caller hands over OriginalFileName as the program.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace c2watch::analytics {

enum class Trait : std::uint8_t {
  // Each of these makes a script engine or LOLBin suspicious.
  hidden,       // without a window: -WindowStyle Hidden, conhost --headless
  encoded,      // -EncodedCommand with base64, FromBase64String
  downloads,    // DownloadString, Invoke-WebRequest, curl, certutil -urlcache, bitsadmin /transfer
  evaluates,    // Invoke-Expression: text becomes code
  remote_code,  // mshta http:, regsvr32 /i:http, rundll32 javascript:, wmic /format:http
  // These only support the others.
  quiet,        // wscript //B: no error message would ever be seen
  user_folder,  // runs a file that lies where every user may write
  bypass,       // -ExecutionPolicy Bypass
};
inline constexpr int kTraits = 8;

struct Intent {
  std::string_view program;  // "powershell", the innermost one; "" = none known
  std::uint8_t traits = 0;   // bits by Trait
  std::array<std::string_view, kTraits>
      spelled{};  // what gave the trait away: "-WindowStyle Hidden"

  bool has(Trait t) const { return (traits >> static_cast<unsigned>(t) & 1u) != 0; }
  void add(Trait t, std::string_view how);  // the first spelling stays

  // How many of the five that count on their own.
  int strong() const;

  // A script engine or LOLBin with a strong trait, or running a user's file quietly.
  bool suspicious() const;
};

// All that can stand in Intent::spelled, for restoring one that was saved.
std::span<const std::string_view> known_spellings();

// A sentence for each trait: "runs without a window (-WindowStyle Hidden)"; without the spelling
// when that was not kept.
std::vector<std::string> reasons(const Intent& intent);

// `program` is a path or a name, quoted or not; `arguments` what follows it.
Intent judge_command(std::string_view program, std::string_view arguments);

// A whole command line, whose first word is the program.
Intent judge_command_line(std::string_view command_line);

// EID 1: the image is what really ran; the command line's first word is only what the caller wrote.
Intent judge_process(std::string_view image, std::string_view command_line);

// "C:\Program Files\a b.exe" -x  ->  { C:\Program Files\a b.exe, -x }; also unquoted, when the path
// ends in .exe, .com, .bat or .cmd.
struct SplitCommand {
  std::string_view program;  // without quotes
  std::string_view arguments;
};
SplitCommand split_command(std::string_view command_line);

// The part of a path after the last separator, without quotes.
std::string_view unquoted_file_name(std::string_view path);

// A file below a folder that ordinary users may write: AppData, Temp, Public, ProgramData,
// Downloads.
bool in_user_folder(std::string_view path);

// What "schtasks /Create" is asked to do.
struct TaskCreation {
  std::string task_name;  // /TN
  std::string program;    // of /TR, quotes undone
  std::string arguments;  // of /TR
  std::string computer;   // /S: the task is made on that machine; "" = this one
};

// nullopt unless the command line creates a task with /TR (tasks from /XML show in event 4698
// only).
std::optional<TaskCreation> parse_schtasks(std::string_view command_line);

// One spelling for commands that do the same: file name without ".exe", arguments in lower case,
// quotes dropped, runs of blanks as one. Joins a task's action to the process that it starts.
std::string canonical_command(std::string_view program, std::string_view arguments);

// %SystemRoot%, %windir%, %ComSpec%, %ProgramData%, %ProgramFiles%, %Public% and %SystemDrive% as
// Windows ships them; other variables stay as they are.
std::string expand_variables(std::string_view text);

}  // namespace c2watch::analytics
