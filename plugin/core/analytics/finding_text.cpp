#include "core/analytics/finding_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/analytics/ascii.h"
#include "core/analytics/process_guid.h"
#include "core/state/hash.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;

constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Without splitting a UTF-8 sequence.
std::string_view cut_to(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && is_continuation(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

template <class T>
std::string joined(const std::vector<T>& items) {
  std::string text;
  for (const T& item : items) {
    if (!text.empty()) text += ", ";
    if constexpr (std::is_integral_v<T>) {
      text += std::to_string(item);
    } else {
      text += item;
    }
  }
  return text;
}

std::string with_decimals(double number, int decimals) {
  std::array<char, 320> text{};  // the largest double has 309 digits before the point
  std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
  return text.data();
}

std::string braced(ProcessGuid guid) {
  if (!known(guid)) return "";
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "{";
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text.push_back('-');
    const std::uint64_t half = i < 16 ? guid.high : guid.low;
    text.push_back(kDigits[half >> (60 - 4 * (i % 16)) & 15]);
  }
  text.push_back('}');
  return text;
}

}  // namespace

// In two steps: a copy of at most 512 bytes, as far as GCC can see, becomes a slow `rep movs`.
std::string cut(std::string_view text) {
  if (text.size() <= kMaxKeptText) return std::string(text);
  return std::string(cut_view(text));
}

std::string_view cut_view(std::string_view text) { return cut_to(text, kMaxKeptText); }

std::string cut_apart(std::string_view name) {
  if (name.size() <= kMaxKeptText) return std::string(name);
  constexpr std::size_t kHashDigits = 16;
  // Without a seed: finding ids are made of it.
  std::array<char, kHashDigits + 1> hash{};
  std::snprintf(hash.data(), hash.size(), "%016llx",
                static_cast<unsigned long long>(state::hash_text(0, name)));
  return std::string(cut_to(name, kMaxKeptText - 1 - kHashDigits)) + "~" + hash.data();
}

AlertSubject subject_of(std::string_view detector, const Event& event) {
  return {detector,
          event.utc_time,
          cut_view(event.computer),
          cut_view(event.image),
          cut_view(event.destination_ip),
          cut_view(event.destination_hostname)};
}

Process process_of(const Event& event, const std::optional<ProcessFacts>& facts) {
  Process p;
  p.image = cut(event.image);
  p.guid = cut(event.process_guid);
  p.user = cut(event.user);
  p.pid = event.process_id;
  if (!facts) return p;
  p.command_line = facts->command_line;
  p.parent_image = facts->parent_image;
  p.parent_guid = braced(facts->parent);
  if (p.user.empty()) p.user = facts->user;
  if (p.pid == 0) p.pid = facts->process_id;
  return p;
}

std::string guid_text(std::string_view guid) {
  const ProcessGuid number = parse_process_guid(guid);
  return known(number) ? braced(number) : to_lower(guid);
}

std::string in_words(Duration d) {
  struct Unit {
    Duration length;
    std::string_view name;
  };
  constexpr std::array<Unit, 4> kUnits = {
      {{24h, "day"}, {1h, "hour"}, {1min, "minute"}, {1s, "second"}}};
  for (const Unit& unit : kUnits) {
    if (d % unit.length != Duration{0} && unit.length != Duration{1s}) continue;
    const auto count = d / unit.length;
    return std::to_string(count) + " " + std::string(unit.name) + (count == 1 ? "" : "s");
  }
  return "";
}

std::int64_t seconds(Duration d) { return std::chrono::floor<std::chrono::seconds>(d).count(); }

std::string two_decimals(double number) { return with_decimals(number, 2); }

std::string decimals_apart(double number, double other) {
  if (number == other) return two_decimals(number);
  int decimals = 2;
  while (decimals < 6 && with_decimals(number, decimals) == with_decimals(other, decimals))
    ++decimals;
  return with_decimals(number, decimals);
}

std::string list(const std::vector<std::int64_t>& numbers) { return joined(numbers); }
std::string list(const std::vector<std::string>& texts) { return joined(texts); }

void emit_in_order(std::vector<Finding> findings, FindingSink& out) {
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.first_seen, a.id) < std::tie(b.first_seen, b.id);
  });
  for (Finding& f : findings) out.emit(std::move(f));
}

std::size_t heap_bytes(const std::string& text) {
  return text.capacity() > 15 ? text.capacity() + 1 : 0;  // shorter ones live inside the object
}

std::size_t heap_bytes(const std::vector<std::string>& texts) {
  std::size_t bytes = texts.capacity() * sizeof(std::string);
  for (const std::string& t : texts) bytes += heap_bytes(t);
  return bytes;
}

std::size_t heap_bytes(const Process& p) {
  return heap_bytes(p.image) + heap_bytes(p.guid) + heap_bytes(p.command_line) +
         heap_bytes(p.parent_image) + heap_bytes(p.parent_guid) + heap_bytes(p.user);
}

std::size_t heap_bytes(const Finding& f) {
  std::size_t bytes = heap_bytes(f.id) + heap_bytes(f.title) + heap_bytes(f.description) +
                      f.techniques.capacity() * sizeof f.techniques[0] + heap_bytes(f.host) +
                      heap_bytes(f.process) + heap_bytes(f.destination.ip) +
                      heap_bytes(f.destination.hostname) +
                      f.evidence.capacity() * sizeof(Evidence) + heap_bytes(f.reasons) +
                      f.records.capacity() * sizeof(RecordRef);
  for (const RecordRef& r : f.records) bytes += heap_bytes(r.computer) + heap_bytes(r.channel);
  for (const Evidence& e : f.evidence) {
    bytes += heap_bytes(e.name);
    bytes += std::visit(
        []<class T>(const T& held) -> std::size_t {
          if constexpr (std::is_same_v<T, std::vector<std::int64_t>>)
            return held.capacity() * sizeof held[0];
          else if constexpr (std::is_same_v<T, std::string> ||
                             std::is_same_v<T, std::vector<std::string>>)
            return heap_bytes(held);
          else
            return 0;
        },
        e.value);
  }
  return bytes;
}

}  // namespace c2watch::analytics
