// The walk-throughs of harness/README.md: every command in a block marked `sh`, run as it stands there.
#include <gtest/gtest.h>

#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

struct Step {
  std::string command;
  int want = 0;
};

// Lines of ```sh blocks, a here-document with the line that asks for it; "# exit N" at the end of one
// says that it is to fail.
std::vector<Step> steps_of(const std::string& path) {
  std::ifstream in(path);
  std::vector<Step> steps;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
      continue;
    }
    if (!inside || line.empty()) continue;
    if (line.ends_with("<<'END'"))
      for (std::string more; !line.ends_with("\nEND") && std::getline(in, more);)
        line += "\n" + more;
    const std::string mark = "# exit ";
    const auto at = line.rfind(mark);
    steps.push_back({line, at == line.npos ? 0 : std::stoi(line.substr(at + mark.size()))});
  }
  return steps;
}

// C2WATCH_COLLECTORS: the folder of syslog-ng; "" where our part in it is not built, or sanitized,
// and then what goes through it is left out.
TEST(WalkThrough, EveryCommandDoesWhatTheReadmeSays) {
  const std::vector<Step> steps = steps_of(C2WATCH_FIXTURES "/../harness/README.md");
  ASSERT_GE(steps.size(), 12u);  // else the marks were lost
  const Scratch s;
  const std::string collectors = C2WATCH_COLLECTORS;
  for (const Step& step : steps) {
    if (collectors.empty() && step.command.find("--collector") != std::string::npos) continue;
    const std::string script = "cd " + quoted(s.path()) +
                               " && PATH=" + quoted(C2WATCH_BUILD "/bin") +
                               ":$PATH:" + quoted(collectors) + "\n" + step.command + "\n";
    const std::string command = "sh " + quoted(s.write(".step.sh", script)) + " >" +
                                quoted(s.path(".out")) + " 2>&1 </dev/null";
    const int status = std::system(command.c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == step.want) << step.command << "\n"
                                                                       << slurp(s.path(".out"));
  }
  for (const char* file : {"before.html", "gap.html", "layer.json", "findings.jsonl", "verify.xml",
                           "gate.xml", "gate.md", "found.html", "found.xml"})
    EXPECT_FALSE(slurp(s.path(file)).empty()) << file;
}

}  // namespace
}  // namespace c2watch::harness
