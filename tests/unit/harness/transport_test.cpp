// What a collector delivered, held against what it was given and what was raised in process.
#include <gtest/gtest.h>

#include "harness/io/collectors/record_spool.h"
#include "harness/verify/transport.h"

namespace c2watch::harness {
namespace {

RecordSpool cargo_of(const std::vector<std::string>& lines) {
  RecordSpool spool = std::move(*RecordSpool::make());
  for (const std::string& line : lines) spool.add(line, std::nullopt);
  EXPECT_EQ(spool.seal(), std::nullopt);
  return spool;
}

TEST(CollectorOutput, EachRecordOnceInAnyOrder) {
  const RecordSpool spool = cargo_of({"a", "b", "a", "c"});
  CollectorOutput d(spool);
  EXPECT_EQ(d.record("a"), 0u);
  EXPECT_EQ(d.record("c"), 3u);
  EXPECT_EQ(d.record("a"), 2u);
  EXPECT_EQ(d.records_out(), 3u);
  EXPECT_EQ(d.lost(), std::vector<std::size_t>{1});
  EXPECT_EQ(d.unexpected(), 0u);
}

TEST(CollectorOutput, OneTooManyAndAChangedOneAreForeign) {
  const RecordSpool spool = cargo_of({"a", "b"});
  CollectorOutput d(spool);
  EXPECT_EQ(d.record("a"), 0u);
  EXPECT_EQ(d.record("a"), std::nullopt);
  EXPECT_EQ(d.record("B"), std::nullopt);
  EXPECT_EQ(d.unexpected(), 2u);
  EXPECT_EQ(d.record(kEndMarker), std::nullopt);
  EXPECT_EQ(d.unexpected(), 2u);
}

TEST(CollectorOutput, AFindingAfterAllRecordsBelongsToTheLast) {
  const RecordSpool spool = cargo_of({"a", "b"});
  CollectorOutput d(spool);
  d.finding("{}", spool.records());
  EXPECT_EQ(d.findings()[0].record, 1u);
}

TEST(RecordSpool, LineEndsWithinARecordBecomeBlanks) {
  EXPECT_EQ(one_line("{\r\n \"a\": 1\n}\n"), "{   \"a\": 1 }");
}

TimedFinding emission(const std::string& id, std::uint64_t update) {
  TimedFinding e;
  e.finding.id = id;
  e.finding.update = update;
  e.finding.detector = "c2_port";
  return e;
}

Transport compared(const std::vector<TimedFinding>& here, const std::vector<TimedFinding>& there) {
  Transport t;
  compare_findings(t, here, there);
  return t;
}

TEST(Transport, ByIdAndLastUpdateWhateverTheOrder) {
  const Transport same = compared({emission("x", 1), emission("y", 1), emission("x", 2)},
                                  {emission("y", 1), emission("x", 2), emission("x", 1)});
  EXPECT_TRUE(same.passed());
  EXPECT_EQ(same.findings, 2u);

  const Transport t = compared({emission("x", 1), emission("x", 2), emission("y", 1)},
                               {emission("x", 1), emission("z", 1)});
  ASSERT_EQ(t.differences.size(), 3u);
  EXPECT_EQ(t.differences[0].kind, DifferenceKind::last_cut);
  EXPECT_EQ(t.differences[1].kind, DifferenceKind::missing);
  EXPECT_EQ(t.differences[1].id, "y");
  EXPECT_EQ(t.differences[2].kind, DifferenceKind::extra);
  EXPECT_FALSE(t.passed());
}

}  // namespace
}  // namespace c2watch::harness
