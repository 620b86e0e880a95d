#include "harness/cli/verify_options.h"

#include <algorithm>

#include "harness/base/files.h"
#include "harness/base/process.h"
#include "harness/io/simulator.h"
#include "harness/io/source.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

// To the judge, and into the cargo if a collector is to carry the telemetry.
class FeedJudge final : public SourceSink {
 public:
  FeedJudge(Judge& judge, Cargo* cargo) : judge_(judge), cargo_(cargo) {}
  void begin_member(std::string_view) override {}
  void record(std::string_view bytes, std::uint64_t) override {
    if (cargo_ == nullptr) {
      judge_.record(bytes);
    } else {
      const string line = one_line(bytes);
      cargo_->add(line, judge_.record(line));
    }
  }
  void junk(Junk, std::string_view, std::uint64_t) override {}
  void trouble(std::string_view) override {}

 private:
  Judge& judge_;
  Cargo* cargo_;
};

// What the judging of one file takes.
struct Court {
  const JudgingOptions& options;
  const Plugin& plugin;
  const Carrier* carrier;
};

Result<Judgement> judge_file(const Court& court, const Expectation& test, const World& world,
                             const string& telemetry, const string& truth_file) {
  Result<Judge> judge = Judge::open(test, world, court.plugin, court.options.profiles);
  if (!judge) return Error{judge.error()};
  std::optional<Cargo> cargo;
  if (court.carrier != nullptr) {
    Result<Cargo> made = Cargo::make();
    if (!made) return Error{made.error()};
    cargo.emplace(std::move(*made));
  }
  FeedJudge feed(*judge, cargo ? &*cargo : nullptr);
  SourceReader reader(feed);
  if (!reader.read(telemetry)) return Error{reader.error()};
  std::vector<Transport> transports;
  if (cargo) {
    auto carried = carry_all(*court.carrier, *cargo, *judge);
    if (!carried) return Error{carried.error()};
    transports = std::move(*carried);
  }
  Truth truth;
  if (!truth_file.empty()) {
    Result<Truth> read = read_truth(truth_file);
    if (!read) return Error{read.error()};
    truth = std::move(*read);
  }
  Judgement j = judge->finish(truth_file.empty() ? nullptr : &truth);
  j.transports = std::move(transports);
  explain_silences(court.plugin, silences_of(j), [&](const RecordTaker& take) {
    ReplayTo records(take);
    SourceReader(records).read(telemetry);
  });
  return j;
}

Result<Judgement> judge_simulation(const Court& court, const Expectation& test,
                                   const World& world) {
  const JudgingOptions& options = court.options;
  Result<TemporaryFolder> folder = TemporaryFolder::make();
  if (!folder) return Error{folder.error()};
  const string events = folder->file("events");
  const string truth = folder->file("truth.jsonl");
  std::vector<string> arguments = world.simulate;
  arguments.insert(arguments.end(), {"--seed", std::to_string(options.seed), "--shape",
                                     options.shape, "--out", events, "--truth", truth});
  arguments.insert(arguments.end(), options.simulator_options.begin(),
                   options.simulator_options.end());
  const string program =
      options.simulator.empty() ? simulator_beside_executable() : options.simulator;
  if (auto failed = run_program(program, arguments)) return Error{*failed};
  return judge_file(court, test, world, events, truth);
}

}  // namespace

void JudgingOptions::add_to(po::options_description& options) {
  options.add_options()  //
      ("test", po::value(&tests)->value_name("N|NAME"),
       "only this test, or these: 1,3; may be repeated")                       //
      ("tests", po::value(&tests)->value_name("N,..."), "the same as --test")  //
      ("profile", po::value(&profiles)->value_name("NAME"),
       "only this profile (seed, default, lab); may be repeated")  //
      ("shape", po::value(&shape)->value_name("NAME")->default_value(shape),
       "wire shape to simulate; c2sim list shows them")  //
      ("seed", po::value(&seed)->value_name("N")->default_value(seed),
       "seed of the simulation: the same seed, the same events")  //
      ("expectations", po::value(&expectations)->value_name("FOLDER"),
       "expectation files (default: the shipped ones)")  //
      ("plugin", po::value(&plugin)->value_name("PATH"),
       "the libc2watch.so to judge (default: ../lib/libc2watch.so beside this program)")  //
      ("simulator", po::value(&simulator)->value_name("PATH"),
       "the c2sim to use (default: beside this program)");
}

std::optional<string> JudgingOptions::mistake() const {
  for (const string& profile : profiles)
    if (profile != "seed" && profile != "default" && profile != "lab")
      return "--profile must be seed, default or lab, not '" + profile + "'";
  return std::nullopt;
}

Result<std::vector<Expectation>> chosen_tests(const JudgingOptions& options) {
  const Result<string> share = share_folder();
  if (!share) return Error{share.error()};
  const string folder =
      options.expectations.empty() ? *share + "/expectations" : options.expectations;
  Result<string> schema_text = read_text(*share + "/schemas/expectation.schema.json");
  if (!schema_text) return Error{schema_text.error()};
  const nlohmann::json schema = nlohmann::json::parse(*schema_text);
  Result<std::vector<Expectation>> all = load_expectations(folder, schema);
  if (!all || options.tests.empty()) return all;

  std::vector<Expectation> chosen;
  for (const string& wanted : split_at_commas(options.tests)) {
    const auto at = std::find_if(all->begin(), all->end(), [&](const Expectation& e) {
      return e.name == wanted || std::to_string(e.test) == wanted;
    });
    if (at == all->end()) return Error{"--test " + wanted + ": no such test in " + folder};
    chosen.push_back(*at);
  }
  return chosen;
}

Result<Plugin> load_plugin(const JudgingOptions& options) {
  return Plugin::load(options.plugin.empty() ? Plugin::beside_executable() : options.plugin);
}

Result<std::vector<JudgedTest>> judge_tests(const JudgingOptions& options, const Plugin& plugin,
                                            const Carrier* carrier) {
  const Court court{options, plugin, carrier};
  Result<std::vector<Expectation>> tests = chosen_tests(options);
  if (!tests) return Error{tests.error()};
  std::vector<JudgedTest> out;
  for (Expectation& test : *tests) {
    JudgedTest judged;
    if (options.telemetry.empty()) {
      for (const World& world : test.worlds) {
        Result<Judgement> j = judge_simulation(court, test, world);
        if (!j) return Error{j.error()};
        judged.worlds.push_back(std::move(*j));
      }
    } else {
      const World* world = test.world(options.world);
      if (world == nullptr) return Error{"--world " + options.world + ": no such world"};
      Result<Judgement> j = judge_file(court, test, *world, options.telemetry, options.truth);
      if (!j) return Error{j.error()};
      if (j->records == 0) return Error{options.telemetry + ": nothing readable in it"};
      judged.worlds.push_back(std::move(*j));
    }
    judged.expectation = std::move(test);
    out.push_back(std::move(judged));
  }
  return out;
}

}  // namespace c2watch::harness
