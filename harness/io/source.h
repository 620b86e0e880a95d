// Sources: whatever a user names, read through to its bytes and cut into records.
//
//   SourceReader reader(sink);
//   reader.read("captures/host7.tar.xz");
//
// A name is a file, a folder (read through, sorted by name), or "-" for standard input. Compressed
// files (gzip, bzip2, xz, lzma, zstd, lz4) and archives (tar, zip, 7-Zip) are opened, also inside
// one another up to kMaxNesting; .evtx files are rendered as XML when libevtx was there at build
// time; UTF-16 text with a byte order mark is converted. What a file is, its first bytes say, never
// its name.
//
// COST      one copy of the bytes beyond what decompression costs.
// MEMORY    one chunk and one record; an .evtx file inside an archive goes to an unlinked
//           temporary file.
// THREADS   none.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "harness/io/framer.h"

namespace c2watch::harness {

// 4: a zip of tar.gz files is three deep.
inline constexpr int kMaxNesting = 4;

class SourceSink : public FrameSink {
 public:
  // What follows comes from here: "host7.tar.xz: logs/security.json".
  virtual void begin_file(std::string_view name) = 0;

  // What is wrong with the current member: empty, or damaged; what was read of it counts.
  virtual void on_error(std::string_view why) = 0;
};

class SourceReader {
 public:
  explicit SourceReader(SourceSink& sink) : sink_(sink) {}

  // Called with the bytes read so far of the file itself (not of what it unpacks to).
  std::function<void(std::uint64_t)> on_progress;

  // False when `name` could not be opened at all; error() says why.
  bool read(const std::string& name);
  const std::string& error() const { return error_; }

 private:
  bool read_file(const std::string& name);
  bool read_folder(const std::string& name);
  bool fail(const std::string& why);

  SourceSink& sink_;
  std::string error_;
};

// Size of the files under `name`, for progress; 0 when it cannot be known.
std::uint64_t bytes_on_disk(const std::string& name);

}  // namespace c2watch::harness
