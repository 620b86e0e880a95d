// kill -9 at any moment: what is told, by id and to the last byte, is what an uninterrupted run
// tells. The process under test is a fork that reads records from a file as a collector does: a
// finding goes to a file, then the record is acknowledged, and after a crash delivery begins again
// with the last acknowledged record and some before it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "abi/c2watch.h"

namespace c2watch {
namespace {

namespace fs = std::filesystem;

// Three hours of an office with all four attacks in it, ten thousand records.
std::vector<std::string> telemetry() {
  const std::string command = std::string(C2SIM) +
                              " --scenario office --hosts 8 --attacked 2 --hours 3 --tests 1,2,3,4 "
                              "--framework sliver-60-30 --shape winlogbeat7 --message no --with "
                              "3008 --seed 4";
  FILE* pipe = popen(command.c_str(), "r");
  std::vector<std::string> lines(1);
  for (int c = std::getc(pipe); c != EOF; c = std::getc(pipe)) {
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back().push_back(static_cast<char>(c));
  }
  lines.pop_back();
  EXPECT_EQ(pclose(pipe), 0);
  return lines;
}

// What the process and its watcher share, and what survives it: a collector's position.
struct Position {
  std::atomic<std::size_t> acknowledged;
  std::atomic<std::size_t> lives;
  std::atomic<std::size_t> refused;
};

std::int64_t time_of(const std::string& record) {
  const std::size_t at = record.find("\"@timestamp\":\"");
  std::tm tm{};
  if (at == std::string::npos ||
      strptime(record.c_str() + at + 14, "%Y-%m-%dT%H:%M:%S", &tm) == nullptr)
    return 0;
  return std::int64_t{timegm(&tm)} * 1'000'000;
}

struct Out {
  int fd;
};

void write_finding(void* user, const char* json, std::size_t len) {
  std::string line(json, len);
  line += '\n';
  if (write(static_cast<Out*>(user)->fd, line.data(), line.size()) < 0) _exit(3);
}

// Never returns. A life: open, deliver from where the last one left off, close.
[[noreturn]] void live(const std::vector<std::string>& records, const fs::path& folder,
                       Position& position, std::size_t redelivered) {
  Out out{open((folder / "findings").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)};
  c2watch_host host{};
  host.size = sizeof host;
  host.abi = C2WATCH_ABI;
  host.user = &out;
  host.finding = write_finding;
  const std::string config =
      R"({"checkpoint": {"path": ")" + (folder / "state").string() + R"(", "every_seconds": 60}})";
  c2watch_engine* engine = nullptr;
  if (c2watch_open(&host, config.data(), config.size(), &engine) != C2WATCH_OK) {
    std::fprintf(stderr, "%s\n", c2watch_last_error(engine));
    _exit(2);
  }
  ++position.lives;
  const std::size_t from = position.acknowledged;
  std::int64_t now = 0;
  for (std::size_t i = from - std::min(from, redelivered); i < records.size(); ++i) {
    c2watch_verdict verdict{};
    verdict.size = sizeof verdict;
    if (c2watch_observe(engine, C2WATCH_FORMAT_AUTO, records[i].data(), records[i].size(),
                        &verdict) != C2WATCH_OK)
      ++position.refused;
    now = std::max(now, time_of(records[i]));
    if (i % 16 == 0 && i >= from) c2watch_advance(engine, now);
    if (i >= from) position.acknowledged = i + 1;
  }
  c2watch_close(engine);
  _exit(0);
}

std::multiset<std::string> findings_in(const fs::path& folder) {
  std::multiset<std::string> all;
  std::ifstream in(folder / "findings");
  for (std::string line; std::getline(in, line);) all.insert(line);
  return all;
}

class CrashTest : public testing::Test {
 protected:
  CrashTest() {
    void* shared =
        mmap(nullptr, sizeof(Position), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    position_ = new (shared) Position{};
    char name[] = "/tmp/c2watch-crash-XXXXXX";
    root_ = mkdtemp(name);
  }
  ~CrashTest() override {
    munmap(position_, sizeof *position_);
    fs::remove_all(root_);
  }

  fs::path fresh(const char* name) {
    const fs::path folder = root_ / name;
    fs::create_directory(folder);
    fs::permissions(folder, fs::perms::owner_all);
    position_->acknowledged = 0;
    position_->lives = 0;
    return folder;
  }

  // Waits until so many records are acknowledged, then kills. False: it ended by itself.
  bool kill_at(pid_t child, std::size_t acknowledged, std::chrono::microseconds later) {
    int status = 0;
    while (position_->acknowledged < acknowledged) {
      if (waitpid(child, &status, WNOHANG) == child) return ended(status);
      std::this_thread::yield();
    }
    std::this_thread::sleep_for(later);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? true : ended(status);
  }
  static bool ended(int status) {
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    return false;
  }

  fs::path root_;
  Position* position_;
};

TEST_F(CrashTest, findings_equal_those_of_an_uninterrupted_run) {
  const std::vector<std::string> records = telemetry();
  ASSERT_GT(records.size(), 3'000u);

  const fs::path calm = fresh("calm");
  if (const pid_t child = fork(); child == 0)
    live(records, calm, *position_, 0);
  else
    ASSERT_FALSE(kill_at(child, SIZE_MAX, {}));
  const auto expected = findings_in(calm);
  ASSERT_GT(expected.size(), 20u);
  ASSERT_EQ(std::set(expected.begin(), expected.end()).size(), expected.size());

  const fs::path rough = fresh("rough");
  std::mt19937_64 random(8);
  constexpr std::size_t kKills = 100;
  std::size_t kills = 0;
  for (bool killed = true; killed;) {
    const std::size_t next =
        kills < kKills ? records.size() * (kills + 1) / (kKills + 1) - random() % 20 : SIZE_MAX;
    const pid_t child = fork();
    if (child == 0) live(records, rough, *position_, random() % 50);
    killed = kill_at(child, next, std::chrono::microseconds(random() % 300));
    kills += killed;
  }
  EXPECT_GE(kills, kKills * 9 / 10);
  EXPECT_EQ(position_->refused, 0u);
  EXPECT_EQ(position_->acknowledged, records.size());

  const auto found = findings_in(rough);
  const std::set<std::string> wanted(expected.begin(), expected.end());
  const std::set<std::string> told(found.begin(), found.end());
  std::vector<std::string> lost, invented;
  std::set_difference(wanted.begin(), wanted.end(), told.begin(), told.end(),
                      std::back_inserter(lost));
  std::set_difference(told.begin(), told.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(invented));
  EXPECT_TRUE(lost.empty()) << lost.size() << " lost, the first: " << lost.front();
  EXPECT_TRUE(invented.empty()) << invented.size() << " invented, the first: " << invented.front();
  std::printf("%zu records, %zu kills, %zu findings, %zu of them told again after a crash\n",
              records.size(), kills, wanted.size(), found.size() - told.size());
}

}  // namespace
}  // namespace c2watch
