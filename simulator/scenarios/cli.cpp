#include "scenarios/cli.h"

#include <boost/program_options.hpp>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "formats/format.h"
#include "rhythm/framework.h"
#include "scenarios/scenario.h"
#include "scenarios/version.h"

namespace c2sim {
namespace {

namespace po = boost::program_options;

constexpr const char* kExamples = R"(
Examples
  c2sim --out events.xml --truth truth.jsonl
      the four atomic tests on one host, as Event XML
  c2sim --scenario office --hosts 50 --hours 24 --tests 1,4 --shape nxlog --out office.jsonl
      a day of an office of fifty, with tests 1 and 4 on one of its hosts
  c2sim --scenario beacon --framework sliver-60-30 --hours 8 --loss 0.1 --background agents
      one implant among the periodic agents of its host, one record in ten lost
  c2sim --scenario benchmark --events 1000000 --shape nxlog --out corpus.jsonl
      the corpus for measurements
  c2sim list --format json
      scenarios, frameworks and shapes, for a program to read

Exit codes: 0 done, 2 the command line is wrong, 3 a file could not be written.
)";

struct Wrong {
  std::string message;
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  std::istringstream in(list);
  for (std::string item; std::getline(in, item, ',');)
    if (!item.empty()) out.push_back(item);
  return out;
}

int whole_number(const std::string& text, const std::string& option) {
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Wrong{"--" + option + ": '" + text + "' is not a number"};
  return n;
}

std::vector<int> numbers(const std::string& list, const std::string& option,
                         std::initializer_list<int> allowed) {
  std::vector<int> out;
  for (const std::string& item : split(list)) {
    const int n = whole_number(item, option);
    if (std::find(allowed.begin(), allowed.end(), n) == allowed.end()) {
      std::string choices;
      for (int a : allowed) choices += (choices.empty() ? "" : ", ") + std::to_string(a);
      throw Wrong{"--" + option + ": " + item + " is none of " + choices};
    }
    out.push_back(n);
  }
  return out;
}

double share(const po::variables_map& v, const char* option) {
  const double value = v[option].as<double>();
  if (!(value >= 0 && value < 1))
    throw Wrong{std::string("--") + option + " must be at least 0 and below 1"};
  return value;
}

Ticks duration(const po::variables_map& v, const char* option) {
  const std::string text = v[option].as<std::string>();
  const auto value = parse_duration(text);
  if (!value || *value <= Ticks{0})
    throw Wrong{std::string("--") + option + ": '" + text +
                "' is not a duration above zero, like 500ms, 60s, 5m or 2h"};
  return *value;
}

std::uint16_t port(const po::variables_map& v) {
  const int value = v["port"].as<int>();
  if (value < 1 || value > 65535) throw Wrong{"--port must be 1 to 65535"};
  return static_cast<std::uint16_t>(value);
}

template <class List>
std::string names(const List& list) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ", ") + std::string(item.name);
  return out;
}

template <class List>
bool is_one_of(const std::string& name, const List& list) {
  for (const auto& item : list)
    if (item.name == name) return true;
  return false;
}

po::options_description options() {
  using po::value;
  po::options_description all(
      "Usage: c2sim [list] [options]\n\nWrites the Windows telemetry of simulated hosts, and "
      "beside "
      "it which records belong to which attack.\n\nOptions");
  po::options_description_easy_init add = all.add_options();
  const Settings d;
  add("scenario", value<std::string>()->default_value(d.scenario),
      "atomic, atomic-remote, office, beacon or benchmark");
  add("tests", value<std::string>(), "which of the tests 1,2,3,4 run (atomic: all; office: none)");
  add("framework", value<std::string>(),
      "whose implant runs (beacon: cobalt-strike-60-37); see list");
  add("hosts", value<std::size_t>(), "number of hosts, 1 to 60000 (default 1; benchmark: 200)");
  add("attacked", value<std::size_t>()->default_value(0),
      "number of hosts that the attack runs on (0: all; in office: one)");
  add("hours", value<double>(), "length of the simulation (default 1; benchmark: 24)");
  add("start", value<std::string>()->default_value("2026-03-02T08:00:00Z"), "first instant, UTC");
  add("seed", value<std::uint64_t>()->default_value(d.seed), "same seed and options: same bytes");
  add("events", value<std::uint64_t>(),
      "stop after so many events (benchmark: 1000000; else when the hours are over)");
  add("background", value<std::string>(),
      "none, agents or office (default none; in office: office)");
  add("shape", value<std::string>()->default_value(d.shape), "wire shape; see list");
  add("message", value<std::string>(),
      "yes or no: the rendered Message (default yes; benchmark: no)");
  add("task-version", value<int>()->default_value(d.format.task_version),
      "of 4698: 0 (6 fields) or 1 (11 fields)");
  add("out,o", value<std::string>()->default_value(d.out), "where the events go; - is stdout");
  add("truth", value<std::string>(), "where the ground truth goes (JSON Lines)");
  add("with", value<std::string>(), "optional events: 4104,3008");
  add("without", value<std::string>(), "event ids that are not collected: 1,3,22,4698,4104,3008");
  add("loss", value<double>()->default_value(0), "share of the records lost on the way");
  add("offline", value<double>()->default_value(0),
      "share of the time that a host is switched off");
  add("server", value<std::string>(), "IPv4 address that the attack connects to");
  add("addresses", value<std::uint32_t>()->default_value(1),
      "number of addresses, from --server on, that share the traffic");
  add("port", value<int>(), "port that the attack connects to");
  add("domains", value<std::string>(), "names that test 2 asks for, or that a beacon resolves");
  add("interval", value<std::string>(), "time between check-ins, like 60s");
  add("jitter", value<double>(), "0 to 1, as the law understands it");
  add("law", value<std::string>(), "one-sided, symmetric, additive, uniform or exponential");
  add("check-ins", value<std::uint32_t>(), "number of check-ins, or of runs of test 4's task");
  add("working-hours", po::bool_switch(), "beacons sleep outside of Monday to Friday, 8 to 18");
  add("image", value<std::string>(), "path under which the attacking program runs");
  add("hidden", value<std::string>(), "test 4's window flag (-WindowStyle Hidden)");
  add("task-name", value<std::string>(), "test 4's task (WindowsNetworkHealth)");
  add("format", value<std::string>()->default_value("text"), "of list: text or json");
  add("help,h", po::bool_switch(), "this text");
  add("version", po::bool_switch(), "the version");
  add("command", value<std::string>(), "list: what there is");
  return all;
}

