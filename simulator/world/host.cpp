#include "world/host.h"

#include <array>
#include <cstdio>

namespace c2sim {
namespace {

constexpr std::array<const char*, 40> kFirst = {
    "anna",   "ben",   "carla",  "david", "eva",    "felix", "grace", "henry", "ines",  "jonas",
    "karin",  "lukas", "maria",  "nils",  "olivia", "paul",  "quinn", "rosa",  "simon", "tara",
    "ulrich", "vera",  "walter", "xenia", "yusuf",  "zoe",   "amir",  "bruno", "chloe", "dario",
    "elena",  "frank", "gina",   "hugo",  "irene",  "jack",  "kofi",  "lena",  "marco", "noor"};
constexpr std::array<const char*, 40> kLast = {
    "keller",   "novak",   "rossi",  "dubois", "larsen", "weber", "murphy", "santos",
    "kowalski", "fischer", "bauer",  "moreau", "jansen", "silva", "horvat", "nilsson",
    "costa",    "meyer",   "schmid", "walsh",  "petrov", "haas",  "lindt",  "brandt",
    "garcia",   "okafor",  "tanaka", "singh",  "ali",    "vogel", "conti",  "berg",
    "roth",     "blanc",   "dunn",   "frei",   "gross",  "hart",  "ivanov", "jung"};

Account service_account(TextPool& pool, const char* user, const char* sid, std::uint32_t machine,
                        std::uint32_t boot, std::uint64_t logon_id) {
  Account a;
  a.name = pool.intern(std::string("NT AUTHORITY\\") + user);
  a.user = pool.intern(user);
  a.domain = pool.intern("NT AUTHORITY");
  a.sid = pool.intern(sid);
  a.logon = {machine, boot, logon_id};
  a.session = 0;
  a.integrity = pool.intern("System");
  return a;
}

}  // namespace

std::string_view channel_name(Channel channel) {
  switch (channel) {
    case Channel::sysmon:
      return "Microsoft-Windows-Sysmon/Operational";
    case Channel::security:
      return "Security";
    case Channel::powershell:
      return "Microsoft-Windows-PowerShell/Operational";
    case Channel::dns_client:
      return "Microsoft-Windows-DNS-Client/Operational";
  }
  return "";
}

Host::Host(std::size_t i, std::uint64_t seed, Instant start, TextPool& pool,
           const Catalogue& catalogue)
    : index(i), random(Random::of(seed, "host", i)) {
  machine_ = static_cast<std::uint32_t>(random.next());
  // Up for one to twenty days, started before the working day.
  const Instant boot = start - seconds(86400.0 * (1 + random.below(20)) - random.between(0, 3600));
  start_key_ = (std::uint64_t{40 + random.below(600)} << 48) + 2;
  port_ = static_cast<std::uint16_t>(49152 + random.below(16384));
  boot_slot_ = 100 + random.below(40);
  for (auto& r : records_) r = 1000 + random.below(3'000'000);

  char text[64];
  std::snprintf(text, sizeof text, "WS-%04zu", i + 1);
  short_name = pool.intern(text);
  name = pool.intern(std::string(text) + ".corp.example.com");
  // 10.21.0.0/16 and up (the servers are in 10.20), 250 machines a subnet.
  ip = (10u << 24) | static_cast<std::uint32_t>((21 + i / 62500) % 256) << 16 |
       static_cast<std::uint32_t>(i / 250 % 250) << 8 | static_cast<std::uint32_t>(i % 250 + 4);
  std::snprintf(text, sizeof text, "fe80:0:0:0:%x:%x:%x:%x", 0x1000 + random.below(0xe000),
                0x1000 + random.below(0xe000), 0x1000 + random.below(0xe000),
                0x1000 + random.below(0xe000));
  link_local = pool.intern(text);

  const auto boot_s = static_cast<std::uint32_t>(unix_seconds(boot));
  local_system = service_account(pool, "SYSTEM", "S-1-5-18", machine_, boot_s, 0x3e7);
  network_service = service_account(pool, "NETWORK SERVICE", "S-1-5-20", machine_, boot_s, 0x3e4);
  local_service = service_account(pool, "LOCAL SERVICE", "S-1-5-19", machine_, boot_s, 0x3e5);

  // Every 1600th machine would meet a namesake; a number keeps them apart.
  std::string person = std::string(kFirst[i % kFirst.size()]) + "." +
                       kLast[(i / kFirst.size() + i * 7) % kLast.size()];
  if (i >= kFirst.size() * kLast.size())
    person += std::to_string(i / (kFirst.size() * kLast.size()));
  const auto logon_s = boot_s + 40 + random.below(600);
  user.user = pool.intern(person);
  user.domain = pool.intern("CORP");
  user.name = pool.intern("CORP\\" + person);
  user.sid = pool.intern("S-1-5-21-1859346577-3203764210-2287954811-" + std::to_string(1104 + i));
  user.logon = {machine_, logon_s, 0x30000 + 2 * random.below(0x800000)};
  user.session = 1;
  user.integrity = pool.intern("Medium");
  elevated_user = user;  // the other half of the split token: logged on just before
  elevated_user.logon.key -= 0x20;
  elevated_user.integrity = pool.intern("High");

  Instant t = boot;
  const auto run = [&](App app, const char* command_line, const Account& account) {
    t += seconds(random.between(0.05, 2.0));
    return this->start({.program = &catalogue.get(app),
                        .command_line = pool.intern(command_line),
                        .directory = pool.intern("C:\\Windows\\system32\\"),
                        .account = &account,
                        .resident = true},
                       t);
  };
  system = run(App::system, "-", local_system);
  system.pid = 4;
  services = run(App::services, "C:\\Windows\\system32\\services.exe", local_system);
  lsass = run(App::lsass, "C:\\Windows\\system32\\lsass.exe", local_system);
  dcom_launch =
      run(App::svchost, "C:\\Windows\\system32\\svchost.exe -k DcomLaunch -p", local_system);
  schedule = run(App::svchost, "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule",
                 local_system);
  dns_cache =
      run(App::svchost, "C:\\Windows\\system32\\svchost.exe -k NetworkService -p -s Dnscache",
          network_service);
  network_services =
      run(App::svchost, "C:\\Windows\\system32\\svchost.exe -k NetworkService -p -s DoSvc",
          network_service);
  bits = run(App::svchost, "C:\\Windows\\System32\\svchost.exe -k netsvcs -p -s wuauserv",
             local_system);
  appinfo = run(App::svchost, "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Appinfo",
                local_system);
  msmpeng = run(App::msmpeng,
                "\"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.24050.7-0\\"
                "MsMpEng.exe\"",
                local_system);
  search_indexer =
      run(App::search_indexer, "C:\\Windows\\system32\\SearchIndexer.exe /Embedding", local_system);
  spoolsv = run(App::spoolsv, "C:\\Windows\\System32\\spoolsv.exe", local_system);
  inventory = run(App::inventory, "C:\\Windows\\CCM\\CcmExec.exe", local_system);
  sysmon = run(App::sysmon, "C:\\Windows\\Sysmon64.exe", local_system);
  t = Instant{std::chrono::seconds{logon_s}};
  explorer = run(App::explorer, "C:\\Windows\\Explorer.EXE", user);
  start_key_ += 300 + random.below(4000);  // what ran and ended since then
}

Process Host::start(const Launch& launch, Instant when) {
  Process p;
  p.program = launch.program;
  p.command_line = launch.command_line;
  p.directory = launch.directory != nullptr ? launch.directory : services.directory;
  p.account = launch.account;
  p.pid = take_pid(launch.resident);
  p.guid = {machine_, static_cast<std::uint32_t>(unix_seconds(when)), start_key_++};
  return p;
}

std::uint32_t Host::take_pid(bool resident) {
  // Windows hands out low numbers first and fills the gaps in no order that a log reader could see.
  std::uint32_t slot =
      resident ? boot_slot_ += 1 + random.below(24) : 100 + random.below(kPidSlots - 100);
  while (alive_[slot]) slot = slot + 1 < kPidSlots ? slot + 1 : 100;
  alive_[slot] = true;
  if (!resident) {
    std::uint16_t& oldest = recent_[recent_next_];
    recent_next_ = (recent_next_ + 1) % kRecentPids;
    if (oldest != 0) alive_[oldest] = false;
    oldest = static_cast<std::uint16_t>(slot);
  }
  return 4 * slot;
}

std::uint16_t Host::next_port() {
  const std::uint32_t step = 1 + random.below(3);
  port_ = static_cast<std::uint16_t>(49152 + (port_ - 49152 + step) % 16384);
  return port_;
}

}  // namespace c2sim
