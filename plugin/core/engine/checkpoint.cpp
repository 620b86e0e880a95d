#include "core/engine/checkpoint.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <new>
#include <utility>

#include "core/state/hash.h"

namespace c2watch::engine {
namespace {

constexpr std::string_view kMagic = "c2watch\n";
constexpr std::uint32_t kFormat = 2;
constexpr std::size_t kHeaderBytes = 40;
constexpr std::size_t kFormat1HeaderBytes = 32;
constexpr std::size_t kChunkHead = 16;
constexpr std::size_t kEntryHead = 12;
constexpr std::uint8_t kDirectory = 254;
constexpr std::uint8_t kEnd = 255;
constexpr std::uint64_t kMaxSnapshotBytes = std::uint64_t{16} << 30;
constexpr std::uint64_t kLeastTidied = std::uint64_t{4} << 20;  // 1 ms
constexpr std::uint64_t kLeastRoom = std::uint64_t{1} << 20;
constexpr std::size_t kMostRetired = 8;  // by one snapshot: itself, the one before, its journals
constexpr int kMaxDamaged = 9;           // files kept for whoever wants to know
constexpr int kHardLimitTimes = 4;       // of journal_target()
constexpr mode_t kOthersMayWrite = S_IWOTH;

std::string text_of(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe)
std::string why_not() { return text_of(errno); }

// {bytes, part, stream, 0, checksum}, the checksum over all before it and the payload. Its seed is
// the chunk's number, so that no chunk can stand in another's place.
using ChunkHead = std::array<char, kChunkHead>;

ChunkHead chunk_head(std::uint64_t number, std::uint8_t part, std::uint8_t stream,
                     std::string_view payload) {
  ChunkHead head{};
  const auto size = static_cast<std::uint32_t>(payload.size());
  std::memcpy(head.data(), &size, sizeof size);
  head[4] = static_cast<char>(part);
  head[5] = static_cast<char>(stream);
  const state::Hash128 sum = state::hash_key(number, {{head.data(), 8}, payload});
  std::memcpy(head.data() + 8, &sum.low, sizeof sum.low);
  return head;
}

std::string_view text(const ChunkHead& head) { return {head.data(), head.size()}; }

struct Header {
  std::uint32_t format = kFormat;
  std::uint64_t seed = 0;
  Time saved = kNoTime;

  std::size_t bytes() const { return format == 1 ? kFormat1HeaderBytes : kHeaderBytes; }

  std::string text() const {
    std::string bytes(kMagic);
    state::Writer w(bytes);
    w(format, std::uint32_t{0}, seed);
    if (format >= 2) w(saved);
    w(state::hash_text(0, bytes));
    return bytes;
  }
};

struct Chunk {
  std::uint8_t part = 0;
  std::uint8_t stream = 0;
  std::string_view payload;
};

// Takes a snapshot apart. Everything it hands out has been checked against its checksum.
class Chunks {
 public:
  explicit Chunks(std::string_view bytes) : rest_(bytes) {}

  std::optional<Chunk> next() {
    state::Reader r(rest_.substr(0, kChunkHead));
    std::uint32_t size = 0;
    Chunk chunk;
    r(size, chunk.part, chunk.stream);
    if (!r.ok() || rest_.size() < kChunkHead || size > rest_.size() - kChunkHead)
      return std::nullopt;
    chunk.payload = rest_.substr(kChunkHead, size);
    if (text(chunk_head(number_, chunk.part, chunk.stream, chunk.payload)) !=
        rest_.substr(0, kChunkHead))
      return std::nullopt;
    ++number_;
    rest_.remove_prefix(kChunkHead + size);
    return chunk;
  }
  bool at_end() const { return rest_.empty(); }
  std::uint64_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::uint64_t number_ = 0;
};

// Whole: every chunk sound, the last one the end, and nothing behind it.
bool is_whole(std::string_view body) {
  Chunks chunks(body);
  while (const auto chunk = chunks.next()) {
    if (chunk->part != kEnd) continue;
    state::Reader r(chunk->payload);
    std::uint64_t count = 0;
    r(count);
    return r.ok() && r.at_end() && count + 1 == chunks.number() && chunks.at_end();
  }
  return false;
}

struct Directory {
  struct Entry {
    std::string name;
    std::uint32_t version = 0;
    state::Hash128 fingerprint;