std::string list_text() {
  std::ostringstream out;
  const auto section = [&](const char* title, const auto& items) {
    out << title << "\n";
    for (const auto& item : items) {
      out << "  " << item.name;
      for (std::size_t i = item.name.size(); i < 24; ++i) out << ' ';
      out << item.note << "\n";
    }
  };
  section("scenarios", scenarios());
  section("frameworks", frameworks());
  section("shapes", shapes());
  return out.str();
}

std::string list_json() {
  nlohmann::ordered_json out;
  for (const auto& s : scenarios())
    out["scenarios"].push_back({{"name", s.name}, {"note", s.note}});
  for (const Framework& f : frameworks()) {
    out["frameworks"].push_back({{"name", f.name},
                                 {"note", f.note},
                                 {"interval_s", to_seconds(f.rhythm.interval)},
                                 {"jitter", f.rhythm.jitter},
                                 {"law", law_name(f.rhythm.law)},
                                 {"transport", f.transport == Transport::dns ? "dns" : "tcp"},
                                 {"port", f.port}});
  }
  for (const Shape& s : shapes()) out["shapes"].push_back({{"name", s.name}, {"note", s.note}});
  return out.dump(2) + "\n";
}

AttackSettings attack_settings(const po::variables_map& v, const Settings& s) {
  AttackSettings a;
  if (s.scenario == "atomic-remote") a.server = ipv4(203, 0, 113, 10);
  if (v.count("server") != 0) {
    std::uint32_t ip = 0;
    const std::string text = v["server"].as<std::string>();
    if (!parse_ipv4(text, ip)) throw Wrong{"--server: '" + text + "' is not an IPv4 address"};
    a.server = Address{ip, nullptr};
  }
  a.addresses = v["addresses"].as<std::uint32_t>();
  if (a.addresses < 1 || a.addresses > 65536) throw Wrong{"--addresses must be 1 to 65536"};
  if (v.count("port") != 0) a.port = port(v);
  if (v.count("domains") != 0) a.domains = split(v["domains"].as<std::string>());
  if (v.count("interval") != 0) a.interval = duration(v, "interval");
  if (v.count("jitter") != 0) {
    a.jitter = v["jitter"].as<double>();
    if (!(*a.jitter >= 0 && *a.jitter <= 1)) throw Wrong{"--jitter must be 0 to 1"};
  }
  if (v.count("law") != 0) {
    const std::string name = v["law"].as<std::string>();
    a.law = parse_law(name);
    if (!a.law)
      throw Wrong{"--law: '" + name +
                  "' is none of one-sided, symmetric, additive, uniform, exponential"};
  }
  if (v.count("check-ins") != 0) {
    a.check_ins = v["check-ins"].as<std::uint32_t>();
    if (*a.check_ins < 1) throw Wrong{"--check-ins must be at least 1"};
  }
  a.working_hours = v["working-hours"].as<bool>();
  if (v.count("image") != 0) a.image = v["image"].as<std::string>();
  if (v.count("hidden") != 0) a.hidden = v["hidden"].as<std::string>();
  if (v.count("task-name") != 0) a.task_name = v["task-name"].as<std::string>();
  for (int id : s.with) {
    a.script_block |= id == 4104;
    a.dns_client |= id == 3008;
  }
  return a;
}

