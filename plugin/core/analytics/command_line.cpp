#include "core/analytics/command_line.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <iterator>
#include <utility>

#include "core/analytics/ascii.h"
#include "core/analytics/process_class.h"

namespace c2watch::analytics {
namespace {

// cmd /c cmd /c powershell -> 3; a fourth level has not been seen outside obfuscation tools.
constexpr int kMaxNesting = 4;

// 64 KiB: twice the longest command line that Windows allows (32,767 UTF-16 units).
constexpr std::size_t kMaxScript = 64 * 1024;

constexpr std::string_view kWindowHidden = "-WindowStyle Hidden";

// All that Intent::add() is called with below, but for kScriptWords: what was saved is found again
// among these.
constexpr std::string_view kSpellings[] = {
    kWindowHidden,
    "script in a user-writable folder",
    "-EncodedCommand",
    "-ExecutionPolicy Bypass",
    "conhost --headless",
    "//B",
    "mshta of a web address",
    "mshta of script text",
    "regsvr32 /i: of a web address",
    "regsvr32 of a scriptlet (scrobj.dll)",
    "rundll32 javascript:",
    "rundll32 RunHTMLApplication",
    "certutil -urlcache",
    "certutil -verifyctl",
    "certutil -URL",
    "bitsadmin /transfer",
    "bitsadmin /addfile",
    "bitsadmin /SetNotifyCmdLine",
    "curl or wget",
    "msiexec of a web address",
    "wmic /format: of a web address",
};

Intent judge(std::string_view program, std::string_view arguments, int depth);
Intent judge_line(std::string_view command_line, int depth);

constexpr bool is_word_char(char c) {
  return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_';
}

// ---------------------------------------------------------------------------- words
//
// Words of a command line as CommandLineToArgvW splits them: blanks separate, quotes hold together,
// \" is a quote, backslashes elsewhere are themselves.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  // Moves to the next word; false at the end.
  bool next() {
    while (at_ < text_.size() && ascii_blank(text_[at_])) ++at_;
    if (at_ == text_.size()) return false;
    begin_ = at_;
    bool quoted = false;
    bool plain = true;  // the word stands in the text as it is
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        plain = false;
        ++at_;
      } else if (c == '"') {
        plain = false;
        quoted = !quoted;
      } else if (!quoted && ascii_blank(c)) {
        break;
      }
    }
    word_ = text_.substr(begin_, at_ - begin_);
    if (!plain) unquote();
    return true;
  }

  std::string_view word() const { return word_; }  // dies at the next next()
  std::string_view from_here() const { return text_.substr(begin_); }
  std::string_view rest() const { return trim(text_.substr(at_)); }

 private:
  void unquote() {
    buffer_.clear();
    for (std::size_t i = 0; i < word_.size(); ++i) {
      if (word_[i] == '\\' && i + 1 < word_.size() && word_[i + 1] == '"') {
        buffer_.push_back(word_[++i]);
      } else if (word_[i] != '"') {
        buffer_.push_back(word_[i]);
      }
    }
    word_ = buffer_;
  }

  std::string_view text_;
  std::string_view word_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
};

bool is_web_address(std::string_view text) {
  return ascii_starts_with(text, "http://") || ascii_starts_with(text, "https://") ||
         ascii_starts_with(text, "ftp://");
}

bool mentions_web_address(std::string_view text) {
  return ascii_contains(text, "http://") || ascii_contains(text, "https://");
}

// ---------------------------------------------------------------------------- base64

constexpr bool is_base64_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=';
}

// 8: the shortest script of any use, two UTF-16 letters ("ls"). From 32 on a remainder is allowed:
// collectors cut long command lines.
bool is_base64(std::string_view text) {
  return text.size() >= 8 && (text.size() % 4 == 0 || text.size() >= 32) &&
         std::all_of(text.begin(), text.end(), is_base64_char);
}

