// Framer: cuts a stream of bytes into records, one c2watch_observe() each.
//
//   Framer framer(sink);
//   while (read(chunk)) framer.feed(chunk);
//   framer.finish();
//
// Reads JSON lines, JSON objects printed over several lines or one directly after the other, JSON
// arrays of objects, XML events one after the other (with or without an <Events> element around
// them), syslog lines that carry either, and any mixture. What is neither is handed over as junk,
// line by line, under a reason; nothing is dropped without being counted.
//
// A damaged record costs that record alone: an object that breaks off is cut before the next line
// that begins a record. The damaged piece is handed over as a record, because it is the plugin that
// judges records.
//
// COST      JSON lines: two memchr passes. Everything else: one pass over the bytes.
// MEMORY    the record being read, at most kMaxFramedBytes, and one chunk.
// THREADS   none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace c2watch::harness {

// 64 MiB: far above what the plugin reads (1 MiB), so that its verdict "too large" is the one that
// the user sees; beyond it the bytes are no record of any collector, and are skipped.
inline constexpr std::size_t kMaxFramedBytes = std::size_t{64} << 20;

enum class NonRecord {
  text,      // a line that is neither JSON nor XML
  binary,    // a line with control characters
  oversize,  // no end of record or line within kMaxFramedBytes
};
inline constexpr int kNonRecordKinds = 3;

class FrameSink {
 public:
  virtual ~FrameSink() = default;

  // `bytes` lives for the call; `offset` is where it begins in the stream.
  virtual void record(std::string_view bytes, std::uint64_t offset) = 0;
  virtual void non_record(NonRecord why, std::string_view line, std::uint64_t offset) = 0;
};

class Framer {
 public:
  explicit Framer(FrameSink& sink) : sink_(sink) {}

  void feed(std::string_view bytes);
  // Hands on what is whole by now. feed() may wait with a record that came in pieces, since looking
  // at every byte that comes would cost the square of its length; who reads live cannot wait.
  void flush_complete();
  void finish();  // end of stream: what is left is cut as well as it can be

 private:
  bool step(bool at_end);  // handles one thing at begin_; false when it needs more bytes
  bool step_json(std::string_view rest, bool at_end);
  bool step_xml(std::string_view rest, bool at_end);
  bool step_line(std::string_view rest, bool at_end);
  bool wait_or_cut(std::string_view rest, bool at_end);

  void take_record(std::size_t len);
  void take_non_record(std::size_t len);
  void skip(std::size_t len) { begin_ += len; }

  FrameSink& sink_;
  std::string buffer_;
  std::size_t begin_ = 0;       // INVARIANT: begin_ <= buffer_.size()
  std::size_t needed_ = 0;      // do not look again before this many bytes are there
  std::uint64_t consumed_ = 0;  // bytes of the stream before buffer_[0]
  int arrays_ = 0;              // top-level '[' open: their ',' and ']' are framing, not junk
  bool flushing_ = false;
  bool skipping_line_ = false;  // inside an oversize line
};

}  // namespace c2watch::harness
