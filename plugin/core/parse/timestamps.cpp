#include "core/parse/timestamps.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace c2watch::parse {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2100;
constexpr Time kBegin{};
constexpr Time kEnd = std::chrono::sys_days{std::chrono::year{kLastYear + 1} / 1 / 1};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number at text[at, at + count), or -1 if one of them is no digit.
int number_at(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t n = 0;
  while (at + n < text.size() && is_digit(text[at + n])) ++n;
  return n;
}

TimeText checked(Time t, Time& out) {
  if (t < kBegin || t >= kEnd) return TimeText::out_of_range;
  out = t;
  return TimeText::ok;
}

// The day, or not_a_time for a month or day that no calendar has.
TimeText day_of(int year, int month, int day, std::chrono::sys_days& out) {
  using namespace std::chrono;
  if (year < 0 || month < 0 || day < 0) return TimeText::not_a_time;
  const year_month_day date{std::chrono::year{year},
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return TimeText::not_a_time;
  if (year < kFirstYear || year > kLastYear) return TimeText::out_of_range;
  out = sys_days{date};
  return TimeText::ok;
}

// Fractional digits to microseconds; digits beyond the sixth are dropped.
microseconds fraction(std::string_view digits) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  return microseconds{value};
}

// What may follow the fraction: nothing, Z, or an offset. False if anything else does.
bool zone(std::string_view text, minutes& offset) {
  offset = minutes{0};
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  if (text.empty() || text == "Z" || text == "z" || text == "UTC") return true;
  if (text.front() != '+' && text.front() != '-') return false;
  const bool west = text.front() == '-';
  text.remove_prefix(1);
  if (text.size() < 2) return false;
  const int hh = number_at(text, 0, 2);
  text.remove_prefix(2);
  if (!text.empty() && text.front() == ':') text.remove_prefix(1);
  if (!text.empty() && text.size() != 2) return false;
  const int mm = text.empty() ? 0 : number_at(text, 0, 2);
  if (hh < 0 || hh > 23 || mm < 0 || mm > 59) return false;
  offset = hours{hh} + minutes{mm};
  if (west) offset = -offset;
  return true;
}

// "+000123400Z": a plus sign, nine digits of nanoseconds, Z.
bool sumo_fraction(std::string_view text) {
  return text.size() == 11 && text.front() == '+' && text.back() == 'Z' && digits_at(text, 1) == 9;
}

// Bare digits, perhaps with a fraction: the magnitude tells the unit.
TimeText epoch(std::string_view text, std::size_t whole_digits, Time& out) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + whole_digits, value);
  if (error != std::errc{}) return TimeText::out_of_range;
  std::string_view rest = text.substr(whole_digits);
  if (!rest.empty() && (rest.front() != '.' || digits_at(rest, 1) + 1 != rest.size())) {
    return TimeText::not_a_time;
  }
  constexpr std::int64_t kSecondsBelow = 100'000'000'000;  // 10^11 s: the year 5138
  if (value < kSecondsBelow) {
    microseconds part{0};
    if (rest.size() > 1) part = fraction(rest.substr(1));
    return checked(Time{seconds{value}} + part, out);
  }
  if (value < kSecondsBelow * 1'000) return checked(Time{std::chrono::milliseconds{value}}, out);
  if (value < kSecondsBelow * 1'000'000) return checked(Time{microseconds{value}}, out);
  return checked(Time{microseconds{value / 1'000}}, out);
}

// "20260821080000.004000-000".
TimeText wmi(std::string_view text, Time& out) {
  if (text.size() < 25 || text[14] != '.' || digits_at(text, 15) != 6 ||
      (text[21] != '+' && text[21] != '-') || digits_at(text, 22) != 3 || text.size() != 25) {
    return TimeText::not_a_time;
  }
  std::chrono::sys_days day;
  const TimeText date =
      day_of(number_at(text, 0, 4), number_at(text, 4, 2), number_at(text, 6, 2), day);
  if (date != TimeText::ok) return date;
  const int hh = number_at(text, 8, 2), mm = number_at(text, 10, 2), ss = number_at(text, 12, 2);
  if (hh > 23 || mm > 59 || ss > 60) return TimeText::not_a_time;
  const minutes east{text[21] == '-' ? -number_at(text, 22, 3) : number_at(text, 22, 3)};
  return checked(
      Time{day} + hours{hh} + minutes{mm} - east + seconds{ss} + fraction(text.substr(15, 6)), out);
}

// The calendar part of "YYYY-MM-DD?hh:mm".
TimeText minute_of(std::string_view text, Time& out) {
  if (text[4] != '-' || text[7] != '-' || (text[10] != ' ' && text[10] != 'T' && text[10] != 't') ||
      text[13] != ':') {
    return TimeText::not_a_time;
  }
  std::chrono::sys_days day;
  const int hh = number_at(text, 11, 2), mm = number_at(text, 14, 2);
  const TimeText date =
      day_of(number_at(text, 0, 4), number_at(text, 5, 2), number_at(text, 8, 2), day);
  if (date == TimeText::not_a_time || hh < 0 || hh > 23 || mm < 0 || mm > 59) {
    return TimeText::not_a_time;
  }
  if (date == TimeText::ok) out = Time{day} + hours{hh} + minutes{mm};
  return date;
}

}  // namespace

bool looks_like_time(std::string_view text) {
  constexpr std::string_view kPattern = "dddd-dd-dd dd:dd:dd";
  if (text.size() < kPattern.size()) return false;
  for (std::size_t i = 0; i < kPattern.size(); ++i) {
    const bool fits = kPattern[i] == 'd'   ? is_digit(text[i])
                      : kPattern[i] == ' ' ? text[i] == ' ' || text[i] == 'T'
                                           : text[i] == kPattern[i];
    if (!fits) return false;
  }
  return true;
}

TimeText TimeParser::parse(std::string_view text, Time& out) {
  constexpr std::size_t kSecondChars = 19;  // "YYYY-MM-DDThh:mm:ss"
  if (text.size() < kSecondChars || text[4] != '-') {
    const std::size_t digits = digits_at(text, 0);
    if (digits == 14) return wmi(text, out);
    return digits >= 9 ? epoch(text, digits, out) : TimeText::not_a_time;
  }

  // Logs are nearly sorted: most records share their minute with the one before.
  if (std::memcmp(text.data(), minute_text_.data(), kMinuteChars) != 0) {
    Time minute;
    const TimeText date = minute_of(text, minute);
    if (date != TimeText::ok) return date;
    minute_ = minute;
    std::copy_n(text.begin(), kMinuteChars, minute_text_.begin());
  }

  const int ss = number_at(text, 17, 2);
  if (text[16] != ':' || ss < 0 || ss > 60) return TimeText::not_a_time;
  Time t = minute_ + seconds{ss};
  std::string_view rest = text.substr(kSecondChars);
  if (!rest.empty() && (rest.front() == '.' || rest.front() == ',')) {
    const std::size_t digits = digits_at(rest, 1);
    t += fraction(rest.substr(1, digits));
    rest.remove_prefix(1 + digits);
  } else if (sumo_fraction(rest)) {
    t += fraction(rest.substr(1, 9));
    rest = "Z";
  }
  minutes offset;
  if (!zone(rest, offset)) return TimeText::not_a_time;
  return checked(t - offset, out);
}

}  // namespace c2watch::parse
