#include "world/program.h"

#include <cassert>
#include <cstdio>

#include "world/random.h"

namespace c2sim {
namespace {

struct Spec {
  App app;
  const char* image;
  const char* version;
  const char* description;
  const char* product;
  const char* company;
  const char* original;
};

constexpr const char* kWindows = "Microsoft® Windows® Operating System";
constexpr const char* kMicrosoft = "Microsoft Corporation";
constexpr const char* kBuild = "10.0.19041.3636 (WinBuild.160101.0800)";
constexpr const char* kLaterBuild = "10.0.19041.4474 (WinBuild.160101.0800)";

#define SYSTEM32 "C:\\Windows\\System32\\"
#define PROGRAMS "C:\\Program Files\\"
#define PROGRAMS86 "C:\\Program Files (x86)\\"

constexpr Spec kSpecs[] = {
    {App::system, "System", "-", "-", "-", "-", "-"},
    {App::services, SYSTEM32 "services.exe", kLaterBuild, "Services and Controller app", kWindows,
     kMicrosoft, "services.exe"},
    {App::svchost, SYSTEM32 "svchost.exe", kBuild, "Host Process for Windows Services", kWindows,
     kMicrosoft, "svchost.exe"},
    {App::lsass, SYSTEM32 "lsass.exe", kLaterBuild, "Local Security Authority Process", kWindows,
     kMicrosoft, "lsass.exe"},
    {App::explorer, "C:\\Windows\\explorer.exe", kLaterBuild, "Windows Explorer", kWindows,
     kMicrosoft, "EXPLORER.EXE"},
    {App::conhost, SYSTEM32 "conhost.exe", kLaterBuild, "Console Window Host", kWindows, kMicrosoft,
     "CONHOST.EXE"},
    {App::taskhostw, SYSTEM32 "taskhostw.exe", kBuild, "Host Process for Windows Tasks", kWindows,
     kMicrosoft, "taskhostw.exe"},
    {App::runtime_broker, SYSTEM32 "RuntimeBroker.exe", kBuild, "Runtime Broker", kWindows,
     kMicrosoft, "RuntimeBroker.exe"},
    {App::dllhost, SYSTEM32 "dllhost.exe", kBuild, "COM Surrogate", kWindows, kMicrosoft,
     "dllhost.exe"},
    {App::background_task_host, SYSTEM32 "backgroundTaskHost.exe", kBuild, "Background Task Host",
     kWindows, kMicrosoft, "backgroundTaskHost.exe"},
    {App::search_indexer, SYSTEM32 "SearchIndexer.exe", "7.0.19041.4355 (WinBuild.160101.0800)",
     "Microsoft Windows Search Indexer", "Windows® Search", kMicrosoft, "SearchIndexer.exe"},
    {App::search_protocol_host, SYSTEM32 "SearchProtocolHost.exe",
     "7.0.19041.4355 (WinBuild.160101.0800)", "Microsoft Windows Search Protocol Host",
     "Windows® Search", kMicrosoft, "SearchProtocolHost.exe"},
    {App::search_filter_host, SYSTEM32 "SearchFilterHost.exe",
     "7.0.19041.4355 (WinBuild.160101.0800)", "Microsoft Windows Search Filter Host",
     "Windows® Search", kMicrosoft, "SearchFilterHost.exe"},
    {App::wermgr, SYSTEM32 "wermgr.exe", kLaterBuild, "Windows Problem Reporting", kWindows,
     kMicrosoft, "WerMgr"},
    {App::wmi_prvse, SYSTEM32 "wbem\\WmiPrvSE.exe", kBuild, "WMI Provider Host", kWindows,
     kMicrosoft, "Wmiprvse.exe"},
    {App::sppsvc, SYSTEM32 "sppsvc.exe", kLaterBuild,
     "Microsoft Software Protection Platform Service", kWindows, kMicrosoft, "sppsvc.exe"},
    {App::comppkgsrv, SYSTEM32 "CompPkgSrv.exe", kBuild, "Component Package Support Server",
     kWindows, kMicrosoft, "CompPkgSrv.exe"},
    {App::usoclient, SYSTEM32 "UsoClient.exe", kLaterBuild, "UsoClient", kWindows, kMicrosoft,
     "UsoClient.exe"},
    {App::mousocoreworker, SYSTEM32 "MoUsoCoreWorker.exe", kLaterBuild, "MoUSO Core Worker Process",
     kWindows, kMicrosoft, "MoUsoCoreWorker.exe"},
    {App::tiworker,
     "C:\\Windows\\WinSxS\\amd64_microsoft-windows-servicingstack_31bf3856ad364e35_10.0.19041.4467_"
     "none_7e11b3a27c8b0ddb\\TiWorker.exe",
     kLaterBuild, "Windows Modules Installer Worker", kWindows, kMicrosoft, "TiWorker.exe"},
    {App::msmpeng,
     "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.24050.7-0\\MsMpEng.exe",
     "4.18.24050.7 (5a9f3e9c2b)", "Antimalware Service Executable", kWindows, kMicrosoft,
     "MsMpEng.exe"},
    {App::mpcmdrun,
     "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.24050.7-0\\MpCmdRun.exe",
     "4.18.24050.7 (5a9f3e9c2b)", "Microsoft Malware Protection Command Line Utility", kWindows,
     kMicrosoft, "MpCmdRun.exe"},
    {App::gpupdate, SYSTEM32 "gpupdate.exe", kBuild, "Microsoft® Group Policy Update Utility",
     kWindows, kMicrosoft, "GPUpdate.exe"},
    {App::spoolsv, SYSTEM32 "spoolsv.exe", kLaterBuild, "Spooler SubSystem App", kWindows,
     kMicrosoft, "spoolsv.exe"},
    {App::smartscreen, SYSTEM32 "smartscreen.exe", kLaterBuild, "Windows Defender SmartScreen",
     kWindows, kMicrosoft, "smartscreen.exe"},
    {App::backgroundtransferhost, SYSTEM32 "BackgroundTransferHost.exe", kBuild,
     "Download/Upload Host", kWindows, kMicrosoft, "BackgroundTransferHost.exe"},
    {App::sihost, SYSTEM32 "sihost.exe", kBuild, "Shell Infrastructure Host", kWindows, kMicrosoft,
     "sihost.exe"},
    {App::ctfmon, SYSTEM32 "ctfmon.exe", kBuild, "CTF Loader", kWindows, kMicrosoft, "CTFMON.EXE"},
    {App::sysmon, "C:\\Windows\\Sysmon64.exe", "15.15", "System activity monitor",
     "Sysinternals Sysmon", "Sysinternals - www.sysinternals.com", "-"},

    {App::powershell, SYSTEM32 "WindowsPowerShell\\v1.0\\powershell.exe", kBuild,
     "Windows PowerShell", kWindows, kMicrosoft, "PowerShell.EXE"},
    {App::pwsh, PROGRAMS "PowerShell\\7\\pwsh.exe", "7.4.2.500", "pwsh", "PowerShell", kMicrosoft,
     "pwsh.dll"},
    {App::cmd, SYSTEM32 "cmd.exe", kLaterBuild, "Windows Command Processor", kWindows, kMicrosoft,
     "Cmd.Exe"},
    {App::schtasks, SYSTEM32 "schtasks.exe", kBuild, "Task Scheduler Configuration Tool", kWindows,
     kMicrosoft, "schtasks.exe"},
    {App::rundll32, SYSTEM32 "rundll32.exe", kBuild, "Windows host process (Rundll32)", kWindows,
     kMicrosoft, "RUNDLL32.EXE"},
    {App::regsvr32, SYSTEM32 "regsvr32.exe", kBuild, "Microsoft(C) Register Server", kWindows,
     kMicrosoft, "REGSVR32.EXE"},
    {App::msbuild, "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\MSBuild.exe",
     "4.8.9037.0 built by: NET481REL1", "MSBuild.exe", "Microsoft® .NET Framework", kMicrosoft,
     "MSBuild.exe"},
    {App::mshta, SYSTEM32 "mshta.exe", "11.00.19041.3636 (WinBuild.160101.0800)",
     "Microsoft (R) HTML Application host", "Internet Explorer", kMicrosoft, "MSHTA.EXE"},
    {App::wscript, SYSTEM32 "wscript.exe", "5.812.10240.16384",
     "Microsoft ® Windows Based Script Host", "Microsoft ® Windows Script Host", kMicrosoft,
     "wscript.exe"},
    {App::whoami, SYSTEM32 "whoami.exe", kBuild, "whoami - displays logged on user information",
     kWindows, kMicrosoft, "whoami.exe"},
    {App::ipconfig, SYSTEM32 "ipconfig.exe", kBuild, "IP Configuration Utility", kWindows,
     kMicrosoft, "ipconfig.exe"},
    {App::notepad, SYSTEM32 "notepad.exe", kLaterBuild, "Notepad", kWindows, kMicrosoft,
     "NOTEPAD.EXE"},

    {App::msedge, PROGRAMS86 "Microsoft\\Edge\\Application\\msedge.exe", "125.0.2535.67",
     "Microsoft Edge", "Microsoft Edge", kMicrosoft, "msedge.exe"},
    {App::edge_webview,
     PROGRAMS86 "Microsoft\\EdgeWebView\\Application\\125.0.2535.67\\msedgewebview2.exe",
     "125.0.2535.67", "Microsoft Edge WebView2", "Microsoft Edge WebView2", kMicrosoft,
     "msedgewebview2.exe"},
    {App::chrome, PROGRAMS "Google\\Chrome\\Application\\chrome.exe", "125.0.6422.113",
     "Google Chrome", "Google Chrome", "Google LLC", "chrome.exe"},
    {App::firefox, PROGRAMS "Mozilla Firefox\\firefox.exe", "126.0.1", "Firefox", "Firefox",
     "Mozilla Corporation", "firefox.exe"},
    {App::teams,
     PROGRAMS "WindowsApps\\MSTeams_24102.2223.2870.9480_x64__8wekyb3d8bbwe\\ms-teams.exe",
     "24102.2223.2870.9480", "Microsoft Teams", "Microsoft Teams", kMicrosoft, "ms-teams.exe"},
    {App::outlook, PROGRAMS "Microsoft Office\\root\\Office16\\OUTLOOK.EXE", "16.0.17531.20152",
     "Microsoft Outlook", "Microsoft Outlook", kMicrosoft, "Outlook.exe"},
    {App::winword, PROGRAMS "Microsoft Office\\root\\Office16\\WINWORD.EXE", "16.0.17531.20152",
     "Microsoft Word", "Microsoft Office", kMicrosoft, "WinWord.exe"},
    {App::excel, PROGRAMS "Microsoft Office\\root\\Office16\\EXCEL.EXE", "16.0.17531.20152",
     "Microsoft Excel", "Microsoft Office", kMicrosoft, "Excel.exe"},
    {App::onedrive, PROGRAMS "Microsoft OneDrive\\OneDrive.exe", "24.091.0505.0003",
     "Microsoft OneDrive", "Microsoft OneDrive", kMicrosoft, "OneDrive.exe"},
    {App::slack, PROGRAMS "Slack\\slack.exe", "4.38.125", "Slack", "Slack",
     "Slack Technologies Inc.", "slack.exe"},
    {App::zoom, PROGRAMS "Zoom\\bin\\Zoom.exe", "6.0.11.39959", "Zoom Meetings", "Zoom Meetings",
     "Zoom Video Communications, Inc.", "Zoom.exe"},
    {App::acrobat, PROGRAMS "Adobe\\Acrobat DC\\Acrobat\\Acrobat.exe", "24.2.20759.0",
     "Adobe Acrobat", "Adobe Acrobat", "Adobe Systems Incorporated", "Acrobat.exe"},
    {App::spotify, PROGRAMS "Spotify\\Spotify.exe", "1.2.38.720", "Spotify", "Spotify",
     "Spotify Ltd", "Spotify.exe"},

    {App::google_update, PROGRAMS86 "Google\\GoogleUpdater\\126.0.6462.0\\updater.exe",
     "126.0.6462.0", "Google Updater (x86)", "Google Updater (x86)", "Google LLC", "updater.exe"},
    {App::edge_update, PROGRAMS86 "Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe", "1.3.187.37",
     "Microsoft Edge Update", "Microsoft Edge Update", kMicrosoft, "msedgeupdate.dll"},
    {App::onedrive_updater, PROGRAMS "Microsoft OneDrive\\OneDriveStandaloneUpdater.exe",
     "24.091.0505.0003", "Standalone Updater", "Microsoft OneDrive", kMicrosoft,
     "OneDriveStandaloneUpdater.exe"},
    {App::adobe_arm, PROGRAMS86 "Common Files\\Adobe\\ARM\\1.0\\AdobeARM.exe", "1.824.460.1042",
     "Adobe Reader and Acrobat Manager", "Adobe Reader and Acrobat Manager", "Adobe Inc.",
     "AdobeARM.exe"},
    {App::office_c2r, PROGRAMS "Common Files\\Microsoft Shared\\ClickToRun\\OfficeC2RClient.exe",
     "16.0.17531.20152", "Microsoft Office Click-to-Run Client", "Microsoft Office", kMicrosoft,
     "OfficeC2RClient.exe"},
    {App::firefox_updater, PROGRAMS "Mozilla Firefox\\default-browser-agent.exe", "126.0.1",
     "Firefox", "Firefox", "Mozilla Foundation", "default-browser-agent.exe"},

    {App::edr, PROGRAMS "Northwall\\Sensor\\NorthwallSensor.exe", "7.14.18110.0",
     "Northwall Endpoint Sensor", "Northwall Endpoint Protection", "Northwall Security Ltd",
     "NorthwallSensor.exe"},
    {App::siem_forwarder, PROGRAMS "nxlog\\nxlog.exe", "5.10.8320.0", "NXLog", "NXLog", "NXLog Ltd",
     "nxlog.exe"},
    {App::rmm, PROGRAMS86 "Kestrel RMM\\KestrelAgent.exe", "11.2.4.0", "Kestrel remote agent",
     "Kestrel RMM", "Kestrel Systems GmbH", "KestrelAgent.exe"},
    {App::backup, PROGRAMS "Tidemark\\Backup\\tidemarkd.exe", "4.8.1.2207",
     "Tidemark Backup Service", "Tidemark Backup", "Tidemark Software Inc", "tidemarkd.exe"},
    {App::inventory, "C:\\Windows\\CCM\\CcmExec.exe", "5.00.9122.1007", "Host Process",
     "Microsoft® Configuration Manager", kMicrosoft, "CcmExec.exe"},
    {App::print_client, PROGRAMS "PaperTrail\\client\\pt-client.exe", "22.1.4.67128",
     "PaperTrail print client", "PaperTrail", "PaperTrail Pty Ltd", "pt-client.exe"},
    {App::vpn, PROGRAMS86 "Fennec\\VPN\\fennecvpn.exe", "5.1.2.42", "Fennec VPN client",
     "Fennec VPN", "Fennec Networks", "fennecvpn.exe"},
    {App::password_manager, PROGRAMS "Lockbox\\Lockbox.exe", "8.10.33.0", "Lockbox", "Lockbox",
     "Lockbox Labs", "Lockbox.exe"},

    {App::implant, "C:\\ProgramData\\updater\\svc-update.exe", "-", "-", "-", "-", "-"},
    {App::sliver, "C:\\Users\\Public\\MODERN_OTTER.exe", "-", "-", "-", "-", "-"},
    {App::sandcat, "C:\\Users\\Public\\splunkd.exe", "-", "-", "-", "-", "-"},
    {App::unknown, "<unknown process>", "-", "-", "-", "-", "-"},
};

#undef SYSTEM32
#undef PROGRAMS
#undef PROGRAMS86

// Invented, but stable: 16-digit groups drawn from the image's name.
std::string hex_digits(std::uint64_t seed, int digits) {
  std::string out;
  while (static_cast<int>(out.size()) < digits) {
    char group[17];
    seed = mix(seed);
    std::snprintf(group, sizeof group, "%016llX", static_cast<unsigned long long>(seed));
    out += group;
  }
  out.resize(static_cast<std::size_t>(digits));
  return out;
}

std::string hashes_of(std::string_view image) {
  return "MD5=" + hex_digits(mix(1, image), 32) + ",SHA256=" + hex_digits(mix(2, image), 64) +
         ",IMPHASH=" + hex_digits(mix(3, image), 32);
}

void set_image(TextPool& pool, Program& program, std::string_view image) {
  const std::size_t slash = image.rfind('\\');
  program.image = pool.intern(image);
  program.directory =
      pool.intern(slash == std::string_view::npos ? std::string_view("C:\\Windows\\")
                                                  : image.substr(0, slash + 1));
  program.quoted = pool.intern("\"" + std::string(image) + "\" ");
}

}  // namespace

Catalogue::Catalogue(TextPool& pool) : pool_(&pool) {
  static_assert(std::size(kSpecs) == static_cast<std::size_t>(App::count));
  for (std::size_t i = 0; i < std::size(kSpecs); ++i) {
    const Spec& s = kSpecs[i];
    assert(static_cast<std::size_t>(s.app) == i);
    Program& p = programs_[i];
    set_image(pool, p, s.image);
    p.file_version = pool.intern(s.version);
    p.description = pool.intern(s.description);
    p.product = pool.intern(s.product);
    p.company = pool.intern(s.company);
    p.original_file_name = pool.intern(s.original);
    p.hashes = pool.intern(hashes_of(s.image));
  }
}

const Program& Catalogue::renamed(const Program& program, std::string_view image) {
  Program& copy = copies_.emplace_back(program);
  set_image(*pool_, copy, image);
  return copy;
}

}  // namespace c2sim
