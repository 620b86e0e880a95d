// The parts that the shapes share: names, entities, positions, messages, numbers.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/parse/bytes.h"
#include "core/parse/entities.h"
#include "core/parse/field_names.h"
#include "core/parse/message_text.h"
#include "core/parse/normalise.h"
#include "core/parse/positional.h"
#include "core/parse/schemas.h"
#include "core/parse/scratch.h"
#include "support/wire_shapes.h"

namespace c2watch::parse {
namespace {

TEST(FieldNames, TheSameLeafMeansTheSameInEveryShape) {
  EXPECT_EQ(find_name(Scope::data, "DestinationIp").slot, Slot::destination_ip);
  EXPECT_EQ(find_name(Scope::record, "DestinationIp").slot, Slot::destination_ip);
  EXPECT_EQ(find_name(Scope::data, "destinationIp").slot, Slot::destination_ip);
  EXPECT_EQ(find_path(Scope::record, "winlog.event_data.DestinationIp").slot, Slot::destination_ip);
  EXPECT_EQ(find_path(Scope::record, "data.win.eventdata.destinationIp").slot,
            Slot::destination_ip);
  EXPECT_EQ(find_path(Scope::record, "destination.ip").slot, Slot::destination_ip);
  EXPECT_TRUE(find_path(Scope::record, "destination.ip").weak);
  EXPECT_EQ(find_path(Scope::record, "dns.question.name").slot, Slot::query_name);
  EXPECT_EQ(find_path(Scope::record, "Event.System.TimeCreated.#attributes.SystemTime").slot,
            Slot::time_created);
}

TEST(FieldNames, WhatMustNotBeMixedUpIsNot) {
  EXPECT_EQ(find_name(Scope::record, "ProcessID").slot, Slot::none);  // Sysmon's own process
  EXPECT_EQ(find_name(Scope::record, "host").slot, Slot::none);       // the collector
  EXPECT_EQ(find_path(Scope::record, "winlog.process.pid").slot, Slot::none);
  EXPECT_EQ(find_path(Scope::record, "winlog.user.name").slot, Slot::none);
  EXPECT_EQ(find_path(Scope::record, "agent.hostname").slot, Slot::none);
  EXPECT_EQ(find_name(Scope::record, "destinationIp").slot, Slot::none);
  EXPECT_EQ(find_name(Scope::data, "Computer").slot, Slot::none);
  EXPECT_EQ(find_name(Scope::none, "Image").slot, Slot::none);
  EXPECT_EQ(find_name(Scope::data, "").slot, Slot::none);
  EXPECT_EQ(find_path(Scope::record, "..").slot, Slot::none);
}

TEST(Entities, DecodeWhatTheyKnowAndKeepTheRest) {
  Scratch scratch;
  EXPECT_EQ(decode_entities("a &lt;b&gt; &amp;&quot;&apos;", scratch), "a <b> &\"'");
  EXPECT_EQ(decode_entities("&#65;&#x42;&#xEB;&#x20AC;&#x1F600;", scratch), "ABë€😀");
  EXPECT_EQ(decode_entities("&nbsp; & &; &#; &#x; &#0; &#xD800; &#x110000; &lt", scratch),
            "&nbsp; & &; &#; &#x; &#0; &#xD800; &#x110000; &lt");
  EXPECT_EQ(decode_entities("&amp;lt;", scratch), "&lt;");  // once, not twice
  EXPECT_EQ(decode_entities("", scratch), "");
}

TEST(Entities, ATextWithoutReferencesIsNotCopied) {
  Scratch scratch;
  const std::string_view text = "nothing to do";
  EXPECT_EQ(decode_entities(text, scratch).data(), text.data());
}

TEST(Entities, ATaskIsDecodedUntilItAppears) {
  Scratch scratch;
  const std::string plain = "<?xml version=\"1.0\"?><Task><a>&lt;</a></Task>";
  std::string text = plain;
  for (int depth = 0; depth <= 4; ++depth) {
    EXPECT_EQ(decode_task(text, scratch), plain) << depth;
    text = testing_support::xml_text(text);
  }
  EXPECT_EQ(decode_task(text, scratch), text) << "five times is somebody hiding: left as it is";
  EXPECT_EQ(decode_task("no task &amp; no harm", scratch), "no task &amp; no harm");
}

TEST(Numbers, AreDecimalAndInRange) {
  std::uint64_t out = 7;
  EXPECT_TRUE(parse_number("65535", 65'535, out));
  EXPECT_EQ(out, 65'535u);
  EXPECT_TRUE(parse_number("443.0", 65'535, out));
  EXPECT_EQ(out, 443u);
  EXPECT_TRUE(parse_number("0", 65'535, out));
  EXPECT_TRUE(parse_number("1e3", 65'535, out));
  EXPECT_EQ(out, 1'000u);
  out = 7;
  for (const char* bad : {"65536",
                          "",
                          "-1",
                          "+1",
                          " 1",
                          "1 ",
                          "1.5",
                          "1.",
                          ".5",
                          "e5",
                          "1e",
                          "1e+",
                          "1.5e",
                          "1..0",
                          "1.0.0",
                          "1e1e1",
                          "15e-2",
                          "0x10",
                          "1e5",
                          "18446744073709551616",
                          "99999999999999999999"}) {
    EXPECT_FALSE(parse_number(bad, 65'535, out)) << bad;
  }
  EXPECT_EQ(out, 7u);
}

TEST(Bytes, FindEitherLooksAtEveryPosition) {
  for (std::size_t n = 0; n < 40; ++n) {
    for (std::size_t at = 0; at < n; ++at) {
      std::string text(n, 'x');
      text[at] = at % 2 == 0 ? '<' : '&';
      const char* end = text.data() + n;
      EXPECT_EQ(find_either(text.data(), end, '<', '&', end), text.data() + at);
      EXPECT_EQ(find_either(text.data(), end, 'y', 'z', end), end);
      text[at] = '\x80';
      EXPECT_FALSE(is_ascii(text)) << n << " " << at;
    }
    EXPECT_TRUE(is_ascii(std::string(n, '\x7f')));
  }
}

TEST(Scratch, KeepsWhatItHandedOutUntilReset) {
  Scratch scratch;
  std::vector<std::string_view> kept;
  for (int round = 0; round < 2; ++round) {
    kept.clear();
    for (int i = 0; i < 200; ++i) {
      char* room = scratch.reserve(1'000);
      std::fill_n(room, 1'000, static_cast<char>('a' + i % 26));
      kept.push_back(scratch.commit(1'000));
    }
    for (int i = 0; i < 200; ++i) {
      EXPECT_EQ(kept[static_cast<std::size_t>(i)],
                std::string(1'000, static_cast<char>('a' + i % 26)));
    }
    scratch.reset();
  }
}

// Views: `values` must outlive the record.
RawRecord with_inserts(const std::vector<std::string>& values) {
  RawRecord record;
  for (const std::string& v : values) record.add_insert(v);
  return record;
}

std::vector<std::string> values_of(const testing_support::WireRecord& record) {
  std::vector<std::string> values;
  for (const auto& [name, value] : record.data) values.push_back(value);
  return values;
}

std::vector<std::string> without(std::vector<std::string> values,
                                 std::vector<std::size_t> columns) {
  for (auto c = columns.rbegin(); c != columns.rend(); ++c) {
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(*c));
  }
  return values;
}

TEST(Positional, EveryKnownCountOfProcessCreate) {
  const std::vector<std::string> all = values_of(testing_support::process_create_record());
  const std::vector<std::vector<std::size_t>> absent = {
      {}, {22}, {9, 22}, {0, 9, 22}, {0, 5, 6, 7, 8, 9, 22}};
  const std::size_t counts[] = {23, 22, 21, 20, 16};
  for (std::size_t i = 0; i < absent.size(); ++i) {
    const std::vector<std::string> values = without(all, absent[i]);
    ASSERT_EQ(values.size(), counts[i]);
    RawRecord record = with_inserts(values);
    ASSERT_TRUE(name_inserts(Kind::process_create, record)) << counts[i];
    EXPECT_EQ(record[Slot::image], all[4]);
    EXPECT_EQ(record[Slot::command_line], all[10]);
    EXPECT_EQ(record[Slot::parent_image], all[20]);
    EXPECT_EQ(record[Slot::original_file_name], i < 2 ? all[9] : "");
  }
}

TEST(Positional, SeventeenMayBeAnOldSchemaOrAShiftedOne) {
  const std::vector<std::string> all = values_of(testing_support::network_connect_record());
  const std::vector<std::string> no_rule = without(all, {0});
  RawRecord old = with_inserts(no_rule);
  EXPECT_TRUE(name_inserts(Kind::network_connect, old));
  EXPECT_EQ(old[Slot::destination_port], "8443");

  const std::vector<std::string> no_name = without(all, {15});  // the destination's name vanished
  RawRecord shifted = with_inserts(no_name);
  EXPECT_FALSE(name_inserts(Kind::network_connect, shifted));
  EXPECT_TRUE(align_inserts(Kind::network_connect, shifted));
  EXPECT_EQ(shifted[Slot::destination_ip], "203.0.113.90");
  EXPECT_EQ(shifted[Slot::destination_port], "8443");
  EXPECT_FALSE(shifted.has(Slot::destination_hostname));
}

// Sysmon's empty values are six: whichever of them vanish, the rest keep their meaning.
TEST(Positional, AnyVanishedValuesOfNetworkConnectAreFoundOut) {
  const std::vector<std::string> all = values_of(testing_support::network_connect_record());
  const std::size_t optional[] = {0, 5, 10, 12, 15, 17};
  for (unsigned mask = 0; mask < 64; ++mask) {
    std::vector<std::size_t> gone;
    for (std::size_t bit = 0; bit < 6; ++bit) {
      if ((mask >> bit & 1) != 0) gone.push_back(optional[bit]);
    }
    const std::vector<std::string> left = without(all, gone);
    RawRecord record = with_inserts(left);
    ASSERT_TRUE(name_inserts(Kind::network_connect, record) ||
                align_inserts(Kind::network_connect, record))
        << mask;
    EXPECT_EQ(record[Slot::utc_time], all[1]) << mask;
    EXPECT_EQ(record[Slot::image], all[4]) << mask;
    EXPECT_EQ(record[Slot::source_ip], all[9]) << mask;
    EXPECT_EQ(record[Slot::destination_ip], all[14]) << mask;
    EXPECT_EQ(record[Slot::destination_port], all[16]) << mask;
    EXPECT_EQ(record[Slot::user], (mask & 2) != 0 ? "" : all[5]) << mask;
    EXPECT_EQ(record[Slot::source_hostname], (mask & 4) != 0 ? "" : all[10]) << mask;
  }
}

TEST(Positional, WhatCouldMeanTwoThingsIsRefused) {
  // Five descriptions, of which any may have vanished: which one is the original file name?
  const std::vector<std::string> all = values_of(testing_support::process_create_record());
  const std::vector<std::string> left = without(all, {6});
  RawRecord record = with_inserts(left);
  EXPECT_FALSE(name_inserts(Kind::process_create, record));
  EXPECT_FALSE(align_inserts(Kind::process_create, record));
  EXPECT_FALSE(record.has(Slot::command_line));
}

TEST(Positional, HostileInsertsEndInBoundedTime) {
  const std::vector<std::string> dashes(23, "-"), letters(5'000, "x");
  RawRecord record = with_inserts(dashes);
  EXPECT_FALSE(align_inserts(Kind::process_create, record));
  RawRecord many = with_inserts(letters);
  EXPECT_FALSE(name_inserts(Kind::network_connect, many));
  EXPECT_FALSE(align_inserts(Kind::network_connect, many));
}

TEST(Schemas, CountsAreTheManifests) {
  std::vector<std::pair<Kind, std::size_t>> counts;
  for (const Schema& s : schemas()) counts.emplace_back(s.kind, s.count());
  const std::vector<std::pair<Kind, std::size_t>> want = {
      {Kind::process_create, 23},  {Kind::process_create, 22}, {Kind::process_create, 21},
      {Kind::process_create, 20},  {Kind::process_create, 16}, {Kind::network_connect, 18},
      {Kind::network_connect, 17}, {Kind::dns_query, 9},       {Kind::dns_query, 8},
      {Kind::task_created, 11},    {Kind::task_created, 6},    {Kind::script_block, 5},
      {Kind::dns_client, 5}};
  EXPECT_EQ(counts, want);
}

TEST(MessageText, EmptyValuesStayEmpty) {
  RawRecord record;
  ASSERT_TRUE(
      read_message("Network connection detected:\r\nRuleName: \r\nUtcTime: 2026-08-21 "
                   "08:00:00.004\r\nImage: C:\\a b\\c.exe\r\n"
                   "SourceHostname: \r\nSourcePort: 1\r\nDestinationHostname: \r\nDestinationPort: "
                   "443\r\nDestinationPortName: ",
                   Kind::network_connect, record));
  EXPECT_EQ(record[Slot::image], "C:\\a b\\c.exe");
  EXPECT_EQ(record[Slot::destination_port], "443");
  EXPECT_FALSE(record.has(Slot::destination_hostname));
}

TEST(MessageText, AKeyInsideAValueIsNotAKey) {
  RawRecord record;
  ASSERT_TRUE(
      read_message("Process Create:\nImage: C:\\a.exe\nCommandLine: a.exe User: nobody "
                   "ParentImage: no.exe\nUser: CORP\\u\nParentImage: C:\\p.exe",
                   Kind::process_create, record));
  EXPECT_EQ(record[Slot::command_line], "a.exe User: nobody ParentImage: no.exe");
  EXPECT_EQ(record[Slot::user], "CORP\\u");
  EXPECT_EQ(record[Slot::parent_image], "C:\\p.exe");
}

TEST(MessageText, OtherTextHoldsNothing) {
  RawRecord record;
  EXPECT_FALSE(read_message("", Kind::process_create, record));
  EXPECT_FALSE(
      read_message("The service entered the running state.", Kind::network_connect, record));
  EXPECT_FALSE(read_message("Image: a", Kind::other, record));
  EXPECT_FALSE(record.any());
}

}  // namespace
}  // namespace c2watch::parse
