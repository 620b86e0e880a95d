// c2watch-pipe's Sink: what a full or failing disk does to lines.
#include "hosts/pipe/sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

namespace {
int sync_error = 0;  // of the next fdatasync()
}

// Instead of the C library's.
extern "C" int fdatasync(int) {
  if (sync_error == 0) return 0;
  errno = std::exchange(sync_error, 0);
  return -1;
}

namespace c2watch::pipe {
namespace {

class SinkTest : public testing::Test {
 protected:
  SinkTest() : path_(std::filesystem::temp_directory_path() / "c2watch-sink-XXXXXX") {
    ::close(::mkstemp(path_.data()));
    stop_on_signals();  // a limit on file sizes is an error
    fd_ = open_to_append(path_);
  }
  ~SinkTest() override {
    limit(RLIM_INFINITY);
    ::close(fd_);
    std::filesystem::remove(path_);
  }

  static void limit(rlim_t bytes) {
    rlimit l{};
    getrlimit(RLIMIT_FSIZE, &l);
    l.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &l);
  }
  std::string text() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string path_;
  int fd_ = -1;
};

TEST_F(SinkTest, goes_on_from_the_byte_at_which_the_disk_was_full) {
  Sink sink(fd_, "name");
  sink.put_line("0123456789");
  limit(4);
  EXPECT_FALSE(sink.flush());
  EXPECT_EQ(sink.error(), "name: File too large");
  EXPECT_FALSE(sink.sync());
  sink.put_line("abc");
  limit(RLIM_INFINITY);
  EXPECT_EQ(text(), "0123");
  EXPECT_TRUE(sink.sync());
  EXPECT_EQ(text(), "0123456789\nabc\n");
  EXPECT_TRUE(sink.empty());
  EXPECT_TRUE(sink.flush()) << "with nothing to write";
}

// After a failed fdatasync the kernel may have dropped the pages and call the next one a success.
TEST_F(SinkTest, writes_again_what_the_disk_did_not_take) {
  Sink sink(fd_, "name");
  sink.put_line("one");
  sync_error = EIO;
  EXPECT_FALSE(sink.sync());
  EXPECT_EQ(sink.error(), "name: Input/output error");
  sink.put_line("two");
  EXPECT_TRUE(sink.sync());
  EXPECT_EQ(text(), "one\none\ntwo\n");
}

TEST_F(SinkTest, a_pipe_has_no_disk_to_wait_for) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Sink sink(ends[1], "name");
  sink.put_line("one");
  sync_error = EINVAL;
  EXPECT_TRUE(sink.sync());
  ::close(ends[0]);
  sink.put_line("two");
  EXPECT_FALSE(sink.flush());
  EXPECT_EQ(sink.error(), "name: Broken pipe");
  ::close(ends[1]);
}

TEST_F(SinkTest, is_overfull_beyond_what_the_engine_tells_again) {
  Sink lines(fd_, "name");
  for (std::size_t i = 0; i < Sink::kMostLines; ++i) lines.put_line("");
  EXPECT_FALSE(lines.overfull());
  lines.put_line("");
  EXPECT_TRUE(lines.overfull());
  Sink bytes(fd_, "name");
  bytes.put(std::string(Sink::kMaxBytes, 'x'));
  EXPECT_FALSE(bytes.overfull());
  bytes.put("x");
  EXPECT_TRUE(bytes.overfull());
  EXPECT_TRUE(bytes.flush());
  EXPECT_FALSE(bytes.overfull());
}

TEST_F(SinkTest, ends_a_line_that_a_kill_cut_off_and_no_other) {
  for (const auto& [before, after] : {std::pair{"", "new\n"}, std::pair{"whole\n", "whole\nnew\n"},
                                      std::pair{"torn", "torn\nnew\n"}}) {
    std::ofstream(path_, std::ios::trunc) << before;
    const int fd = open_to_append(path_);
    Sink sink(fd, "name");
    sink.put_line("new");
    EXPECT_TRUE(sink.flush());
    EXPECT_EQ(text(), after);
    ::close(fd);
  }
  EXPECT_THROW(open_to_append(path_ + "/none"), std::runtime_error);
}

}  // namespace
}  // namespace c2watch::pipe
