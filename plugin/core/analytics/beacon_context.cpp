#include "core/analytics/beacon_context.h"

#include <algorithm>
#include <array>

#include "core/analytics/ascii.h"
#include "core/analytics/command_line.h"
#include "core/analytics/process_class.h"

namespace c2watch::analytics {
namespace {

constexpr int kStrong = 3;  // enough for medium on its own
constexpr int kWeak = 1;

// Programs of Windows that never call home by themselves, which is why code is injected into them.
constexpr std::array<std::string_view, 12> kNoNetworkPrograms = {
    "notepad.exe", "calc.exe",     "mspaint.exe", "wordpad.exe", "write.exe",        "charmap.exe",
    "winver.exe",  "gpupdate.exe", "magnify.exe", "osk.exe",     "snippingtool.exe", "regedit.exe"};

bool has_no_business_on_the_network(std::string_view image) {
  const std::string_view name = file_name(image);
  return std::any_of(kNoNetworkPrograms.begin(), kNoNetworkPrograms.end(),
                     [name](std::string_view other) { return ascii_equal(name, other); });
}

// Defender lives in ProgramData, in a folder that none but the system may write.
bool is_defenders(std::string_view image) {
  constexpr std::string_view kFolder = "\\ProgramData\\Microsoft\\Windows Defender\\Platform\\";
  return image.size() > 2 && image[1] == ':' && ascii_starts_with(image.substr(2), kFolder) &&
         !ascii_contains(image, "\\..");
}

Severity severity_of(int points) {
  if (points >= 8) return Severity::critical;
  if (points >= 5) return Severity::high;
  if (points >= 3) return Severity::medium;
  return points == 2 ? Severity::low : Severity::informational;
}

}  // namespace

BeaconAssessment assess(const BeaconContext& c) {
  BeaconAssessment a;
  const auto add = [&a](int points, std::string reason) {
    a.points += points;
    a.reasons.push_back(std::move(reason));
  };
  const std::string program(file_name(c.image));

  if (is_script_engine(c.image)) {
    add(kStrong, program + " is a script engine or LOLBin");
  } else if (has_no_business_on_the_network(c.image)) {
    add(kStrong, program + " has no business on the network");
  }
  if (in_user_folder(c.image) && !is_defenders(c.image)) {
    add(kStrong, program + " lies in a folder that every user may write");
  }
  if (c.facts && c.facts->suspicious()) {
    a.points += kStrong;
    for (const std::string& reason : reasons(*c.facts))
      a.reasons.push_back("the process " + reason);
  }

  if (!c.by_name) {
    if (c.destination_hostname.empty()) add(kWeak, "the destination is an address without a name");
    const auto& usual = c.usual_ports;
    if (c.destination_port >= 0 &&
        std::find(usual.begin(), usual.end(), c.destination_port) == usual.end()) {
      add(kWeak, "port " + std::to_string(c.destination_port) + " is unusual");
    }
  }
  if (c.hosts > 0 && c.hosts <= c.rare_hosts && c.fleet >= c.min_fleet) {
    add(kWeak, std::to_string(c.hosts) + " of about " + std::to_string(c.fleet) +
                   " hosts speak to this destination");
  }
  a.severity = severity_of(a.points);
  return a;
}

}  // namespace c2watch::analytics
