// What a collector delivered, held against what it was given and what was raised in process.
#include <gtest/gtest.h>

#include "harness/io/collectors/record_spool.h"
#include "harness/verify/transport.h"

namespace c2watch::harness {
namespace {

Cargo cargo_of(const std::vector<std::string>& lines) {
  Cargo cargo = std::move(*Cargo::make());
  for (const std::string& line : lines) cargo.add(line, std::nullopt);
  EXPECT_EQ(cargo.seal(), std::nullopt);
  return cargo;
}

TEST(Delivery, EachRecordOnceInAnyOrder) {
  const Cargo cargo = cargo_of({"a", "b", "a", "c"});
  Delivery d(cargo);
  EXPECT_EQ(d.record("a"), 0u);
  EXPECT_EQ(d.record("c"), 3u);
  EXPECT_EQ(d.record("a"), 2u);
  EXPECT_EQ(d.records_out(), 3u);
  EXPECT_EQ(d.lost(), std::vector<std::size_t>{1});
  EXPECT_EQ(d.foreign(), 0u);
}

TEST(Delivery, OneTooManyAndAChangedOneAreForeign) {
  const Cargo cargo = cargo_of({"a", "b"});
  Delivery d(cargo);
  EXPECT_EQ(d.record("a"), 0u);
  EXPECT_EQ(d.record("a"), std::nullopt);
  EXPECT_EQ(d.record("B"), std::nullopt);
  EXPECT_EQ(d.foreign(), 2u);
  EXPECT_EQ(d.record(kEndOfCargo), std::nullopt);
  EXPECT_EQ(d.foreign(), 2u);
}

TEST(Delivery, AFindingAfterAllRecordsBelongsToTheLast) {
  const Cargo cargo = cargo_of({"a", "b"});
  Delivery d(cargo);
  d.finding("{}", cargo.records());
  EXPECT_EQ(d.findings()[0].record, 1u);
}

TEST(Cargo, LineEndsWithinARecordBecomeBlanks) {
  EXPECT_EQ(one_line("{\r\n \"a\": 1\n}\n"), "{   \"a\": 1 }");
}

Emission emission(const std::string& id, std::uint64_t update) {
  Emission e;
  e.finding.id = id;
  e.finding.update = update;
  e.finding.detector = "c2_port";
  return e;
}

Transport compared(const std::vector<Emission>& here, const std::vector<Emission>& there) {
  Transport t;
  compare_findings(t, here, there);
  return t;
}

TEST(Transport, ByIdAndLastUpdateWhateverTheOrder) {
  const Transport same = compared({emission("x", 1), emission("y", 1), emission("x", 2)},
                                  {emission("y", 1), emission("x", 2), emission("x", 1)});
  EXPECT_TRUE(same.held());
  EXPECT_EQ(same.findings, 2u);

  const Transport t = compared({emission("x", 1), emission("x", 2), emission("y", 1)},
                               {emission("x", 1), emission("z", 1)});
  ASSERT_EQ(t.differences.size(), 3u);
  EXPECT_EQ(t.differences[0].fate, FindingFate::last_cut);
  EXPECT_EQ(t.differences[1].fate, FindingFate::missing);
  EXPECT_EQ(t.differences[1].id, "y");
  EXPECT_EQ(t.differences[2].fate, FindingFate::extra);
  EXPECT_FALSE(t.held());
}

}  // namespace
}  // namespace c2watch::harness
