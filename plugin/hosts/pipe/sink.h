// Sink: lines to a file descriptor, none of them lost on the way. What cannot be written stays, and
// the next flush() or sync() goes on with it, from the very byte at which the last one stopped.
//
//   Sink findings(fd, path);
//   findings.put_line(json);
//   if (!findings.sync()) log(findings.error());   // still there
//
// SIGNALS  a blocked write is given up once the process was asked to stop and nothing moved for 2 s.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace c2watch::pipe {

// From now on SIGTERM and SIGINT ask to stop, and interrupt what blocks, once a second until the
// process ends. Broken pipes and limits on file sizes become errors of write().
void stop_on_signals();
bool stopping();

class Sink {
 public:
  // What the engine's outbox tells again after a crash; beyond it, waiting longer would lose.
  static constexpr std::size_t kMostLines = 1024;
  static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;

  // Not the owner of `fd`. `name` is for messages.
  Sink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  void put(std::string_view text) { text_.append(text); }
  void put_line(std::string_view line);

  bool flush();  // true: the kernel has all
  bool sync();   // true: the disk has all, where there is one

  bool empty() const { return text_.empty(); }
  std::size_t bytes() const { return text_.size(); }
  std::size_t lines() const { return lines_; }
  bool overfull() const { return lines_ > kMostLines || text_.size() > kMaxBytes; }
  // "NAME: why" of the last failure.
  const std::string& error() const { return error_; }

 private:
  bool write_all();
  bool fail(int error);
  void done();

  int fd_;
  std::string name_;
  std::string text_;         // since the last success
  std::size_t written_ = 0;  // of it
  std::size_t lines_ = 0;    // in it
  std::string error_;
};

// Opens a file to append whole lines to: where a process died within a line, it ends that line.
// Throws std::runtime_error.
int open_to_append(const std::string& path);

}  // namespace c2watch::pipe