constexpr int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// The ASCII letters of base64 of UTF-16LE, which is what -EncodedCommand takes.
std::string decode_script(std::string_view text) {
  std::string script;
  script.reserve(text.size() * 3 / 8);
  std::uint32_t bits = 0;
  int held = 0;
  bool low_byte = true;
  for (const char c : text.substr(0, kMaxScript)) {
    const int digit = base64_digit(c);
    if (digit < 0) break;  // padding
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    if (low_byte) script.push_back(static_cast<char>(bits >> held & 0xff));
    low_byte = !low_byte;
  }
  return script;
}

// ---------------------------------------------------------------------------- PowerShell text

struct Word {
  std::string_view text;  // lower case
  Trait trait;
  std::string_view spelled;
};

// What scripts say when they fetch, decode or evaluate. Sorted by first letter; matched as whole
// words, any case, backticks ignored.
constexpr Word kScriptWords[] = {
    {"bitsadmin", Trait::downloads, "bitsadmin"},
    {"curl", Trait::downloads, "curl"},
    {"downloaddata", Trait::downloads, "DownloadData"},
    {"downloadfile", Trait::downloads, "DownloadFile"},
    {"downloadstring", Trait::downloads, "DownloadString"},
    {"frombase64string", Trait::encoded, "FromBase64String"},
    {"httpclient", Trait::downloads, "HttpClient"},
    {"httpwebrequest", Trait::downloads, "HttpWebRequest"},
    {"iex", Trait::evaluates, "IEX"},
    {"invoke-expression", Trait::evaluates, "Invoke-Expression"},
    {"invoke-restmethod", Trait::downloads, "Invoke-RestMethod"},
    {"invoke-webrequest", Trait::downloads, "Invoke-WebRequest"},
    {"irm", Trait::downloads, "irm (Invoke-RestMethod)"},
    {"iwr", Trait::downloads, "iwr (Invoke-WebRequest)"},
    {"net.sockets.tcpclient", Trait::downloads, "Net.Sockets.TcpClient"},
    {"net.webclient", Trait::downloads, "Net.WebClient"},
    {"net.webrequest", Trait::downloads, "Net.WebRequest"},
    {"openread", Trait::downloads, "OpenRead"},
    {"start-bitstransfer", Trait::downloads, "Start-BitsTransfer"},
    {"wget", Trait::downloads, "wget"},
    {"winhttp.winhttprequest", Trait::downloads, "WinHttpRequest"},
    {"xmlhttp", Trait::downloads, "XMLHTTP"},
};

struct LetterRange {
  std::uint8_t first = 0;
  std::uint8_t last = 0;  // one past
};

constexpr std::array<LetterRange, 26> words_by_letter() {
  std::array<LetterRange, 26> ranges{};
  for (std::uint8_t i = 0; i < std::size(kScriptWords); ++i) {
    LetterRange& r = ranges[static_cast<std::size_t>(kScriptWords[i].text[0] - 'a')];
    if (r.last == 0) r.first = i;
    r.last = static_cast<std::uint8_t>(i + 1);
  }
  return ranges;
}

constexpr std::array<LetterRange, 26> kWordsByLetter = words_by_letter();

// The length of `word` at the start of `text`, backticks counted; 0 when it does not stand there.
std::size_t match_word(std::string_view text, std::string_view word) {
  std::size_t i = 0;
  for (const char wanted : word) {
    while (i < text.size() && text[i] == '`') ++i;
    if (i == text.size() || ascii_lower(text[i]) != wanted) return 0;
    ++i;
  }
  return i < text.size() && is_word_char(text[i]) ? 0 : i;
}

bool hidden_value(std::string_view value) {
  while (!value.empty() && (value.front() == '\'' || value.front() == '"')) value.remove_prefix(1);
  std::size_t n = 0;
  while (n < value.size() && is_word_char(value[n])) ++n;
  value = value.substr(0, n);
  if (value.empty()) return false;
  return value == "1" || ascii_starts_with("hidden", value);  // the enumeration's name or number
}

// Start-Process ... -WindowStyle Hidden, inside a script.
void scan_window_style(std::string_view after, Intent& intent) {
  after = trim(after.substr(0, 32));  // "  = [Diagnostics...]Hidden" is not worth more
  while (!after.empty() && (after.front() == '=' || ascii_blank(after.front()))) {
    after.remove_prefix(1);
  }
  if (hidden_value(after)) intent.add(Trait::hidden, kWindowHidden);
}