Settings settings(const po::variables_map& v) {
  Settings s;
  s.scenario = v["scenario"].as<std::string>();
  if (!is_one_of(s.scenario, scenarios()))
    throw Wrong{"--scenario: '" + s.scenario + "' is none of " + names(scenarios())};
  const bool office = s.scenario == "office", benchmark = s.scenario == "benchmark";

  if (office || benchmark || s.scenario == "beacon") s.tests.clear();
  if (v.count("tests") != 0) s.tests = numbers(v["tests"].as<std::string>(), "tests", {1, 2, 3, 4});
  if (s.scenario == "beacon") s.framework = "cobalt-strike-60-37";
  if (v.count("framework") != 0) {
    s.framework = v["framework"].as<std::string>();
    if (!is_one_of(s.framework, frameworks()))
      throw Wrong{"--framework: '" + s.framework + "' is none of " + names(frameworks())};
  }

  s.hosts = v.count("hosts") != 0 ? v["hosts"].as<std::size_t>() : benchmark ? 200 : 1;
  if (s.hosts < 1 || s.hosts > 60000) throw Wrong{"--hosts must be 1 to 60000"};
  s.attacked = v["attacked"].as<std::size_t>();
  s.hours = v.count("hours") != 0 ? v["hours"].as<double>() : benchmark ? 24 : 1;
  if (!(s.hours > 0 && s.hours <= 24 * 366))
    throw Wrong{"--hours must be above 0 and at most 8784"};
  const auto start = parse_instant(v["start"].as<std::string>());
  if (!start) throw Wrong{"--start: not a UTC instant like 2026-03-02T08:00:00Z"};
  s.start = *start;
  s.seed = v["seed"].as<std::uint64_t>();
  s.events = v.count("events") != 0 ? v["events"].as<std::uint64_t>() : benchmark ? 1'000'000 : 0;

  std::string background = office ? "office" : "none";
  if (v.count("background") != 0) background = v["background"].as<std::string>();
  if (background == "agents")
    s.background = Background::agents;
  else if (background == "office")
    s.background = Background::office;
  else if (background != "none")
    throw Wrong{"--background must be none, agents or office"};

  s.shape = v["shape"].as<std::string>();
  if (!is_one_of(s.shape, shapes()))
    throw Wrong{"--shape: '" + s.shape + "' is none of " + names(shapes())};
  std::string message = benchmark ? "no" : "yes";
  if (v.count("message") != 0) message = v["message"].as<std::string>();
  if (message != "yes" && message != "no") throw Wrong{"--message must be yes or no"};
  s.format.message = message == "yes";
  s.format.task_version = v["task-version"].as<int>();
  if (s.format.task_version != 0 && s.format.task_version != 1)
    throw Wrong{"--task-version must be 0 or 1"};

  s.out = v["out"].as<std::string>();
  if (v.count("truth") != 0) s.truth = v["truth"].as<std::string>();
  if (s.truth == "-" && s.out == "-") throw Wrong{"--out and --truth cannot both be stdout"};
  if (v.count("with") != 0) s.with = numbers(v["with"].as<std::string>(), "with", {4104, 3008});
  if (v.count("without") != 0)
    s.without = numbers(v["without"].as<std::string>(), "without", {1, 3, 22, 4698, 4104, 3008});
  s.loss = share(v, "loss");
  s.offline = share(v, "offline");
  s.attack = attack_settings(v, s);
  return s;
}

}  // namespace

Command parse_command_line(int argc, const char* const* argv) {
  const po::options_description all = options();
  po::positional_options_description positional;
  positional.add("command", 1);
  try {
    po::variables_map v;
    po::store(
        po::command_line_parser(argc, argv)
            .options(all)
            .positional(positional)
            .style(po::command_line_style::default_style & ~po::command_line_style::allow_guessing)
            .run(),
        v);
    po::notify(v);
    if (v["help"].as<bool>()) {
      std::ostringstream text;
      text << all << kExamples;
      return Print{text.str()};
    }
    if (v["version"].as<bool>()) return Print{std::string("c2sim ") + kVersion + "\n"};
    if (v.count("command") != 0) {
      const std::string command = v["command"].as<std::string>();
      if (command != "list") return Mistake{"unknown command '" + command + "'; there is: list"};
      const std::string format = v["format"].as<std::string>();
      if (format != "text" && format != "json") return Mistake{"--format must be text or json"};
      return Print{format == "json" ? list_json() : list_text()};
    }
    return settings(v);
  } catch (const Wrong& w) {
    return Mistake{w.message};
  } catch (const po::error& e) {
    return Mistake{e.what()};
  }
}

}  // namespace c2sim
