// Program: an executable image as Sysmon's EID 1 describes it. Its hashes never change.
//
//   const Program* p = catalogue.get(App::powershell);
//   const Program* renamed = catalogue.renamed(*p, "C:\\Users\\Public\\update.exe");
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "world/text.h"

namespace c2sim {

enum class App : std::uint8_t {
  // what Windows runs for itself
  system,
  services,
  svchost,
  lsass,
  explorer,
  conhost,
  taskhostw,
  runtime_broker,
  dllhost,
  background_task_host,
  search_indexer,
  search_protocol_host,
  search_filter_host,
  wermgr,
  wmi_prvse,
  sppsvc,
  comppkgsrv,
  usoclient,
  mousocoreworker,
  tiworker,
  msmpeng,
  mpcmdrun,
  gpupdate,
  spoolsv,
  smartscreen,
  backgroundtransferhost,
  sihost,
  ctfmon,
  sysmon,
  // what people and administrators start
  powershell,
  pwsh,
  cmd,
  schtasks,
  rundll32,
  regsvr32,
  msbuild,
  mshta,
  wscript,
  whoami,
  ipconfig,
  notepad,
  // browsers and office
  msedge,
  edge_webview,
  chrome,
  firefox,
  teams,
  outlook,
  winword,
  excel,
  onedrive,
  slack,
  zoom,
  acrobat,
  spotify,
  // updaters
  google_update,
  edge_update,
  onedrive_updater,
  adobe_arm,
  office_c2r,
  firefox_updater,
  // agents
  edr,
  siem_forwarder,
  rmm,
  backup,
  inventory,
  print_client,
  vpn,
  password_manager,
  // implants
  implant,
  sliver,
  sandcat,
  // what Sysmon prints for a process that is gone
  unknown,
  count
};

struct Program {
  const Text* image = nullptr;
  const Text* file_version = nullptr;
  const Text* description = nullptr;
  const Text* product = nullptr;
  const Text* company = nullptr;
  const Text* original_file_name = nullptr;
  const Text* hashes = nullptr;     // MD5=..,SHA256=..,IMPHASH=..
  const Text* directory = nullptr;  // where the image lies, with the last backslash
  const Text* quoted = nullptr;  // "image" and a blank: how the shell starts it without arguments
};

class Catalogue {
 public:
  explicit Catalogue(TextPool& pool);

  const Program& get(App app) const { return programs_[static_cast<std::size_t>(app)]; }

  // The same bytes under another path: version block and hashes stay, as they do in the wild.
  const Program& renamed(const Program& program, std::string_view image);

 private:
  TextPool* pool_;
  std::array<Program, static_cast<std::size_t>(App::count)> programs_;
  std::deque<Program> copies_;
};

}  // namespace c2sim