void scan_script(std::string_view script, Intent& intent) {
  constexpr std::string_view kWindowStyle = "windowstyle";
  script = script.substr(0, kMaxScript);
  char before = ' ';
  for (std::size_t i = 0; i < script.size(); ++i) {
    const char c = ascii_lower(script[i]);
    if (c == '`') continue;
    const bool word_starts = c >= 'a' && c <= 'z' && !is_word_char(before) && before != '$';
    before = c;
    if (!word_starts) continue;

    const LetterRange range = kWordsByLetter[static_cast<std::size_t>(c - 'a')];
    for (std::size_t w = range.first; w < range.last; ++w) {
      if (match_word(script.substr(i), kScriptWords[w].text) == 0) continue;
      intent.add(kScriptWords[w].trait, kScriptWords[w].spelled);
    }
    if (c != 'w') continue;
    if (const std::size_t n = match_word(script.substr(i), kWindowStyle); n != 0) {
      scan_window_style(script.substr(i + n), intent);
    }
  }
}

// ---------------------------------------------------------------------------- PowerShell flags

enum class Flag : std::uint8_t {
  unknown,
  window_style,
  encoded_command,
  command,
  file,
  execution_policy,
  takes_a_value,
  alone
};

struct FlagName {
  std::string_view full;
  std::string_view shortest;  // the shortest prefix that PowerShell takes for it
  Flag flag;
};

// Order and shortest prefixes as powershell.exe documents and behaves; the first match wins.
constexpr FlagName kFlags[] = {
    {"noexit", "noe", Flag::alone},
    {"noprofile", "nop", Flag::alone},
    {"nologo", "nol", Flag::alone},
    {"noninteractive", "noni", Flag::alone},
    {"command", "c", Flag::command},
    {"commandwithargs", "commandw", Flag::command},
    {"cwa", "cwa", Flag::command},
    {"windowstyle", "w", Flag::window_style},
    {"file", "f", Flag::file},
    {"outputformat", "o", Flag::takes_a_value},
    {"of", "of", Flag::takes_a_value},
    {"inputformat", "in", Flag::takes_a_value},
    {"if", "if", Flag::takes_a_value},
    {"executionpolicy", "ex", Flag::execution_policy},
    {"ep", "ep", Flag::execution_policy},
    {"encodedcommand", "e", Flag::encoded_command},
    {"ec", "ec", Flag::encoded_command},
    {"encodedarguments", "encodeda", Flag::takes_a_value},
    {"ea", "ea", Flag::takes_a_value},
    {"configurationname", "config", Flag::takes_a_value},
    {"custompipename", "cus", Flag::takes_a_value},
    {"settingsfile", "settings", Flag::takes_a_value},
    {"psconsolefile", "psc", Flag::takes_a_value},
    {"workingdirectory", "wo", Flag::takes_a_value},
    {"wd", "wd", Flag::takes_a_value},
    {"version", "v", Flag::takes_a_value},
    {"sta", "s", Flag::alone},
    {"mta", "mta", Flag::alone},
    {"login", "l", Flag::alone},
    {"help", "h", Flag::alone},
};

// PowerShell takes en dash, em dash and horizontal bar (U+2013..2015) for a hyphen.
std::size_t dash_length(std::string_view word) {
  if (word.empty()) return 0;
  if (word[0] == '-' || word[0] == '/') return 1;
  if (word.size() >= 3 && word[0] == '\xE2' && word[1] == '\x80' && word[2] >= '\x93' &&
      word[2] <= '\x95') {
    return 3;
  }
  return 0;
}

Flag powershell_flag(std::string_view name) {
  for (const FlagName& f : kFlags) {
    if (ascii_starts_with(f.full, name) && ascii_starts_with(name, f.shortest)) return f.flag;
  }
  return Flag::unknown;
}

