// Checkpoint: the engine's state on disk, so that neither a restart nor kill -9 loses or doubles
// anything. The file format is checkpoint.md; the reasons are plugin/decisions/0044.
//
//   Checkpoint c(settings, log);
//   if (auto error = c.open(read)) refuse();         // once: what is there is read, then replayed
//   c.begin(parts);  while (c.saving()) c.step(16'384);  c.settle();
//   c.note(record);                                   // in between: into the journal
//
// FILES     PATH the latest snapshot; PATH.new the one being written; PATH.journal-N what happened
//           since; PATH.lock held while we live; PATH.damaged-N what could not be read. All 0600.
// SAFETY    A snapshot is complete before it takes the old one's name, and its data is on the disk
//           before that. A journal entry is with the operating system before note() returns: it
//           survives kill -9, but a power cut may take the latest entries.
// COST      step(bytes) as SavedState::some() plus a write of 64 KiB now and then. note() one
//           write, 0.5 us and what copying costs. Neither waits for the disk to find a place: begin()
//           and tidy() have found it (decision 0047). settle() waits for the disk.
// FAILURE   What cannot be written is told once; the old snapshot stays. Nothing throws but
//           bad_alloc, and then nothing has changed.
// THREADS   none.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/result.h"
#include "core/model/time.h"
#include "core/state/archive.h"
#include "core/state/saved_state.h"

namespace c2watch::engine {

struct CheckpointSettings {
  std::string path;  // "": no checkpoints

  // 10 .. 86,400 s. 300: what a restart has to replay is a few seconds' work, and a disk that
  // writes 100 MB every five minutes hardly notices.
  std::chrono::seconds every{300};

  // Keeps records since the latest snapshot, so that kill -9 loses nothing.
  bool journal = true;

  // 1 MiB .. 4 GiB. 64 MiB: 150,000 records, replayed in half a second. More make a snapshot due
  // early, as soon as they are as many as the latest snapshot takes; four times as many, and records
  // are no longer kept until there is one.
  std::size_t journal_bytes = std::size_t{64} << 20;

  bool operator==(const CheckpointSettings&) const = default;
};

// A part of the state that can be read or left out by itself.
struct SavedPart {
  std::string name;
  std::uint32_t version = 1;  // of what it writes
  // Settings that decide what its state means: under others it starts afresh.
  state::Hash128 fingerprint;
  state::SavedState* state = nullptr;
  bool optional = false;  // a snapshot without it means an empty one
};

// Fails unless bytes are a whole snapshot that this program can read; the sentence says why not.
// `choose(seed)` makes the parts that there are now, empty, for keys under this hash seed; it is
// called again when a part turns out to be invalid, which then is left out. Each other that the
// snapshot holds for the same settings is restored. After an error the parts are useless.
struct Restored {
  std::uint64_t seed = 0;
  Time saved = kNoTime;              // its moment, by the host's clock
  std::uint64_t journal = 1;         // the first that is not in the snapshot
  std::vector<std::string> afresh;   // parts of other settings, or new ones
  std::vector<std::string> invalid;  // parts that could not be restored
  std::uint64_t dropped_keys = 0;    // invalid ones, in the parts that were restored
};
using ChooseParts = std::function<std::vector<SavedPart>(std::uint64_t seed)>;
Result<Restored> read_snapshot(std::string_view bytes, const ChooseParts& choose);

class Checkpoint {
 public:
  using Log = std::function<void(bool error, const std::string& text)>;

  Checkpoint(CheckpointSettings settings, Log log);
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  const CheckpointSettings& settings() const { return settings_; }
  // Everything but the path, from the next snapshot on.
  void change(const CheckpointSettings& settings) { settings_ = settings; }
  // Whether there is a snapshot or a journal under this path.
  bool exists() const;

  // Takes the lock and checks who may write: an error here should stop the start.
  std::optional<Error> open();

  // The bytes of the latest snapshot; nullopt when there is none.
  Result<std::optional<std::string>> snapshot();
  // That snapshot is of no use, for this reason.
  void move_aside(const std::string& why);

  // Every entry since snapshot number `first`, oldest first.
  void replay(std::uint64_t first, const std::function<void(std::string_view entry)>& each);
  // From here on note() works.
  void start_journal();

  void note(std::string_view entry);

