// RecordSpool: the telemetry that a collector is to carry, one record a line in a file, and what of it
// came out again.
//
//   Result<RecordSpool> spool = RecordSpool::make();
//   for (record) spool->add(one_line(record), time);
//   spool->seal();                          // then a collector (collector.h) takes spool->file()
//   CollectorOutput output(*spool);
//   for (line that came out) output.record(line);
//
// MEMORY  25 bytes a record, and a bit; the records themselves are on disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/files.h"
#include "harness/base/result.h"
#include "harness/io/simulator.h"

namespace c2watch::harness {

// The last line of every spool: when it is out, everything before it is. Nothing that could be read
// as an event.
inline constexpr std::string_view kEndMarker = "c2watch: end of the telemetry";

// A record as lines carry it: line ends, which only stand between the parts of one, become blanks.
std::string one_line(std::string_view record);

class RecordSpool {
 public:
  static Result<RecordSpool> make();

  void add(std::string_view line, std::optional<std::int64_t> time_us);
  // The sentence when the file could not be written.
  std::optional<std::string> seal();

  std::size_t records() const { return times_us_.size(); }
  std::optional<std::int64_t> time_us(std::size_t record) const { return times_us_[record]; }
  std::size_t longest_bytes() const { return longest_bytes_; }
  std::string file() const { return folder_.file("telemetry"); }

 private:
  friend class CollectorOutput;
  explicit RecordSpool(TemporaryFolder folder) : folder_(std::move(folder)) {}

  TemporaryFolder folder_;
  std::ofstream out_;
  std::vector<std::optional<std::int64_t>> times_us_;
  std::vector<std::pair<std::uint64_t, std::size_t>> by_hash_;  // sorted once sealed
  std::size_t longest_bytes_ = 0;
};

class CollectorOutput {
 public:
  struct Finding {
    std::size_t record = 0;  // which raised it
    std::string line;
  };

  explicit CollectorOutput(const RecordSpool& spool)
      : spool_(&spool), out_(spool.records(), false) {}

  // A line came out: which record it is, or nothing when it is none of the spool's, or one too many.
  std::optional<std::size_t> record(std::string_view line);
  // `record` is the one that raised it; beyond the last one: raised at the end.
  void finding(std::string line, std::size_t record);

  bool end_seen() const { return end_seen_; }
  std::size_t records_out() const { return records_out_; }
  std::size_t unexpected() const { return unexpected_; }  // lines that are no record of the spool
  std::vector<std::size_t> lost() const;                  // records that did not come out, in order
  const std::vector<Finding>& findings() const { return findings_; }

 private:
  const RecordSpool* spool_;
  std::vector<bool> out_;
  std::vector<Finding> findings_;
  std::size_t records_out_ = 0;
  std::size_t unexpected_ = 0;
  bool end_seen_ = false;
};

}  // namespace c2watch::harness