void judge_script_file(std::string_view path, Intent& intent) {
  if (in_user_folder(path)) intent.add(Trait::user_folder, "script in a user-writable folder");
}

void judge_powershell(std::string_view arguments, Intent& intent, int /*depth*/) {
  Words words(arguments);
  while (words.next()) {
    std::string_view name = words.word();
    const std::size_t dash = dash_length(name);
    if (dash == 0) return scan_script(words.from_here(), intent);  // a command without -Command
    name.remove_prefix(dash);
    name.remove_prefix(dash_length(name));  // "--" is one dash

    switch (powershell_flag(name)) {
      case Flag::window_style:
        if (words.next() && hidden_value(words.word())) intent.add(Trait::hidden, kWindowHidden);
        break;
      case Flag::encoded_command:
        if (words.next() && is_base64(words.word())) {
          intent.add(Trait::encoded, "-EncodedCommand");
          scan_script(decode_script(words.word()), intent);
        }
        break;
      case Flag::execution_policy:
        if (words.next() && ascii_equal(words.word(), "bypass")) {
          intent.add(Trait::bypass, "-ExecutionPolicy Bypass");
        }
        break;
      case Flag::command:
        return scan_script(words.rest(), intent);
      case Flag::file:
        if (words.next()) judge_script_file(words.word(), intent);
        return;
      case Flag::takes_a_value:
        words.next();
        break;
      case Flag::alone:
      case Flag::unknown:
        break;
    }
  }
}

// ---------------------------------------------------------------------------- programs that start
// others

// Where cmd's command begins, after /c, /k or /r; npos without one. cmd also takes "/cdir".
std::size_t cmd_command(std::string_view arguments) {
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == '"')
      return std::string_view::npos;  // a quote before /c: no option any more
    if (arguments[i] != '/') continue;
    const char option = ascii_lower(arguments[i + 1]);
    if (option == 'c' || option == 'k' || option == 'r') return i + 2;
  }
  return std::string_view::npos;
}

// cmd drops the outer quotes of "powershell -w hidden", but keeps those of "C:\a b.exe" "x".
std::string_view without_outer_quotes(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  const std::string_view first = text.substr(1, text.find('"', 1) - 1);
  const bool is_path = ascii_ends_with(first, ".exe") || ascii_ends_with(first, ".cmd") ||
                       ascii_ends_with(first, ".bat") || ascii_ends_with(first, ".com");
  return is_path && first.size() + 2 != text.size() ? text : text.substr(1, text.size() - 2);
}

// cmd's escape: pow^ershell.
std::string without_carets(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (const char c : text) {
    if (c != '^') plain.push_back(c);
  }
  return plain;
}

void merge(Intent& into, const Intent& inner) {
  if (!inner.program.empty()) into.program = inner.program;
  for (int t = 0; t < kTraits; ++t) {
    const auto trait = static_cast<Trait>(t);
    if (inner.has(trait)) into.add(trait, inner.spelled[static_cast<std::size_t>(t)]);
  }
}

// "start" of cmd: options and a quoted title come before the program.
void judge_start(std::string_view arguments, Intent& intent, int depth) {
  Words words(arguments);
  while (words.next()) {
    if (words.from_here().front() == '"' || words.word().front() == '/') continue;
    merge(intent, judge_line(words.from_here(), depth));
    return;
  }
}

void judge_cmd_step(std::string_view step, Intent& intent, int depth) {
  while (!step.empty() &&
         (ascii_blank(step.front()) || step.front() == '@' || step.front() == '(')) {
    step.remove_prefix(1);
  }
  if (step.empty()) return;
  if (ascii_starts_with(step, "start ")) return judge_start(step.substr(6), intent, depth);
  if (ascii_starts_with(step, "call ")) step = trim(step.substr(5));
  merge(intent, judge_line(step, depth));
}

// The commands of a line, separated by & and | outside quotes.
void judge_cmd_steps(std::string_view line, Intent& intent, int depth) {
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    const bool ends = i == line.size() || (!quoted && (line[i] == '&' || line[i] == '|'));
    if (!ends) continue;
    judge_cmd_step(line.substr(begin, i - begin), intent, depth);
    begin = i + 1;
  }
}