  // `moment`: the host's time, for whoever asks later how old the snapshot is. `about`: how many
  // bytes it may take, or fewer.
  void begin(const std::vector<SavedPart>& parts, std::uint64_t seed, Time moment,
             std::uint64_t about);
  void step(std::size_t bytes);
  // Everything is written, and it is time to wait for the disk.
  bool written() const { return stage_ == Stage::written; }
  bool saving() const { return stage_ == Stage::saving; }
  bool busy() const { return stage_ != Stage::idle; }
  // Asks the disk to begin; does not wait for it.
  void push();
  // What can be done beforehand or afterwards, so that no note() and no step() has to wait for it:
  // room on the disk for the journal's next entries, and files that nobody needs any more, in slices,
  // since to free 100 MB of pages takes 50 ms.
  void tidy() noexcept;
  // Waits for the disk and gives the snapshot its name. False: it failed, and that was told.
  bool settle();
  void give_up();

  // A journal that is long enough makes the next snapshot due. It is at least as long as the latest
  // snapshot, so that whoever fills it has at most two bytes of snapshot written for each of it.
  bool journal_full() const { return journal_bytes_ >= journal_target(); }
  std::uint64_t snapshots() const { return snapshots_; }
  std::uint64_t failures() const { return failures_; }    // snapshots that could not be written
  std::uint64_t abandoned() const { return abandoned_; }  // broken() while they were written
  std::uint64_t snapshot_bytes() const { return snapshot_bytes_; }
  std::uint64_t journal_bytes() const { return journal_bytes_; }

 private:
  enum class Stage : std::uint8_t { idle, saving, written };

  class PartSink final : public state::ChunkSink {
   public:
    PartSink(Checkpoint& owner, std::uint8_t part) : owner_(owner), part_(part) {}
    void chunk(std::uint8_t stream, std::string_view bytes) override {
      owner_.write_chunk(part_, stream, bytes);
    }

   private:
    Checkpoint& owner_;
    std::uint8_t part_;
  };

  class File {
   public:
    File() = default;
    explicit File(int fd) : fd_(fd) {}
    File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    File& operator=(File&& other) noexcept {
      if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
      }
      return *this;
    }
    ~File() { close(); }
    int fd() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void close() noexcept;

   private:
    int fd_ = -1;
  };

  struct Retired {
    File file;
    std::uint64_t bytes = 0;
  };

  std::uint64_t journal_target() const {
    return std::max<std::uint64_t>(settings_.journal_bytes, snapshot_bytes_);
  }
  void begin_parts(const std::vector<SavedPart>& parts, const std::string& head);
  void make_room() noexcept;
  void retire(File file) noexcept;
  void remove_journal(std::uint64_t number);
  std::string journal_path(std::uint64_t number) const;
  std::vector<std::uint64_t> journals() const;
  bool open_journal();
  void write_chunk(std::uint8_t part, std::uint8_t stream, std::string_view bytes) noexcept;
  static bool write_all(int fd, std::string_view bytes) noexcept;
  void complain(const std::string& what);
  void fail(const std::string& what);  // of a snapshot

  CheckpointSettings settings_;
  Log log_;
  std::string folder_;
  std::string new_path_;  // of the snapshot being written; giving up must not need memory
  File lock_;
  std::string last_complaint_;

  Stage stage_ = Stage::idle;
  File out_;
  bool failed_ = false;  // of the snapshot being written
  int error_ = 0;        // why, as errno says it
  std::vector<SavedPart> parts_;
  std::vector<std::unique_ptr<PartSink>> sinks_;
  std::size_t at_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint64_t written_bytes_ = 0;
  std::uint64_t pushed_bytes_ = 0;

  std::vector<Retired> retired_;  // without a name; capacity is reserved by begin()

  File journal_;
  std::uint64_t journal_number_ = 0;  // being written
  std::uint64_t journal_offset_ = 0;
  std::uint64_t journal_tidied_ = 0;  // journal_offset_ at the last tidy()
  std::uint64_t journal_room_ = 0;    // bytes that the disk has a place for
  std::uint64_t journal_bytes_ = 0;   // in all that are not in a snapshot yet
  std::uint64_t journal_before_ = 0;  // of those, in the ones that the next snapshot will hold
  std::string entry_;

  std::uint64_t snapshots_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t abandoned_ = 0;
  std::uint64_t snapshot_bytes_ = 0;
};

}  // namespace c2watch::engine
