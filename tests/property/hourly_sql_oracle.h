// The batch question of hourly_beacon as SQL, answered by SQLite: what a database would say of the
// same rows. It keeps everything and shares nothing with the detector.
//
// EXACT     All arithmetic is in 64-bit integers: keep a key's rows below 10,000 in 24 hours.
#pragma once

#include <sqlite3.h>

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace c2watch::property {

using Text = std::optional<std::string>;  // nullopt: NULL

struct SqlRow {
  std::int64_t ts_ms = 0;
  bool sysmon = false;  // EID 3, else a normalised record
  Text src_host, application, base_image, dst_ip, dst_host, computer;
  std::optional<int> dst_port;
  bool initiated = true;

  // Known to whoever made the row up; used where the oracle is told not to work it out by globs.
  bool destination_out_of_scope = false;
  bool program_out_of_scope = false;  // as far as the reading sees the program at all
};

struct SqlSettings {
  bool seed_scope = true;  // the seed's globs, else the labels
  bool exact = true;       // keys byte by byte, else in one spelling
  bool coalesce = false;
  bool source_fallback = false;
  bool initiated_only = false;
  bool partial_edges = false;
  bool sample = false;
  bool volume_alone = true;
  std::int64_t min_total = 10;
  std::int64_t min_hours = 2;
  std::int64_t ratio_percent = 50;
  std::int64_t volume_above = 50;
};

struct SqlKey {
  Text src_host, application, dst_ip, dst_host;
  friend auto operator<=>(const SqlKey&, const SqlKey&) = default;
};

struct SqlAnswer {
  SqlKey key;
  std::int64_t total = 0, hours = 0, spread = 0;  // spread = nQ - T^2
  std::string ports, slices, counts;              // comma-separated, ascending by port or hour
  std::int64_t first_ms = 0, last_ms = 0;
  int suspicious = 0, beacon = 0, score = 0;
};

// In lower case and without a final dot, as keys that are not exact compare. The oracle
// folds the rows, and so names its keys.
Text in_one_spelling(Text text);

class SqlOracle {
 public:
  explicit SqlOracle(const SqlSettings& settings);

  void add(const SqlRow& row);
  void clear();

  // The answer over the rows with from_ms <= ts < to_ms, in the query's order.
  std::vector<SqlAnswer> answer(std::int64_t from_ms, std::int64_t to_ms);

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  Statement prepare(const std::string& sql);

  bool exact_;
  std::unique_ptr<sqlite3, Close> db_;
  Statement insert_;
  Statement query_;
};

}  // namespace c2watch::property
