// Attack: what all attacks can be asked to do differently, and how each is put on the stage.
//
//   AttackSettings s;  s.server = ipv4(203, 0, 113, 10);  s.hidden = "-w 1";
//   stage.add(make_task_test(world, host, s), host, start);
//
// Every member that is unset leaves the test as it is written.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rhythm/framework.h"
#include "world/stage.h"
#include "world/world.h"

namespace c2sim {

struct AttackSettings {
  // Where the attack connects to. Unset: 127.0.0.1 for the four tests, 203.0.113.10 for beacons.
  std::optional<Address> server;
  std::uint32_t addresses = 1;  // consecutive addresses from `server` that share the traffic
  std::optional<std::uint16_t> port;
  std::vector<std::string> domains;  // test 2 asks for them; beacons resolve the first

  std::optional<Ticks> interval;
  std::optional<double> jitter;
  std::optional<Law> law;
  std::optional<std::uint32_t> check_ins;  // test 1: 5; test 4: 3 runs; beacons: until the end
  bool working_hours = false;              // beacons sleep outside of them

  std::string image;      // path of the attacking program, which keeps its version block and hashes
  std::string hidden;     // test 4's window flag; unset: -WindowStyle Hidden
  std::string task_name;  // test 4's; unset: WindowsNetworkHealth

  bool script_block = false;  // 4104, test 1 to 4
  bool dns_client = false;    // 3008, test 2
};

// The attacking program: `app`, or its copy under settings.image.
const Program& attacker(World& world, App app, const AttackSettings& settings);

// The addresses that the attack's traffic is spread over.
class Server {
 public:
  Server(const AttackSettings& settings, Address fallback);

  Address pick(Random& random) const;
  Address first() const { return first_; }
  bool loopback() const { return first_.v6 == nullptr && first_.v4 >> 24 == 127; }

 private:
  Address first_;
  std::uint32_t count_;
};

// Windows sends three SYNs half a second apart and more before it reports a refused connection.
Ticks time_to_connect(const Server& server, Random& random);

// PowerShell logs a script block a moment after its process has started.
void log_script(Host& host, Stage& stage, const Process& process, Instant when, const Text* script,
                Random& random, Label label);

// conhost.exe, which every console program brings along.
void launch_console(World& world, Host& host, Stage& stage, const Process& owner, Instant when,
                    Label label);

std::unique_ptr<Actor> make_beacon_test(World&, Host&, const AttackSettings&);  // test 1
std::unique_ptr<Actor> make_dns_test(World&, Host&, const AttackSettings&);     // test 2
std::unique_ptr<Actor> make_port_test(World&, Host&, const AttackSettings&);    // test 3
std::unique_ptr<Actor> make_task_test(World&, Host&, const AttackSettings&);    // test 4
std::unique_ptr<Actor> make_beacon(World&, Host&, const AttackSettings&, const Framework&);

// Test 4's task as schtasks /Create registers it: the text of TaskContent.
struct TaskDefinition {
  Instant created{};
  std::uint32_t every_minutes = 1;
  std::string author;   // CORP\anna.keller
  std::string user_id;  // a SID
  std::string uri;      // \WindowsNetworkHealth
  std::string command, arguments;
};
std::string task_xml(const TaskDefinition& task);

}  // namespace c2sim
