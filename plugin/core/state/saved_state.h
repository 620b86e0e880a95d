// SavedState: what an owner of tables wants to find again after a restart, written in slices while
// the owner goes on working, and yet as it was at one moment.
//
//   saved_.values([this](auto& a) { a(now_, rejected_); });                  // in the constructor
//   saved_.table(tracks_, [](auto& a, Track& t) { a(t); }, [](const Track& t) { return t.sane(); });
//
//   saved.begin(sink);            // between two records: this is the moment
//   while (!saved.some(16'384)) work();
//   ...
//   saved.begin_restoring();
//   saved.restore(stream, reader) && ... && saved.finish()
//
// MOMENT    Single values are written by begin(). Of a table's keys each is written when its turn
//           comes or, sooner, just before it changes for the first time (bounded_table.h). A visit
//           of all keys that may change them all, as when an hour closes, ends the attempt instead:
//           broken() is true, and whoever drives it begins again.
// INVALID   A key whose value its owner could not have written is dropped and counted; the others
//           stay. Single values, or bytes that end too early, cost the whole state.
// COST      begin() what the single values take. some(bytes) about 100 ns a key. While a save is
//           going on, the first change of a key costs as much; at all other times a change costs
//           one comparison.
// FAILURE   begin() and restore() may throw bad_alloc. Between begin() and the end nothing allocates:
//           a key is written into room that begin() made, and one that is too large for it makes the
//           attempt broken().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/state/archive.h"
#include "core/state/bounded_table.h"
#include "core/state/interner.h"

namespace c2watch::state {

// Where chunks of a stream go. Called while owners change their tables, so it must not throw.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  virtual void chunk(std::uint8_t stream, std::string_view bytes) = 0;
};

class SavedState {
 public:
  // 64 KiB: large enough that a chunk's checksum and write cost nothing per key.
  static constexpr std::size_t kChunkBytes = std::size_t{64} << 10;
  // 512 KiB: twice the largest value there is, the ring of a stream of records (256 KiB). Memory
  // that is never touched costs nothing.
  static constexpr std::size_t kMaxValueBytes = std::size_t{512} << 10;

  SavedState() = default;
  SavedState(const SavedState&) = delete;  // streams refer to it
  SavedState& operator=(const SavedState&) = delete;

  // `fields(archive)` lists single values; `sane()` judges them once all is read.
  template <class Fields>
  void values(
      Fields fields, std::function<bool()> sane = [] { return true; }) {
    streams_.push_back(std::make_unique<Values<Fields>>(std::move(fields), std::move(sane)));
  }

  // `fields(archive, value)`; `sane(value)` judges a value that was read, and may count it. No value
  // takes more than `max_value_bytes`, or no attempt to save succeeds while it is here. `release`
  // gives back what a dropped value refers to.
  template <class Value, class Fields, class Sane>
  void table(
      BoundedTable<Value>& table, Fields fields, Sane sane,
      std::size_t max_value_bytes = kMaxValueBytes,
      std::type_identity_t<std::function<void(Value&)>> release = [](Value&) {}) {
    streams_.push_back(std::make_unique<Table<Value, Fields, Sane>>(
        table, std::move(fields), std::move(sane), max_value_bytes, std::move(release)));
  }

  // What a stream needs besides, before its first key is written and after the last one was read.
  void around(std::function<void()> begin, std::function<void()> finish) {
    begin_ = std::move(begin);
    finish_ = std::move(finish);
  }

  void begin(ChunkSink& sink);
  // Writes about so many bytes more. True when everything is written or it is broken().
  bool some(std::size_t bytes) { return spend(bytes); }
  // The same, and takes off what it wrote.
  bool spend(std::size_t& bytes);
  void stop() noexcept;
  bool broken() const;

  void begin_restoring();
  // A chunk, in the order in which they were written. False: refused, and the owner is useless.
  bool restore(std::uint8_t stream, Reader& reader);
  bool finish();
  // Keys that were read and dropped, since they were invalid or there was no room for them.
  std::uint64_t dropped() const;

 private:
  class Stream {
   public:
    virtual ~Stream() = default;
    virtual void begin(std::uint8_t number, ChunkSink& sink) = 0;
    virtual bool some(std::size_t& bytes) = 0;
    virtual void stop() noexcept = 0;
    virtual bool broken() const { return false; }
    virtual void begin_restoring() = 0;
    virtual bool restore(Reader& reader) = 0;
    virtual bool finish() = 0;
    virtual std::uint64_t dropped() const { return 0; }
  };

  template <class Fields>
  class Values final : public Stream {
   public:
    Values(Fields fields, std::function<bool()> sane)
        : fields_(std::move(fields)), sane_(std::move(sane)) {}
    void begin(std::uint8_t number, ChunkSink& sink) override {
      std::string bytes;
      Writer w(bytes);
      fields_(w);
      sink.chunk(number, bytes);
    }
    bool some(std::size_t&) override { return true; }
    void stop() noexcept override {}
    void begin_restoring() override { read_ = false; }
    bool restore(Reader& reader) override {
      if (std::exchange(read_, true)) return false;
      fields_(reader);
      return reader.ok() && !reader.take_rejection() && reader.at_end();
    }
    bool finish() override { return read_ && sane_(); }

   private:
    Fields fields_;
    std::function<bool()> sane_;
    bool read_ = false;
  };

  template <class Value, class Fields, class Sane>
  class Table final : public Stream {
   public:
    Table(BoundedTable<Value>& table, Fields fields, Sane sane, std::size_t max_value_bytes,
          std::function<void(Value&)> release)
        : table_(table),
          fields_(std::move(fields)),
          sane_(std::move(sane)),
          max_value_bytes_(max_value_bytes),
          release_(std::move(release)) {}

