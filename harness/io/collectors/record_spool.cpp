#include "harness/io/collectors/record_spool.h"
#include "harness/base/files.h"

#include <algorithm>
#include <functional>

namespace c2watch::harness {
namespace {

std::uint64_t hash_of(std::string_view line) { return std::hash<std::string_view>{}(line); }

}  // namespace

std::string one_line(std::string_view record) {
  std::string line(record);
  for (char& c : line)
    if (c == '\n' || c == '\r') c = ' ';
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

Result<RecordSpool> RecordSpool::make() {
  Result<TemporaryFolder> folder = TemporaryFolder::make();
  if (!folder) return Error{folder.error()};
  RecordSpool spool(std::move(*folder));
  spool.out_.open(spool.file(), std::ios::binary);
  if (!spool.out_) return Error{spool.file() + ": cannot be written"};
  return spool;
}

void RecordSpool::add(std::string_view line, std::optional<std::int64_t> time_us) {
  by_hash_.emplace_back(hash_of(line), times_us_.size());
  times_us_.push_back(time_us);
  longest_bytes_ = std::max(longest_bytes_, line.size());
  out_ << line << '\n';
}

std::optional<std::string> RecordSpool::seal() {
  std::sort(by_hash_.begin(), by_hash_.end());
  out_ << kEndMarker << '\n';
  out_.close();
  if (out_) return std::nullopt;
  return file() + ": cannot be written: is there room for the telemetry?";
}

std::optional<std::size_t> CollectorOutput::record(std::string_view line) {
  if (line == kEndMarker) {
    end_seen_ = true;
    return std::nullopt;
  }
  const std::uint64_t hash = hash_of(line);
  const auto& all = spool_->by_hash_;
  auto at = std::lower_bound(all.begin(), all.end(), std::pair(hash, std::size_t{0}));
  while (at != all.end() && at->first == hash && out_[at->second]) ++at;
  if (at == all.end() || at->first != hash) {
    ++unexpected_;
    return std::nullopt;
  }
  out_[at->second] = true;
  ++records_out_;
  return at->second;
}

void CollectorOutput::finding(std::string line, std::size_t record) {
  findings_.push_back(
      {spool_->records() == 0 ? 0 : std::min(record, spool_->records() - 1), std::move(line)});
}

std::vector<std::size_t> CollectorOutput::lost() const {
  std::vector<std::size_t> lost;
  for (std::size_t i = 0; i < out_.size(); ++i)
    if (!out_[i]) lost.push_back(i);
  return lost;
}

}  // namespace c2watch::harness