    template <class Archive>
    void fields(Archive& a) {
      a(name, version, fingerprint);
    }
  };
  std::uint64_t journal = 1;
  std::vector<Entry> parts;

  template <class Archive>
  void fields(Archive& a) {
    a(journal, parts);
  }
};

// Finds a place on the disk before bytes are written: a write() that has to find one itself waits for
// whoever writes back that file meanwhile, up to 20 ms on ext4. Where it cannot be had, they wait.
void reserve(int fd, bool keep_size, std::uint64_t bytes) noexcept {
  ::fallocate(fd, keep_size ? FALLOC_FL_KEEP_SIZE : 0, 0, static_cast<off_t>(bytes));
}

Result<std::string> read_file(const std::string& path, std::uint64_t most) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return Error{"cannot open " + path + ": " + why_not()};
  struct stat s {};
  std::string bytes;
  std::optional<Error> error;
  if (::fstat(fd, &s) != 0) {
    error = Error{"cannot read " + path + ": " + why_not()};
  } else if (!S_ISREG(s.st_mode) || static_cast<std::uint64_t>(s.st_size) > most) {
    error = Error{path + " is no file of ours"};
  } else {
    try {
      bytes.resize(static_cast<std::size_t>(s.st_size));
    } catch (...) {
      ::close(fd);
      throw;
    }
    std::size_t got = 0;
    while (got < bytes.size()) {
      const ssize_t n = ::read(fd, bytes.data() + got, bytes.size() - got);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) error = Error{"cannot read " + path + ": " + why_not()};
      if (n <= 0) break;
      got += static_cast<std::size_t>(n);
    }
    bytes.resize(got);
  }
  ::close(fd);
  if (error) return *error;
  return bytes;
}

// Restores the parts that are wanted, by their number in the file. The first that is invalid, or
// nullptr.
Result<const SavedPart*> restore_parts(Chunks chunks, const Directory& directory,
                                       const std::vector<const SavedPart*>& wanted) {
  for (const SavedPart* part : wanted)
    if (part != nullptr) part->state->begin_restoring();
  while (const auto chunk = chunks.next()) {
    if (chunk->part == kEnd) break;
    if (chunk->part >= wanted.size()) return Error{"it holds a part without a name"};
    const SavedPart* part = wanted[chunk->part];
    if (part == nullptr) continue;
    state::Reader payload(chunk->payload, directory.parts[chunk->part].version);
    if (!part->state->restore(chunk->stream, payload)) return part;
  }
  for (const SavedPart* part : wanted)
    if (part != nullptr && !part->state->finish()) return part;
  return nullptr;
}

}  // namespace

