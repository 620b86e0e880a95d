#include "harness/io/source.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Collect final : public SourceSink {
 public:
  void begin_file(std::string_view name) override { members.emplace_back(name); }
  void record(std::string_view bytes, std::uint64_t) override { records.emplace_back(bytes); }
  void non_record(NonRecord, std::string_view, std::uint64_t) override { ++junk_lines; }
  void on_error(std::string_view why) override { errors.emplace_back(why); }

  std::vector<std::string> members, records, errors;
  int junk_lines = 0;
};

Collect read_all(const std::string& path, bool want = true) {
  Collect out;
  SourceReader reader(out);
  EXPECT_EQ(reader.read(path), want) << reader.error();
  return out;
}

using Files = std::vector<std::pair<std::string, std::string>>;

// An archive as libarchive writes it; "raw" holds one file, compressed.
std::string pack(const Scratch& scratch, const std::string& name, const char* format,
                 const char* filter, const Files& files) {
  archive* a = archive_write_new();
  EXPECT_EQ(archive_write_set_format_by_name(a, format), ARCHIVE_OK) << archive_error_string(a);
  if (filter != std::string_view("none")) {
    EXPECT_EQ(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK) << archive_error_string(a);
  }
  EXPECT_EQ(archive_write_open_filename(a, scratch.path(name).c_str()), ARCHIVE_OK);
  for (const auto& [file, content] : files) {
    archive_entry* e = archive_entry_new();
    archive_entry_set_pathname(e, file.c_str());
    archive_entry_set_size(e, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_write_header(a, e);
    archive_write_data(a, content.data(), content.size());
    archive_entry_free(e);
  }
  archive_write_close(a);
  archive_write_free(a);
  return scratch.path(name);
}

constexpr const char* kTwo = "{\"a\":1}\n{\"b\":2}\n";

TEST(Source, PlainFile) {
  const Scratch s;
  const Collect out = read_all(s.write("x.json", kTwo));
  EXPECT_THAT(out.records, ElementsAre("{\"a\":1}", "{\"b\":2}"));
  EXPECT_THAT(out.errors, IsEmpty());
}

class FilterTest : public testing::TestWithParam<const char*> {};

TEST_P(FilterTest, CompressedFileIsReadThroughWhateverItsName) {
  const Scratch s;
  const Collect out = read_all(pack(s, "x.log", "raw", GetParam(), {{"x", kTwo}}));
  EXPECT_THAT(out.records, ElementsAre("{\"a\":1}", "{\"b\":2}"));
  EXPECT_THAT(out.members, ElementsAre(s.path("x.log")));
}

INSTANTIATE_TEST_SUITE_P(, FilterTest,
                         testing::Values("gzip", "bzip2", "xz", "lzma", "zstd", "lz4"),
                         [](const auto& p) { return std::string(p.param); });

class ArchiveTest : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(ArchiveTest, EveryMemberIsReadUnderItsName) {
  const Scratch s;
  const auto [format, filter] = GetParam();
  const std::string path =
      pack(s, "x", format, filter, {{"d/one.json", "{\"a\":1}\n"}, {"two.json", "{\"b\":2}\n"}});
  const Collect out = read_all(path);
  EXPECT_THAT(out.members, ElementsAre(path + ": d/one.json", path + ": two.json"));
  EXPECT_THAT(out.records, ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

INSTANTIATE_TEST_SUITE_P(, ArchiveTest,
                         testing::Values(std::pair{"pax", "none"}, std::pair{"pax", "gzip"},
                                         std::pair{"pax", "xz"}, std::pair{"gnutar", "zstd"},
                                         std::pair{"zip", "none"}, std::pair{"7zip", "none"}),
                         [](const auto& p) {
                           return std::string(p.param.first) + "_" + p.param.second;
                         });

TEST(Source, CompressedFilesInsideAnArchive) {
  const Scratch s;
  const std::string inner = slurp(pack(s, "inner", "raw", "gzip", {{"x", kTwo}}));
  const Collect out = read_all(pack(s, "outer", "zip", "none", {{"x.json.gz", inner}}));
  EXPECT_THAT(out.records, ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

TEST(Source, NestingHasAnEnd) {
  const Scratch s;
  std::string content = kTwo;
  for (int depth = 0; depth < 8; ++depth)
    content = slurp(pack(s, "x" + std::to_string(depth), "raw", "gzip", {{"x", content}}));
  // libarchive itself undoes several layers of compression at once; archives in archives it does
  // not.
  std::string boxed = kTwo;
  for (int depth = 0; depth < 8; ++depth)
    boxed = slurp(pack(s, "t" + std::to_string(depth), "pax", "none", {{"x", boxed}}));
  const Collect out = read_all(s.write("deep.tar", boxed));
  EXPECT_THAT(out.records, IsEmpty());
  EXPECT_THAT(out.errors, ElementsAre(HasSubstr("nested deeper")));
}

TEST(Source, TruncatedFileGivesWhatIsThereAndSaysSo) {
  const Scratch s;
  std::string lines;
  for (int i = 0; i < 200'000; ++i) lines += "{\"n\":" + std::to_string(i * 7919) + "}\n";
  const std::string whole = slurp(pack(s, "x.gz", "raw", "gzip", {{"x", lines}}));
  const Collect out = read_all(s.write("cut.gz", whole.substr(0, whole.size() / 2)));
  EXPECT_GT(out.records.size(), 50'000u);
  EXPECT_LT(out.records.size(), 200'000u);
  EXPECT_THAT(out.errors, ElementsAre(HasSubstr("damaged")));
}

TEST(Source, EmptyFileIsSaidToBeEmpty) {
  const Scratch s;
  const Collect out = read_all(s.write("x", ""));
  EXPECT_THAT(out.members, ElementsAre(s.path("x")));
  EXPECT_THAT(out.errors, ElementsAre("empty"));
}

TEST(Source, MissingFileIsAnErrorWithItsName) {
  Collect out;
  SourceReader reader(out);
  EXPECT_FALSE(reader.read("/nowhere/x.json"));
  EXPECT_THAT(reader.error(), HasSubstr("/nowhere/x.json: No such file"));
}

TEST(Source, FolderIsReadInOrderOfNames) {
  const Scratch s;
  std::filesystem::create_directory(s.path("b"));
  s.write("b/2.json", "{\"b\":2}");
  s.write("a.json", "{\"a\":1}");
  EXPECT_THAT(read_all(s.path()).records, ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

std::string utf16(const std::string& ascii, bool big_endian) {
  std::string out = big_endian ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : ascii) {
    if (big_endian) out += '\0';
    out += c;
    if (!big_endian) out += '\0';
  }
  return out;
}

TEST(Source, Utf16OfEitherOrderIsConverted) {
  const Scratch s;
  for (const bool big_endian : {false, true})
    EXPECT_THAT(read_all(s.write("x.json", utf16(kTwo, big_endian))).records,
                ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

TEST(Source, HalfASurrogateDoesNotStopTheRest) {
  const Scratch s;
  std::string text = utf16("{\"a\":\"", false);
  text += std::string("\x00\xD8", 2);  // a lone high surrogate
  text += utf16("\"}\n{\"b\":2}\n", false).substr(2);
  EXPECT_THAT(read_all(s.write("x.json", text)).records, ElementsAre("{\"a\":\"?\"}", "{\"b\":2}"));
}

TEST(Source, NotReallyAnEvtxFile) {
  const Scratch s;
  const Collect out =
      read_all(s.write("x.evtx", std::string("ElfFile\0", 8) + std::string(5000, 'x')));
  EXPECT_THAT(out.records, IsEmpty());
  EXPECT_EQ(out.errors.size(), 1u);
}

TEST(Source, BinaryGarbageIsJunkNotACrash) {
  const Scratch s;
  std::string noise;
  std::uint64_t state = 42;  // a fixed sequence
  for (int i = 0; i < 300'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    noise += static_cast<char>(state >> 56);
  }
  const Collect out = read_all(s.write("x", noise));
  EXPECT_GT(out.junk_lines, 100);
}

}  // namespace
}  // namespace c2watch::harness
