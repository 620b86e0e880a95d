// Process: a program that runs beside this one, in a folder of its own.
//
//   Result<Process> daemon = Process::start({.program = "/usr/sbin/syslog-ng", .folder = dir});
//   while (!daemon->ended()) ...
//   daemon->terminate();
//
// It is signalled by its own id alone, and never outlives us: it is killed with the object, and by
// the kernel when this program dies.
//
// THREADS   start it from the main thread: the kernel ends it with the thread that started it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/result.h"

namespace c2watch::harness {

class Process {
 public:
  struct Command {
    std::string program;
    std::vector<std::string> arguments;
    std::string folder;  // in which it works; paths below may be relative to it
    std::string input;   // standard input; "": nothing
    std::string log;     // standard output and error, appended; "": nowhere
    std::vector<std::pair<std::string, std::string>> environment;  // beside our own
  };

  static Result<Process> start(const Command& command);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();

  // How it ended, as waitpid() reports it; nothing while it runs.
  std::optional<int> ended();
  std::optional<int> wait(std::chrono::milliseconds at_most);
  void terminate();  // SIGTERM

 private:
  explicit Process(pid_t id) : id_(id) {}
  pid_t id_ = 0;
  std::optional<int> status_;
};

// Runs the program and waits for it. Nothing on success, else a sentence with what it said on
// standard error.
std::optional<std::string> run_program(const std::string& program,
                                       const std::vector<std::string>& arguments);

// "exit code 2", "signal 11".
std::string describe_exit(int status);

// The program of that name in the folders of the PATH and in `further` ones; "" when there is none.
std::string find_program(const std::string& name, const std::vector<std::string>& further);

}  // namespace c2watch::harness