void judge_cmd(std::string_view arguments, Intent& intent, int depth) {
  const std::size_t begin = cmd_command(arguments);
  if (begin == std::string_view::npos) return;
  const std::string_view line = without_outer_quotes(trim(arguments.substr(begin)));
  if (line.find('^') == std::string_view::npos) return judge_cmd_steps(line, intent, depth);
  judge_cmd_steps(without_carets(line), intent, depth);
}

void judge_conhost(std::string_view arguments, Intent& intent, int depth) {
  Words words(arguments);
  bool headless = false;
  while (words.next()) {
    if (ascii_equal(words.word(), "--headless")) {
      headless = true;
    } else if (headless && !words.word().starts_with('-')) {
      merge(intent, judge_line(words.from_here(), depth));
      intent.add(Trait::hidden, "conhost --headless");
      return;
    }
  }
}

// forfiles /c "..." and pcalua -a ... start what follows.
void judge_forfiles(std::string_view arguments, Intent& intent, int depth) {
  Words words(arguments);
  while (words.next()) {
    if (!ascii_equal(words.word(), "/c") || !words.next()) continue;
    merge(intent, judge_line(words.word(), depth));
    return;
  }
}

void judge_pcalua(std::string_view arguments, Intent& intent, int depth) {
  Words words(arguments);
  std::string program;
  std::string program_arguments;
  while (words.next()) {
    if (ascii_equal(words.word(), "-a") && words.next())
      program = words.word();
    else if (ascii_equal(words.word(), "-c"))
      program_arguments = words.rest();
  }
  if (!program.empty()) merge(intent, judge(program, program_arguments, depth));
}

// ---------------------------------------------------------------------------- other LOLBins

void judge_script_host(std::string_view arguments, Intent& intent, int /*depth*/) {
  Words words(arguments);
  while (words.next()) {
    if (ascii_equal(words.word(), "//b")) intent.add(Trait::quiet, "//B");
    if (!words.word().starts_with('/')) return judge_script_file(words.word(), intent);
  }
}

void judge_mshta(std::string_view arguments, Intent& intent, int /*depth*/) {
  std::string_view target = trim(arguments);
  if (target.starts_with('"')) target.remove_prefix(1);
  if (is_web_address(target)) return intent.add(Trait::remote_code, "mshta of a web address");
  if (ascii_starts_with(target, "javascript:") || ascii_starts_with(target, "vbscript:")) {
    return intent.add(Trait::remote_code, "mshta of script text");
  }
  judge_script_file(target, intent);
}

void judge_regsvr32(std::string_view arguments, Intent& intent, int /*depth*/) {
  Words words(arguments);
  bool scriptlet = false;
  bool install = false;
  while (words.next()) {
    const std::string_view w = words.word();
    const bool is_install = ascii_starts_with(w, "/i:") || ascii_starts_with(w, "-i:");
    if (is_install && is_web_address(w.substr(3))) {
      intent.add(Trait::remote_code, "regsvr32 /i: of a web address");
    }
    install |= is_install;
    scriptlet |= ascii_equal(unquoted_file_name(w), "scrobj.dll") ||
                 ascii_equal(unquoted_file_name(w), "scrobj");
  }
  if (install && scriptlet) intent.add(Trait::evaluates, "regsvr32 of a scriptlet (scrobj.dll)");
}

void judge_rundll32(std::string_view arguments, Intent& intent, int /*depth*/) {
  if (ascii_contains(arguments, "javascript:") || ascii_contains(arguments, "vbscript:")) {
    intent.add(Trait::remote_code, "rundll32 javascript:");
  } else if (ascii_contains(arguments, "RunHTMLApplication")) {
    intent.add(Trait::remote_code, "rundll32 RunHTMLApplication");
  }
  Words words(arguments);
  if (words.next()) judge_script_file(words.word().substr(0, words.word().find(',')), intent);
}

