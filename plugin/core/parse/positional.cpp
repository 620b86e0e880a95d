#include "core/parse/positional.h"

#include <array>
#include <cstdint>

#include "core/parse/schemas.h"

namespace c2watch::parse {
namespace {

// Which insert stands in which column, -1 for none.
using Placing = std::array<std::int8_t, kMaxInserts>;

// Ten times what the longest real record needs; a hostile one stops here and counts as shifted.
constexpr int kMaxAlignmentSteps = 20'000;

bool may_stand(std::string_view value, const Column& column) {
  return column.may_be_empty && (value.empty() || value == "-") ? true : looks(value, column.look);
}

void take(std::span<const Column> columns, const Placing& placing, RawRecord& record) {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].slot == Slot::none || placing[c] < 0) continue;
    record.set(columns[c].slot, record.insert(static_cast<std::size_t>(placing[c])));
  }
}

bool place(const Schema& schema, const RawRecord& record, Placing& placing) {
  if (record.insert_count() != schema.count()) return false;
  std::size_t next = 0;
  for (std::size_t c = 0; c < schema.columns.size(); ++c) {
    placing[c] = -1;
    if (schema.lacks(c)) continue;
    if (!may_stand(record.insert(next), schema.columns[c])) return false;
    placing[c] = static_cast<std::int8_t>(next++);
  }
  return true;
}

// Lays the inserts over the columns, leaving out columns that may be empty, and counts the ways
// that differ in a column we read. Two are enough to know that there is no single answer.
class Alignment {
 public:
  Alignment(std::span<const Column> columns, const RawRecord& record)
      : columns_(columns), record_(record) {}

  bool unique() {
    place(0, 0);
    return ways_ == 1 && steps_ < kMaxAlignmentSteps;
  }
  const Placing& placing() const { return found_; }

 private:
  void place(std::size_t column, std::size_t insert) {
    if (++steps_ >= kMaxAlignmentSteps || ways_ > 1) return;
    if (column == columns_.size()) {
      if (insert == record_.insert_count()) finish();
      return;
    }
    const Column& c = columns_[column];
    if (insert < record_.insert_count() && may_stand(record_.insert(insert), c)) {
      trial_[column] = static_cast<std::int8_t>(insert);
      place(column + 1, insert + 1);
    }
    if (!c.may_be_empty) return;
    trial_[column] = -1;
    place(column + 1, insert);
  }

  void finish() {
    for (std::size_t c = 0; ways_ != 0 && c < columns_.size(); ++c) {
      if (columns_[c].slot != Slot::none && trial_[c] != found_[c]) {
        ++ways_;
        return;
      }
    }
    if (ways_ != 0) return;
    found_ = trial_;
    ways_ = 1;
  }

  std::span<const Column> columns_;
  const RawRecord& record_;
  Placing trial_{};
  Placing found_{};
  int ways_ = 0;
  int steps_ = 0;
};

}  // namespace

bool name_inserts(Kind kind, RawRecord& record) {
  for (const Schema& schema : schemas()) {
    Placing placing;
    if (schema.kind != kind || !place(schema, record, placing)) continue;
    take(schema.columns, placing, record);
    return true;
  }
  return false;
}

bool align_inserts(Kind kind, RawRecord& record) {
  const std::span<const Column> columns = columns_of(kind);
  if (columns.empty() || record.insert_count() > columns.size()) return false;
  Alignment alignment(columns, record);
  if (!alignment.unique()) return false;
  take(columns, alignment.placing(), record);
  return true;
}

}  // namespace c2watch::parse