Result<Restored> read_snapshot(std::string_view bytes, const ChooseParts& choose) {
  if (bytes.size() < kFormat1HeaderBytes || !bytes.starts_with(kMagic))
    return Error{"it is no checkpoint of ours"};
  state::Reader head(bytes.substr(kMagic.size()));
  std::uint32_t zero = 0;
  Header header;
  head(header.format, zero, header.seed);
  if (header.format > kFormat)
    return Error{"it has format " + std::to_string(header.format) +
                 ", written by a newer version; " + "this one reads up to " +
                 std::to_string(kFormat)};
  if (header.format >= 2) head(header.saved);
  if (header.format == 0 || !bytes.starts_with(header.text())) return Error{"it is damaged"};
  Restored restored;
  restored.seed = header.seed;
  restored.saved = header.saved;
  const std::string_view body = bytes.substr(header.bytes());
  if (!is_whole(body)) return Error{"it is damaged or incomplete"};

  Chunks chunks(body);
  const auto first = chunks.next();
  Directory directory;
  state::Reader r(first->payload);
  if (first->part != kDirectory) return Error{"it has no directory"};
  r(directory);
  if (!r.ok() || !r.at_end() || directory.parts.size() >= kDirectory)
    return Error{"its directory is unreadable"};
  restored.journal = directory.journal;

  for (;;) {
    const std::vector<SavedPart> ours = choose(restored.seed);
    std::vector<const SavedPart*> wanted;  // by number in the file
    for (const Directory::Entry& e : directory.parts) {
      const auto hit = std::ranges::find(ours, e.name, &SavedPart::name);
      const bool known = hit != ours.end() && std::ranges::find(wanted, &*hit) == wanted.end();
      if (known && e.version > hit->version)
        return Error{"its part " + e.name + " was written by a newer version"};
      const bool fits = known && hit->fingerprint == e.fingerprint &&
                        std::ranges::find(restored.invalid, e.name) == restored.invalid.end();
      wanted.push_back(fits ? &*hit : nullptr);
    }
    const auto invalid = restore_parts(chunks, directory, wanted);
    if (!invalid) return invalid.error();
    if (*invalid != nullptr) {
      restored.invalid.push_back((*invalid)->name);
      continue;
    }
    for (const SavedPart& part : ours) {
      restored.dropped_keys += part.state->dropped();
      const bool read = std::ranges::find(wanted, &part) != wanted.end();
      const bool bad = std::ranges::find(restored.invalid, part.name) != restored.invalid.end();
      if (!read && !bad && !part.optional) restored.afresh.push_back(part.name);
    }
    return restored;
  }
}

void Checkpoint::File::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Checkpoint::Checkpoint(CheckpointSettings settings, Log log)
    : settings_(std::move(settings)), log_(std::move(log)), new_path_(settings_.path + ".new") {
  const std::size_t slash = settings_.path.rfind('/');
  folder_ =
      slash == std::string::npos ? "." : settings_.path.substr(0, std::max<std::size_t>(slash, 1));
}

Checkpoint::~Checkpoint() { give_up(); }

void Checkpoint::complain(const std::string& what) {
  if (what == last_complaint_) return;  // a full disk is told once, not once a record
  last_complaint_ = what;
  log_(true, "checkpoint: " + what);
}

void Checkpoint::fail(const std::string& what) {
  ++failures_;
  complain(what);
}

// ----------------------------------------------------------------------------------- opening

std::optional<Error> Checkpoint::open() {
  struct stat s {};
  if (::stat(folder_.c_str(), &s) != 0)
    return Error{"checkpoint.path: folder " + folder_ + ": " + why_not()};
  if (!S_ISDIR(s.st_mode)) return Error{"checkpoint.path: " + folder_ + " is no folder"};
  if ((s.st_mode & kOthersMayWrite) != 0)
    return Error{"checkpoint.path: everybody may write to folder " + folder_ +
                 "; use one that only the collector may write to (chmod o-w)"};
  if (::lstat(settings_.path.c_str(), &s) == 0) {
    if (!S_ISREG(s.st_mode))
      return Error{"checkpoint.path: " + settings_.path + " is no plain file"};
    if ((s.st_mode & kOthersMayWrite) != 0)
      return Error{"checkpoint.path: everybody may write to " + settings_.path +
                   "; nobody can say what is in it (delete it, or chmod o-w)"};
  } else if (errno != ENOENT) {
    return Error{"checkpoint.path: " + settings_.path + ": " + why_not()};
  }
  const std::string lock = settings_.path + ".lock";
  lock_ = File(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock_) return Error{"checkpoint.path: cannot create " + lock + ": " + why_not()};
  if (::flock(lock_.fd(), LOCK_EX | LOCK_NB) != 0) {
    lock_.close();
    return Error{"checkpoint.path: another engine uses " + settings_.path +
                 "; each needs a file of its own"};
  }
  return std::nullopt;
}