void judge_certutil(std::string_view arguments, Intent& intent, int /*depth*/) {
  if (!mentions_web_address(arguments)) return;  // -urlcache * delete clears the cache
  Words words(arguments);
  while (words.next()) {
    const std::string_view w = words.word();
    if (w.size() < 2 || dash_length(w) != 1) continue;
    if (ascii_equal(w.substr(1), "urlcache")) intent.add(Trait::downloads, "certutil -urlcache");
    if (ascii_equal(w.substr(1), "verifyctl")) intent.add(Trait::downloads, "certutil -verifyctl");
    if (ascii_equal(w.substr(1), "url")) intent.add(Trait::downloads, "certutil -URL");
  }
}

void judge_bitsadmin(std::string_view arguments, Intent& intent, int /*depth*/) {
  Words words(arguments);
  while (words.next()) {
    const std::string_view w = words.word();
    if (w.size() < 2 || dash_length(w) != 1) continue;
    if (ascii_equal(w.substr(1), "transfer")) intent.add(Trait::downloads, "bitsadmin /transfer");
    if (ascii_equal(w.substr(1), "addfile")) intent.add(Trait::downloads, "bitsadmin /addfile");
    if (ascii_equal(w.substr(1), "setnotifycmdline")) {
      intent.add(Trait::evaluates, "bitsadmin /SetNotifyCmdLine");
    }
  }
}

void judge_curl(std::string_view arguments, Intent& intent, int /*depth*/) {
  Words words(arguments);
  while (words.next()) {
    if (words.word().empty() || words.word().front() == '-') continue;
    return intent.add(Trait::downloads, "curl or wget");
  }
}

void judge_msiexec(std::string_view arguments, Intent& intent, int /*depth*/) {
  if (mentions_web_address(arguments)) intent.add(Trait::downloads, "msiexec of a web address");
}

void judge_wmic(std::string_view arguments, Intent& intent, int depth) {
  if (const std::size_t at = ascii_find(arguments, "/format:"); at != std::string_view::npos) {
    std::string_view sheet = arguments.substr(at + 8);
    if (sheet.starts_with('"') || sheet.starts_with('\'')) sheet.remove_prefix(1);
    if (is_web_address(sheet)) intent.add(Trait::remote_code, "wmic /format: of a web address");
  }
  Words words(arguments);
  while (words.next()) {
    if (!ascii_equal(words.word(), "create") || !words.next()) continue;
    merge(intent, judge_line(words.word(), depth));
    return;
  }
}

void judge_nothing(std::string_view, Intent&, int) {}

struct Program {
  std::string_view name;
  void (*judge)(std::string_view arguments, Intent&, int depth);
  bool counts;  // one of the script engines and LOLBins; the others only start them
};

constexpr Program kPrograms[] = {
    {"powershell", judge_powershell, true},
    {"pwsh", judge_powershell, true},
    {"cmd", judge_cmd, true},
    {"wscript", judge_script_host, true},
    {"cscript", judge_script_host, true},
    {"rundll32", judge_rundll32, true},
    {"regsvr32", judge_regsvr32, true},
    {"mshta", judge_mshta, true},
    {"certutil", judge_certutil, true},
    {"bitsadmin", judge_bitsadmin, true},
    {"curl", judge_curl, true},
    {"wget", judge_curl, true},
    {"msiexec", judge_msiexec, true},
    {"wmic", judge_wmic, true},
    {"msbuild", judge_nothing, true},
    {"csc", judge_nothing, true},
    {"conhost", judge_conhost, false},
    {"forfiles", judge_forfiles, false},
    {"pcalua", judge_pcalua, false},
};

const Program* find_program(std::string_view path) {
  std::string_view name = unquoted_file_name(path);
  if (ascii_ends_with(name, ".exe")) name.remove_suffix(4);
  for (const Program& p : kPrograms) {
    if (ascii_equal(p.name, name)) return &p;
  }
  return nullptr;
}

Intent judge(std::string_view program, std::string_view arguments, int depth) {
  Intent intent;
  if (depth > kMaxNesting) return intent;
  std::string expanded;
  if (program.find('%') != std::string_view::npos) {
    expanded = expand_variables(program);
    program = expanded;
  }
  const Program* known = find_program(program);
  if (known == nullptr) return intent;
  if (known->counts) intent.program = known->name;
  known->judge(arguments, intent, depth + 1);
  return intent;
}

