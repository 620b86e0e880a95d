// What the detection may cost: time as a multiple of a reference, and memory by its own account.
#include <algorithm>

#include "harness/base/text.h"
#include "harness/cli/gate_bench.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;

struct Stored {
  double bytes = 0;
  double entries = 0;
};

// By detector, with what they share under the names "lineage" and "repeats".
std::map<string, Stored> stored_by(const string& stats_text) {
  const json stats = json::parse(stats_text);
  std::map<string, Stored> out;
  for (const auto& [name, d] : stats.at("detectors").items())
    out[name] = {d.at("bytes"), d.at("entries")};
  for (const char* shared : {"lineage", "repeats"})
    out[shared].bytes = stats.value(shared, json::object()).value("bytes", 0.0);
  return out;
}

double total_bytes(const std::map<string, Stored>& stored) {
  double sum = 0;
  for (const auto& [unused, h] : stored) sum += h.bytes;
  return sum;
}

GateCheck check_of(const char* section, const string& id, const string& title, Unit unit,
                   const string& how, const string& place) {
  GateCheck c;
  c.section = section;
  c.id = string(section) + "/" + id;
  c.title = title;
  c.unit = unit;
  c.how = how;
  c.place = place;
  return c;
}

void decide(GateCheck& check, const GateBench::Measured& m, double value, const string& detail) {
  if (m.wrong_answer.empty()) {
    check.measured = value;
    check.detail = detail;
  } else {
    check.detail = "wrong answer, so no figure: " + m.wrong_answer;
  }
  check.decide();
}

string speed_detail(const GateBench::Measured& m) {
  const double half_range = 50 * (m.ratios.back() - m.ratios.front()) / m.median_ratio();
  return with_thousands(static_cast<std::uint64_t>(m.row.events_per_second())) +
         " events a second; median of " + plural(m.ratios.size(), "repetition") +
         ", give or take " + fixed(half_range, 0) + " %";
}

}  // namespace

GateChecks throughput_checks(const GateFile& gate, GateBench& bench) {
  const json& section = *gate.section("throughput");
  std::vector<GateCheck> out;
  for (std::size_t i = 0; i < section.size(); ++i) {
    const string input_format = section[i]["input_format"];
    const string profile = section[i]["profile"];
    Result<const GateBench::Measured*> m = bench.measured(input_format, profile);
    if (!m) return Error{m.error()};
    GateCheck c = check_of("throughput", input_format + "/" + profile,
                           input_format + ", profile " + profile, Unit::ratio, bench.how(),
                           gate.place("/throughput/" + std::to_string(i) + "/at_least_ratio"));
    c.more_is_better = true;
    c.limit = section[i]["at_least_ratio"].get<double>();
    const bool right = (*m)->wrong_answer.empty();
    decide(c, **m, right ? (*m)->median_ratio() : 0, right ? speed_detail(**m) : "");
    out.push_back(std::move(c));
  }
  return out;
}

GateChecks memory_checks(const GateFile& gate, GateBench& bench) {
  const json& section = *gate.section("memory");
  std::vector<GateCheck> out;
  for (std::size_t i = 0; i < section.size(); ++i) {
    const json& entry = section[i];
    const string pointer = "/memory/" + std::to_string(i);
    const string profile = entry["profile"];
    Result<const GateBench::Measured*> measured = bench.measured("nxlog", profile);
    if (!measured) return Error{measured.error()};
    const GateBench::Measured& m = **measured;
    const auto stored =
        m.wrong_answer.empty() ? stored_by(m.row.stats) : std::map<string, Stored>{};
    const auto add = [&](const string& what, const string& title, Unit unit,
                         std::optional<double> limit, const string& at, double value,
                         const string& detail) {
      GateCheck c = check_of("memory", profile + "/" + what, "profile " + profile + ": " + title,
                             unit, bench.how(), gate.place(at));
      c.limit = limit;
      decide(c, m, value, detail);
      out.push_back(std::move(c));
    };
    const double bytes = total_bytes(stored);
    const string account = bytes_text(bytes) + " by their own account";
    if (entry.contains("at_most_bytes"))
      add("bytes", "stored in all", Unit::bytes, entry["at_most_bytes"].get<double>(),
          pointer + "/at_most_bytes", bytes, account);
    if (entry.contains("at_most_peak_ratio"))
      add("peak", "peak of the process, as a multiple of that", Unit::ratio,
          entry["at_most_peak_ratio"].get<double>(), pointer + "/at_most_peak_ratio",
          bytes > 0 ? static_cast<double>(m.peak_bytes) / bytes : 0,
          "grew by " + bytes_text(static_cast<double>(m.peak_bytes)) + ", " + account);
    const json limits = entry.value("detectors", json::object());
    for (const auto& [detector, limit] : limits.items())
      if (m.wrong_answer.empty() && stored.count(detector) == 0)
        return gate.error_at(pointer_to(pointer + "/detectors", detector),
                             "profile " + profile + " runs no such detector");
    for (const auto& [detector, h] : stored) {
      if (h.entries == 0) continue;
      std::optional<double> limit;
      if (limits.contains(detector)) limit = limits[detector].get<double>();
      add("key/" + detector, detector + ", for each key", Unit::bytes, limit,
          pointer_to(pointer + "/detectors", detector), h.bytes / h.entries,
          bytes_text(h.bytes) + " for " + with_thousands(static_cast<std::uint64_t>(h.entries)) +
              " keys");
    }
  }
  return out;
}

}  // namespace c2watch::harness