bool Checkpoint::exists() const {
  struct stat s {};
  return ::lstat(settings_.path.c_str(), &s) == 0 || !journals().empty();
}

Result<std::optional<std::string>> Checkpoint::snapshot() {
  if (::access(settings_.path.c_str(), F_OK) != 0 && errno == ENOENT)
    return std::optional<std::string>();
  auto bytes = read_file(settings_.path, kMaxSnapshotBytes);
  if (!bytes) return bytes.error();
  snapshot_bytes_ = bytes->size();
  return std::optional<std::string>(std::move(*bytes));
}

void Checkpoint::move_aside(const std::string& why) {
  std::string aside;
  for (int n = 1; n <= kMaxDamaged; ++n) {
    aside = settings_.path + ".damaged-" + std::to_string(n);
    if (::access(aside.c_str(), F_OK) != 0) break;
  }
  if (::rename(settings_.path.c_str(), aside.c_str()) != 0)
    return complain("cannot move " + settings_.path + " aside: " + why_not());
  for (const std::uint64_t n : journals()) ::unlink(journal_path(n).c_str());
  snapshot_bytes_ = 0;
  log_(true, "checkpoint: " + settings_.path + " cannot be used: " + why + "; moved to " + aside +
                 ", counting afresh");
}

// ----------------------------------------------------------------------------------- journal

std::string Checkpoint::journal_path(std::uint64_t number) const {
  return settings_.path + ".journal-" + std::to_string(number);
}

std::vector<std::uint64_t> Checkpoint::journals() const {
  const std::string prefix = settings_.path.substr(settings_.path.rfind('/') + 1) + ".journal-";
  std::vector<std::uint64_t> numbers;
  DIR* folder = ::opendir(folder_.c_str());
  if (folder == nullptr) return numbers;
  try {
    while (const dirent* entry = ::readdir(folder)) {  // NOLINT(concurrency-mt-unsafe)
      const std::string_view name = entry->d_name;
      if (!name.starts_with(prefix)) continue;
      const std::string_view digits = name.substr(prefix.size());
      std::uint64_t number = 0;
      const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (end.ec == std::errc() && end.ptr == digits.data() + digits.size())
        numbers.push_back(number);
    }
  } catch (...) {
    ::closedir(folder);
    throw;
  }
  ::closedir(folder);
  std::ranges::sort(numbers);
  return numbers;
}

void Checkpoint::replay(std::uint64_t first,
                        const std::function<void(std::string_view entry)>& each) {
  for (const std::uint64_t number : journals()) {
    journal_number_ = std::max(journal_number_, number);
    if (number < first) {  // a crash came between the snapshot's new name and this
      ::unlink(journal_path(number).c_str());
      continue;
    }
    auto bytes = read_file(journal_path(number), kMaxSnapshotBytes);
    if (!bytes) {
      complain(bytes.error().message);
      continue;
    }
    journal_bytes_ += bytes->size();
    std::string_view rest = *bytes;
    while (rest.size() >= kEntryHead) {
      std::uint32_t size = 0;
      std::uint64_t sum = 0;
      state::Reader r(rest);
      r(size, sum);
      if (size > rest.size() - kEntryHead) break;
      const std::string_view entry = rest.substr(kEntryHead, size);
      if (state::hash_text(number, entry) != sum) break;
      each(entry);
      rest.remove_prefix(kEntryHead + size);
    }
    // The entry that was being written when the process died; its record comes again.
    if (!rest.empty())
      log_(false, "checkpoint: the last " + std::to_string(rest.size()) + " bytes of " +
                      journal_path(number) + " are no whole record and not used");
  }
  journal_number_ = std::max(journal_number_, first - 1);
}

void Checkpoint::start_journal() {
  if (settings_.journal) open_journal();
}

