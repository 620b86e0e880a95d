// Following: telemetry while it is being written.
//
//   Follower follower(sink, paths);
//   while (!done) { follower.poll(); sleep; }
//   follower.finish();
//
// A path is a file or a folder, which may come into being later; of a folder every file in it and
// below is followed, new ones as they appear. What is there at the beginning is read as well.
//
// TEXT      read as it grows; the last line waits until it is whole. A file that became shorter, or
//           another one under the same name, is a rotation: what the old one still had is read, then
//           the new one from its beginning. The old one under its new name is known again. A file
//           that shrinks and grows beyond its old length between two polls looks as if it only grew.
// OTHERS    (.evtx, compressed files, archives, UTF-16) are read through once their size has stood
//           still for one poll, and again when it has grown, without the records already handed on.
// COST      one stat() a file and poll.
// THREADS   none.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/io/source.h"

namespace c2watch::harness {

class Follower {
 public:
  Follower(SourceSink& sink, std::vector<std::string> paths);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void poll();
  void finish();  // the rest, and what stands in half a last line

  std::size_t files() const { return files_.size(); }

 private:
  struct File;
  struct Retired {
    std::uint64_t read = 0;
    std::string head;  // inodes are used again: the beginning tells
  };
  void poll_file(const std::string& name, bool at_end);
  std::unique_ptr<File> known_by_another_name(std::uint64_t device, std::uint64_t inode);
  void retire_if_rotated(const std::string& name, std::unique_ptr<File>& slot);
  void poll_container(const std::string& name, File& file, std::uint64_t size, bool at_end);
  void poll_everything(bool at_end);

  SourceSink& sink_;
  std::vector<std::string> paths_;
  std::map<std::string, std::unique_ptr<File>> files_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Retired> retired_;  // by device and inode
};

}  // namespace c2watch::harness