    void begin(std::uint8_t number, ChunkSink& sink) override {
      number_ = number;
      sink_ = &sink;
      bytes_.clear();
      bytes_.reserve(kChunkBytes + max_value_bytes_);
      broken_ = false;
      table_.begin_saving([this](const Hash128& key, Value& value,
                                 const SavedPlace& place) noexcept { save(key, value, place); });
    }

    bool some(std::size_t& bytes) override {
      while (bytes > 0 && table_.saving() && !broken_) {
        const std::size_t before = written_;
        const bool done = table_.save_some(kSlots);
        bytes -= std::min(bytes, written_ - before + kSlots * kSlotBytes);
        if (!done) continue;
        if (!table_.saving_broken()) flush();
        break;
      }
      return !table_.saving() || broken();
    }
    void stop() noexcept override {
      table_.stop_saving();
      bytes_ = {};
    }
    bool broken() const override { return broken_ || table_.saving_broken(); }

    void begin_restoring() override { dropped_ = 0; }
    bool restore(Reader& reader) override {
      while (reader.ok() && !reader.at_end()) {
        Hash128 key;
        std::uint8_t place = 0;
        SavedPlace saved;
        reader(key, place, saved.age);
        Value value{};
        fields_(reader, value);
        if ((place & kOwned) != 0) reader(saved.owner.id, saved.owner.rank);
        if (!reader.ok()) return false;
        saved.place = {static_cast<Segment>(place & kProtected), (place & kTouched) != 0,
                       (place & kBeyond) != 0};
        const bool known_place = place <= (kProtected | kTouched | kBeyond | kOwned);
        const bool room = table_.size() < table_.capacity() && table_.find(key) == nullptr;
        if (reader.take_rejection() || !known_place || !room || !sane_(value)) {
          release_(value);
          ++dropped_;
        } else if (!table_.restore_aged(key, std::move(value), saved)) {
          return false;
        }
      }
      return reader.ok();
    }
    bool finish() override { return table_.finish_restoring(); }
    std::uint64_t dropped() const override { return dropped_; }

   private:
    // Of a key's place. Files of before there were owners have the first two alone.
    static constexpr unsigned kProtected = 1, kTouched = 2, kBeyond = 4, kOwned = 8;

    static constexpr std::size_t kSlots = 16;
    // What a slot costs though its key is written already or gone: a line of memory that is far.
    static constexpr std::size_t kSlotBytes = 16;

    void save(const Hash128& key, Value& value, const SavedPlace& place) noexcept {
      if (broken_) return;
      const std::size_t before = bytes_.size();
      Writer w(bytes_, Writer::Room::as_reserved);
      const auto [segment, touched, beyond] = place.place;
      const bool owned = place.owner.id != 0;
      w(key,
        static_cast<std::uint8_t>(static_cast<unsigned>(segment) | (touched ? kTouched : 0u) |
                                  (beyond ? kBeyond : 0u) | (owned ? kOwned : 0u)),
        place.age);
      fields_(w, value);
      if (owned) w(place.owner.id, place.owner.rank);
      broken_ = !w.ok();
      written_ += bytes_.size() - before;
      if (bytes_.size() >= kChunkBytes) flush();
    }
    void flush() noexcept {
      if (!bytes_.empty() && !broken_) sink_->chunk(number_, bytes_);
      bytes_.clear();
    }

    BoundedTable<Value>& table_;
    Fields fields_;
    Sane sane_;
    std::size_t max_value_bytes_;
    std::function<void(Value&)> release_;
    std::uint64_t dropped_ = 0;
    std::uint8_t number_ = 0;
    ChunkSink* sink_ = nullptr;
    std::string bytes_;
    std::size_t written_ = 0;
    bool broken_ = false;
  };

  std::vector<std::unique_ptr<Stream>> streams_;
  std::size_t at_ = 0;  // stream whose turn it is
  std::function<void()> begin_;
  std::function<void()> finish_;
};

// SavedTexts: interned texts in a stream. The first use carries the text, the others its number.
class SavedTexts {
 public:
  explicit SavedTexts(Interner& names) : names_(names) {}

  // Only keys of this moment are saved, and these hold no newer text.
  void begin() { written_.assign(names_.largest_id() + 1, false); }

  void fields(Writer& w, TextId id) {
    if (id == kNullText) return w(id);
    const bool first = !written_[id];
    w(static_cast<std::uint32_t>(first ? id | kFirst : id));
    if (!first) return;
    written_[id] = true;
    w(names_.text(id));
  }
  // Leaves one reference of the caller's on the text.
  void fields(Reader& r, TextId& id) {
    std::uint32_t number = 0;
    r(number);
    id = kNullText;
    if (number == kNullText) return;
    if ((number & kFirst) != 0) {
      const std::string_view text = r.text();
      number &= ~kFirst;
      if (!r.ok() || text.empty() || number == kNullText || number > kMostTexts) return r.reject();
      if (number >= read_.size()) read_.resize(number + number / 2 + 1);
      if (read_[number] != kNullText) return r.reject();
      read_[number] = names_.intern(text);
    } else if (number >= read_.size() || read_[number] == kNullText) {
      return r.reject();
    }
    id = read_[number];
    names_.retain(id);
  }

  void finish() {
    for (const TextId id : read_) names_.release(id);
    read_ = {};
  }

 private:
  static constexpr std::uint32_t kFirst = std::uint32_t{1} << 31;
  // 2^27: more names than any table here can hold, and no number can make us ask for gigabytes.
  static constexpr std::uint32_t kMostTexts = std::uint32_t{1} << 27;

  Interner& names_;
  std::vector<bool> written_;  // by id
  std::vector<TextId> read_;   // file's number -> ours
};

}  // namespace c2watch::state
