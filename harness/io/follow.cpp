#include "harness/io/follow.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

namespace c2watch::harness {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

// Text is appended to; everything that begins like this must be read from its beginning.
bool begins_like_a_container(string_view head) {
  constexpr std::array<string_view, 10> kMagics = {string_view("ElfFile"),
                                                   "\x1f\x8b",
                                                   "BZh",
                                                   "\xfd"
                                                   "7zXZ",
                                                   "\x28\xb5\x2f\xfd",
                                                   "\x04\x22\x4d\x18",
                                                   "PK\x03\x04",
                                                   "7z\xbc\xaf",
                                                   "\xff\xfe",
                                                   "\xfe\xff"};
  return std::any_of(kMagics.begin(), kMagics.end(),
                     [&](string_view magic) { return head.starts_with(magic); });
}

// Hands on what comes after the first `skip` records.
class SkippingSink final : public SourceSink {
 public:
  SkippingSink(SourceSink& next, std::uint64_t skip) : next_(next), skip_(skip) {}

  void begin_file(string_view name) override { next_.begin_file(name); }
  void record(string_view bytes, std::uint64_t offset) override {
    if (seen_++ >= skip_) next_.record(bytes, offset);
  }
  void non_record(NonRecord why, string_view line, std::uint64_t offset) override {
    if (seen_ >= skip_) next_.non_record(why, line, offset);
  }
  void on_error(string_view why) override { next_.on_error(why); }

  std::uint64_t seen() const { return seen_; }

 private:
  SourceSink& next_;
  std::uint64_t skip_;
  std::uint64_t seen_ = 0;
};

}  // namespace

struct Follower::File {
  explicit File(SourceSink& sink) : framer(std::make_unique<Framer>(sink)) {}
  ~File() {
    if (fd >= 0) close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd = -1;
  dev_t device = 0;
  ino_t inode = 0;
  std::uint64_t read = 0;  // bytes taken from the file
  bool kind_known = false;
  bool container = false;
  std::uint64_t size_last_poll = 0;
  std::uint64_t size_when_read = 0;     // of a container
  std::uint64_t records_handed_on = 0;  // of a container
  std::unique_ptr<Framer> framer;
};

Follower::Follower(SourceSink& sink, std::vector<string> paths)
    : sink_(sink), paths_(std::move(paths)) {}

Follower::~Follower() = default;

namespace {

// Everything beyond `read`. False when the file cannot be read.
bool read_on(int fd, std::uint64_t& read, Framer& framer) {
  const std::uint64_t before = read;
  std::array<char, 1 << 16> chunk;
  for (;;) {
    const ssize_t n = pread(fd, chunk.data(), chunk.size(), static_cast<off_t>(read));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (read != before) framer.flush_complete();
      return n == 0;
    }
    framer.feed({chunk.data(), static_cast<std::size_t>(n)});
    read += static_cast<std::uint64_t>(n);
  }
}

string head_of(int fd) {
  constexpr std::size_t kHead = 256;
  string head(kHead, '\0');
  const ssize_t n = pread(fd, head.data(), head.size(), 0);
  head.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return head;
}

bool same_file(const struct stat& a, dev_t device, ino_t inode) {
  return a.st_dev == device && a.st_ino == inode;
}

}  // namespace

// Leaves the slot empty when the file that it follows is no longer the one under that name.
void Follower::retire_if_rotated(const string& name, std::unique_ptr<File>& slot) {
  if (slot == nullptr || slot->fd < 0 || slot->container) return;
  struct stat now {};
  struct stat ours {};
  const bool shorter =
      fstat(slot->fd, &ours) == 0 && static_cast<std::uint64_t>(ours.st_size) < slot->read;
  const bool replaced = stat(name.c_str(), &now) == 0 && !same_file(now, slot->device, slot->inode);
  if (!shorter && !replaced) return;
  if (!shorter) {
    read_on(slot->fd, slot->read, *slot->framer);
    retired_[{slot->device, slot->inode}] = {slot->read, head_of(slot->fd)};
  }
  slot->framer->finish();
  slot.reset();
}

// A followed file that has been renamed, and nothing has taken its old name yet.
std::unique_ptr<Follower::File> Follower::known_by_another_name(std::uint64_t device,
                                                                std::uint64_t inode) {
  for (auto& [name, file] : files_) {
    if (file == nullptr || file->fd < 0 || file->device != device || file->inode != inode) continue;
    struct stat now {};
    // Two names of one file at once: a hard link, which is read twice as anybody would.
    if (stat(name.c_str(), &now) == 0 && same_file(now, file->device, file->inode)) continue;
    return std::move(file);
  }
  return nullptr;
}

void Follower::poll_file(const string& name, bool at_end) {
  auto& slot = files_[name];
  retire_if_rotated(name, slot);
  struct stat now {};
  if (stat(name.c_str(), &now) != 0 || !S_ISREG(now.st_mode)) return;
  if (slot == nullptr) slot = known_by_another_name(now.st_dev, now.st_ino);
  if (slot == nullptr) {
    slot = std::make_unique<File>(sink_);
    sink_.begin_file(name);
  }
  File& file = *slot;
  if (file.fd < 0) {
    file.fd = open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (file.fd < 0) return;
    file.device = now.st_dev;
    file.inode = now.st_ino;
    const auto known = retired_.find({file.device, file.inode});
    if (known != retired_.end() && head_of(file.fd).starts_with(known->second.head))
      file.read = known->second.read;
  }
  const auto size = static_cast<std::uint64_t>(now.st_size);
  if (!file.kind_known && size > 0) {
    const string head = head_of(file.fd);
    // The longest beginning that tells a kind has seven bytes.
    file.kind_known = head.size() >= 7 || at_end;
    file.container = begins_like_a_container(head);
  }
  if (!file.kind_known) return;
  if (file.container) return poll_container(name, file, size, at_end);
  if (!read_on(file.fd, file.read, *file.framer)) sink_.on_error("cannot be read");
  if (at_end) file.framer->finish();
}

void Follower::poll_container(const string& name, File& file, std::uint64_t size, bool at_end) {
  struct stat now {};
  if (stat(name.c_str(), &now) != 0) return;
  const bool settled = size == std::exchange(file.size_last_poll, size) || at_end;
  const bool other = !same_file(now, file.device, file.inode);
  if (!settled || (size == file.size_when_read && !other)) return;
  if (other || size < file.size_when_read) file.records_handed_on = 0;
  file.device = now.st_dev;
  file.inode = now.st_ino;
  file.size_when_read = size;
  SkippingSink rest(sink_, file.records_handed_on);
  SourceReader reader(rest);
  if (!reader.read(name)) sink_.on_error(reader.error());
  file.records_handed_on = std::max(file.records_handed_on, rest.seen());
}

void Follower::poll_everything(bool at_end) {
  std::set<string> names;  // by name: the order of reading does not depend on the folder's
  for (const auto& [name, file] : files_) names.insert(name);
  for (const string& path : paths_) {
    std::error_code failed;
    if (!fs::is_directory(path, failed)) {
      names.insert(path);
      continue;
    }
    for (fs::recursive_directory_iterator at(path, failed), end; !failed && at != end;
         at.increment(failed))
      if (at->is_regular_file(failed)) names.insert(at->path().string());
  }
  for (const string& name : names) poll_file(name, at_end);
}

void Follower::poll() { poll_everything(false); }

void Follower::finish() { poll_everything(true); }

}  // namespace c2watch::harness