bool Checkpoint::open_journal() {
  const std::string path = journal_path(journal_number_ + 1);
  File next(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (!next) {
    complain("cannot create " + path + ": " + why_not());
    return false;
  }
  journal_ = std::move(next);
  journal_offset_ = journal_tidied_ = journal_room_ = 0;
  ++journal_number_;
  return true;
}

void Checkpoint::note(std::string_view entry) {
  if (!journal_) return;
  if (journal_bytes_ >= kHardLimitTimes * journal_target()) {
    journal_.close();
    return complain("the journal holds " + std::to_string(journal_bytes_) +
                    " bytes and no snapshot could be written; a crash now loses what follows");
  }
  entry_.clear();
  state::Writer w(entry_);
  w(static_cast<std::uint32_t>(entry.size()), state::hash_text(journal_number_, entry));
  w.raw(entry.data(), entry.size());
  if (write_all(journal_.fd(), entry_)) {
    journal_offset_ += entry_.size();
    journal_bytes_ += entry_.size();
    return;
  }
  complain("cannot write " + journal_path(journal_number_) + ": " + why_not() +
           "; a crash before the next snapshot loses what follows");
  // Half an entry would hide all that might follow it.
  if (::ftruncate(journal_.fd(), static_cast<off_t>(journal_offset_)) != 0) journal_.close();
  journal_.close();
}

// ---------------------------------------------------------------------------------- snapshots

bool Checkpoint::write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Runs while detectors change their tables: no complaint here, since words need memory.
void Checkpoint::write_chunk(std::uint8_t part, std::uint8_t stream,
                             std::string_view bytes) noexcept {
  if (failed_) return;
  const ChunkHead head = chunk_head(chunks_++, part, stream, bytes);
  if (!write_all(out_.fd(), text(head)) || !write_all(out_.fd(), bytes)) {
    failed_ = true;
    error_ = errno;
    return;
  }
  written_bytes_ += head.size() + bytes.size();
}

void Checkpoint::begin(const std::vector<SavedPart>& parts, std::uint64_t seed, Time moment,
                       std::uint64_t about) {
  give_up();
  ::unlink(new_path_.c_str());  // of a run that was killed
  out_ = File(::open(new_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out_) return fail("cannot create " + new_path_ + ": " + why_not());
  reserve(out_.fd(), false, about);
  stage_ = Stage::saving;
  try {
    begin_parts(parts, Header{.seed = seed, .saved = moment}.text());
  } catch (const std::bad_alloc&) {
    give_up();  // half begun, it would be saved as if it were whole
    throw;
  }
}

void Checkpoint::begin_parts(const std::vector<SavedPart>& parts, const std::string& head) {
  parts_ = parts;
  retired_.reserve(retired_.size() + kMostRetired);
  sinks_.clear();
  at_ = 0;
  chunks_ = written_bytes_ = pushed_bytes_ = 0;

  // What is noted from here on is not in this snapshot.
  journal_before_ = journal_bytes_;
  error_ = 0;
  if (!settings_.journal) journal_.close();
  failed_ = settings_.journal && !open_journal();
  Directory directory{.journal = settings_.journal ? journal_number_ : journal_number_ + 1,
                      .parts = {}};
  for (const SavedPart& p : parts) directory.parts.push_back({p.name, p.version, p.fingerprint});
  std::string bytes;
  state::Writer w(bytes);
  w(directory);
  if (!failed_ && !write_all(out_.fd(), head)) {
    failed_ = true;
    error_ = errno;
  }
  written_bytes_ += head.size();
  write_chunk(kDirectory, 0, bytes);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    sinks_.push_back(std::make_unique<PartSink>(*this, static_cast<std::uint8_t>(i)));
    parts_[i].state->begin(*sinks_[i]);
  }
}

void Checkpoint::step(std::size_t bytes) {
  if (stage_ != Stage::saving) return;
  while (at_ < parts_.size() && !failed_) {
    state::SavedState& part = *parts_[at_].state;
    if (!part.spend(bytes)) return;
    if (part.broken()) {
      ++abandoned_;
      return give_up();
    }
    ++at_;
  }
  if (!failed_) {
    std::string count;
    state::Writer w(count);
    w(chunks_);
    write_chunk(kEnd, 0, count);
  }
  stage_ = Stage::written;
  if (!failed_) return;
  const std::string why = error_ == 0 ? "its journal could not be created" : text_of(error_);
  give_up();
  fail("cannot write " + new_path_ + ": " + why);
}

void Checkpoint::push() {
  if (!out_) return;
  // What was reserved too much goes now; settle() then has less to wait for.
  if (written() && ::ftruncate(out_.fd(), static_cast<off_t>(written_bytes_)) != 0) return;
  ::sync_file_range(out_.fd(), static_cast<off_t>(pushed_bytes_),
                    static_cast<off_t>(written_bytes_ - pushed_bytes_), SYNC_FILE_RANGE_WRITE);
  pushed_bytes_ = written_bytes_;
}

// From here on its pages go in slices. Where there is no place to note it, they go now.
void Checkpoint::retire(File file) noexcept {
  struct stat s {};
  if (!file || ::fstat(file.fd(), &s) != 0 || retired_.size() == retired_.capacity()) return;
  retired_.push_back({std::move(file), static_cast<std::uint64_t>(s.st_size)});
}

// For as many entries again as came since the last time, and a megabyte.
void Checkpoint::make_room() noexcept {
  if (!journal_) return;
  const std::uint64_t came = journal_offset_ - std::exchange(journal_tidied_, journal_offset_);
  const std::uint64_t wanted = journal_offset_ + 2 * came + kLeastRoom;
  if (wanted < journal_room_ + kLeastRoom / 2) return;
  reserve(journal_.fd(), true, wanted);
  journal_room_ = wanted;
}

void Checkpoint::tidy() noexcept {
  make_room();
  if (retired_.empty()) return;
  std::uint64_t all = 0;
  for (const Retired& r : retired_) all += r.bytes;
  Retired& last = retired_.back();
  // A sixteenth, so that it cannot pile up whatever the size of snapshots and the time between them.
  last.bytes -= std::min(last.bytes, std::max(kLeastTidied, all / 16));
  if (last.bytes == 0 || ::ftruncate(last.file.fd(), static_cast<off_t>(last.bytes)) != 0)
    retired_.pop_back();
}

void Checkpoint::remove_journal(std::uint64_t number) {
  const std::string path = journal_path(number);
  File file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (::unlink(path.c_str()) == 0) retire(std::move(file));
}

bool Checkpoint::settle() {
  if (stage_ != Stage::written) return false;
  if (failed_ || ::ftruncate(out_.fd(), static_cast<off_t>(written_bytes_)) != 0 ||
      ::fsync(out_.fd()) != 0) {
    fail("cannot write " + new_path_ + ": " + why_not());
    give_up();
    return false;
  }
  out_.close();
  stage_ = Stage::idle;
  parts_.clear();
  File old(::open(settings_.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (::rename(new_path_.c_str(), settings_.path.c_str()) != 0) {
    fail("cannot rename " + new_path_ + ": " + why_not());
    ::unlink(new_path_.c_str());
    return false;
  }
  retire(std::move(old));
  if (const File folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); folder)
    ::fsync(folder.fd());
  for (const std::uint64_t n : journals())
    if (n < journal_number_ || !settings_.journal) remove_journal(n);
  journal_bytes_ -= journal_before_;
  journal_before_ = 0;
  snapshot_bytes_ = written_bytes_;
  ++snapshots_;
  last_complaint_.clear();
  return true;
}

void Checkpoint::give_up() {
  for (const SavedPart& p : parts_) p.state->stop();
  parts_.clear();
  if (stage_ == Stage::idle) return;
  ::unlink(new_path_.c_str());
  retire(std::move(out_));
  out_.close();
  stage_ = Stage::idle;
}

}  // namespace c2watch::engine
