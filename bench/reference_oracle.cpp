#include "bench/reference_oracle.h"

#include <algorithm>
#include <array>

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;

constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr std::int64_t kWindowHours = 24;

bool excluded_address(string_view ip) {
  if (ip.starts_with("10.") || ip.starts_with("192.168.") || ip.starts_with("127.")) return true;
  for (int second = 16; second <= 31; ++second)
    if (ip.starts_with("172." + std::to_string(second) + ".")) return true;
  return false;
}

bool excluded_name(string_view host) {
  constexpr std::array<string_view, 13> kEnds = {
      "microsoft.com",  "windows.com",   "windowsupdate.com",   "office.com",
      "live.com",       "azure.com",     "microsoftonline.com", "office365.com",
      "cloudflare.com", "amazonaws.com", "googleapis.com",      "digicert.com",
      "verisign.com"};
  if (host.find("akamai") != string_view::npos) return true;
  for (const string_view end : kEnds)
    if (host.ends_with(end)) return true;
  return false;
}

string or_null(string_view text) { return text == "," ? string() : string(text); }

string text_at(const nlohmann::json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<string>() : string();
}

std::int64_t number_at(const nlohmann::json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number() ? at->get<std::int64_t>() : -1;
}

}  // namespace

void SeedOracle::add(const ParsedEvent& e) {
  if (const auto logged = e.created_us ? e.created_us : e.utc_us)
    current_hour_ = std::max(current_hour_, *logged / kHourUs);
  if (e.event_id != 3 || !e.utc_us) return;
  const string ip = or_null(e.field("DestinationIp"));
  const string name = or_null(e.field("DestinationHostname"));
  if (excluded_address(ip) || excluded_name(name)) return;
  ++hours_[{or_null(e.field("SourceHostname")), ip, name}][*e.utc_us / kHourUs];
}

std::set<SeedRow> SeedOracle::answer() const {
  std::set<SeedRow> rows;
  for (const auto& [key, hours] : hours_) {
    std::int64_t n = 0;
    std::int64_t total = 0;
    std::int64_t squares = 0;
    for (const auto& [hour, count] : hours) {
      if (hour <= current_hour_ - kWindowHours) continue;
      ++n;
      total += count;
      squares += count * count;
    }
    if (total < 10 || n < 2) continue;
    const bool beacon = 4 * (n * squares - total * total) < total * total;
    const std::int64_t risk = std::int64_t{beacon} + std::int64_t{total > 50};
    if (risk == 0) continue;
    const auto& [host, ip, name] = key;
    rows.emplace(host, ip, name, total, n, risk);
  }
  return rows;
}

bool seed_row(const nlohmann::json& finding, SeedRow& out) {
  if (text_at(finding, "detector") != "hourly_beacon") return false;
  const auto at = finding.find("evidence");
  if (at == finding.end()) return false;
  const nlohmann::json& e = *at;
  out = {text_at(e, "srcDevice_hostname"), text_at(e, "dstDevice_ip"),
         text_at(e, "dstDevice_hostname"), number_at(e, "TotalConnections"),
         number_at(e, "HoursActive"),      number_at(e, "RiskScore")};
  return true;
}

}  // namespace c2watch::harness