Intent judge_line(std::string_view command_line, int depth) {
  const SplitCommand split = split_command(command_line);
  return judge(split.program, split.arguments, depth);
}

constexpr std::string_view trait_sentence(Trait t) {
  switch (t) {
    case Trait::hidden:
      return "runs without a window";
    case Trait::encoded:
      return "carries encoded text to run";
    case Trait::downloads:
      return "fetches from the network";
    case Trait::evaluates:
      return "runs text as code";
    case Trait::remote_code:
      return "runs code from an address or from its arguments";
    case Trait::quiet:
      return "suppresses messages";
    case Trait::user_folder:
      return "runs a file from a folder that every user may write";
    case Trait::bypass:
      return "sets the script policy aside";
  }
  return "";
}

// 'x y' as schtasks takes it: single quotes inside /TR stand for double ones.
std::string with_double_quotes(std::string_view text) {
  std::string changed(text);
  if (changed.starts_with('\'')) std::replace(changed.begin(), changed.end(), '\'', '"');
  return changed;
}

}  // namespace

std::span<const std::string_view> known_spellings() {
  static constexpr auto kAll = [] {
    std::array<std::string_view, std::size(kSpellings) + std::size(kScriptWords)> all{};
    auto next = std::copy(std::begin(kSpellings), std::end(kSpellings), all.begin());
    for (const Word& w : kScriptWords) *next++ = w.spelled;
    return all;
  }();
  return kAll;
}

void Intent::add(Trait t, std::string_view how) {
  const auto i = static_cast<unsigned>(t);
  if (has(t)) return;
  assert(std::ranges::find(known_spellings(), how) != known_spellings().end());
  traits = static_cast<std::uint8_t>(traits | 1u << i);
  spelled[i] = how;
}

int Intent::strong() const {
  int count = 0;
  for (const Trait t :
       {Trait::hidden, Trait::encoded, Trait::downloads, Trait::evaluates, Trait::remote_code}) {
    count += has(t);
  }
  return count;
}

bool Intent::suspicious() const {
  if (program.empty()) return false;
  return strong() > 0 || (has(Trait::quiet) && has(Trait::user_folder));
}

std::vector<std::string> reasons(const Intent& intent) {
  std::vector<std::string> sentences;
  for (int t = 0; t < kTraits; ++t) {
    const auto trait = static_cast<Trait>(t);
    if (!intent.has(trait)) continue;
    std::string sentence(trait_sentence(trait));
    const std::string_view spelled = intent.spelled[static_cast<std::size_t>(t)];
    if (!spelled.empty()) sentence.append(" (").append(spelled).append(")");
    sentences.push_back(std::move(sentence));
  }
  return sentences;
}

Intent judge_command(std::string_view program, std::string_view arguments) {
  // A task may carry the whole line in <Command>.
  const SplitCommand split = split_command(program);
  if (split.arguments.empty()) return judge(split.program, arguments, 0);
  std::string all(split.arguments);
  if (!arguments.empty()) all.append(" ").append(arguments);
  return judge(split.program, all, 0);
}

Intent judge_command_line(std::string_view command_line) { return judge_line(command_line, 0); }

Intent judge_process(std::string_view image, std::string_view command_line) {
  if (image.empty()) return judge_command_line(command_line);
  return judge(image, split_command(command_line).arguments, 0);
}

SplitCommand split_command(std::string_view command_line) {
  const std::string_view line = trim(command_line);
  if (line.starts_with('"')) {
    const std::size_t end = std::min(line.find('"', 1), line.size());
    const std::size_t after = std::min(end + 1, line.size());
    return {line.substr(1, end - 1), trim(line.substr(after))};
  }
  std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view first = line.substr(0, end);
  // An unquoted path with blanks, as Windows itself guesses: up to the first executable ending.
  if (first.find('\\') != std::string_view::npos && end != line.size()) {
    std::size_t best = std::string_view::npos;
    for (const std::string_view ending : {".exe", ".com", ".bat", ".cmd"}) {
      for (std::size_t at = ascii_find(line, ending); at != std::string_view::npos;
           at = ascii_find(line, ending, at + 1)) {
        const std::size_t after = at + ending.size();
        if (after < line.size() && !ascii_blank(line[after])) continue;
        best = std::min(best, after);
        break;
      }
    }
    if (best != std::string_view::npos) end = best;
  }
  return {line.substr(0, end), trim(line.substr(end))};
}

std::string_view unquoted_file_name(std::string_view path) {
  path = trim(path);
  if (path.size() >= 2 && path.front() == '"' && path.back() == '"') {
    path = path.substr(1, path.size() - 2);
  }
  return file_name(path);
}

bool in_user_folder(std::string_view path) {
  for (const std::string_view folder :
       {"\\appdata\\", "\\temp\\", "\\users\\public\\", "\\programdata\\", "\\downloads\\",
        "\\windows\\tasks\\", "\\perflogs\\", "%appdata%", "%localappdata%", "%temp%", "%tmp%",
        "%public%", "%programdata%", "$env:temp", "$env:appdata", "$env:localappdata"}) {
    if (ascii_contains(path, folder)) return true;
  }
  return false;
}

std::optional<TaskCreation> parse_schtasks(std::string_view command_line) {
  Words words(split_command(command_line).arguments);
  TaskCreation task;
  std::string run;
  bool creates = false;
  while (words.next()) {
    const std::string_view w = words.word();
    if (w.size() < 2 || (w[0] != '/' && w[0] != '-')) continue;
    const std::string name = to_lower(w.substr(1));
    if (name == "create") {
      creates = true;
    } else if (name == "tn" && words.next()) {
      task.task_name = words.word();
    } else if (name == "tr" && words.next()) {
      run = words.word();
    } else if (name == "s" && words.next()) {
      task.computer = words.word();
    }
  }
  if (!creates || run.empty()) return std::nullopt;
  const std::string line = with_double_quotes(run);
  const SplitCommand split = split_command(line);
  task.program = split.program;
  task.arguments = split.arguments;
  return task;
}

std::string canonical_command(std::string_view program, std::string_view arguments) {
  std::string expanded_program = expand_variables(program);
  std::string_view name = unquoted_file_name(expanded_program);
  if (ascii_ends_with(name, ".exe")) name.remove_suffix(4);
  std::string canonical = to_lower(name);

  bool blank = true;
  for (const char c : expand_variables(arguments)) {
    if (ascii_blank(c)) {
      blank = true;
      continue;
    }
    if (c == '"' || c == '\'' || c == '\\') continue;  // \" and the quoting of different tools
    if (blank) canonical.push_back(' ');
    blank = false;
    canonical.push_back(ascii_lower(c));
  }
  return canonical;
}

std::string expand_variables(std::string_view text) {
  struct Variable {
    std::string_view name;
    std::string_view value;
  };
  constexpr Variable kVariables[] = {
      {"%systemroot%", "C:\\Windows"},
      {"%windir%", "C:\\Windows"},
      {"%comspec%", "C:\\Windows\\System32\\cmd.exe"},
      {"%programdata%", "C:\\ProgramData"},
      {"%allusersprofile%", "C:\\ProgramData"},
      {"%programfiles%", "C:\\Program Files"},
      {"%programfiles(x86)%", "C:\\Program Files (x86)"},
      {"%public%", "C:\\Users\\Public"},
      {"%systemdrive%", "C:"},
  };
  std::string expanded;
  expanded.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const Variable* found = nullptr;
    if (text[i] == '%') {
      for (const Variable& v : kVariables) {
        if (ascii_starts_with(text.substr(i), v.name)) found = &v;
      }
    }
    if (found == nullptr) {
      expanded.push_back(text[i++]);
      continue;
    }
    expanded += found->value;
    i += found->name.size();
  }
  return expanded;
}

}  // namespace c2watch::analytics
