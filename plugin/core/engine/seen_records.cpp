#include "core/engine/seen_records.h"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/analytics/spelling.h"
#include "core/state/accounts.h"
#include "core/state/hash.h"

namespace c2watch::engine {
namespace {

// Multiply and fold: every input bit reaches the upper half. Nobody gains by choosing collisions,
// because only records of one id can be taken for each other.
std::uint64_t mixed(std::uint64_t x) {
  x *= 0x9E37'79B9'7F4A'7C15;  // 2^64 / golden ratio
  return x ^ (x >> 32);
}

// A fingerprint of the record's time that is never 0, so that no record looks like an empty place.
std::uint16_t mark_of(const Event& event) {
  const auto time = static_cast<std::uint64_t>(event.utc_time.time_since_epoch().count());
  return static_cast<std::uint16_t>(mixed(mixed(time) + event.event_id) >> 48 | 1);
}

// Under the stream's own hash, which no sender knows, so that nobody chooses pages that collide.
state::Hash128 page_key(std::uint64_t seed, const state::Hash128& stream, std::uint64_t page) {
  const std::array<std::uint64_t, 3> bytes = {stream.low, stream.high, page};
  return state::hash_key(seed, {{reinterpret_cast<const char*>(bytes.data()), sizeof bytes}});
}

std::size_t pages_for(const SeenRecordsSettings& s) {
  return s.window_records / SeenRecords::kPageIds + 1;  // the window need not begin with a page
}

std::size_t all_pages(const SeenRecordsSettings& s) {
  const std::size_t affordable = std::max<std::size_t>(s.max_bytes / SeenRecords::kPageBytes, 1);
  return std::min(affordable, pages_for(s) * s.max_streams);
}

}  // namespace

void SeenRecords::Stream::prepare() {
  if (size < ring.size()) return;
  std::vector<Listed> next(std::max<std::size_t>(2 * ring.size(), 4));
  for (std::uint32_t i = 0; i < size; ++i) next[i] = at(i);
  ring = std::move(next);
  first = 0;
}

SeenRecords::SeenRecords(SeenRecordsSettings settings, std::uint64_t seed)
    : seed_(seed),
      stream_pages_(pages_for(settings)),
      pages_(all_pages(settings)),
      streams_(settings.max_streams),
      by_size_(stream_pages_ + 1) {
  saved_.table(
      pages_,
      [](auto& a, Page& page) {
        for (std::uint16_t& mark : page) a(mark);
      },
      [](const Page&) { return true; });
  saved_.table(
      streams_,
      [this](auto& a, Stream& stream) {
        a(stream.dropped_page, stream.dropped_until);
        if constexpr (std::remove_reference_t<decltype(a)>::kReads) {
          const std::uint32_t n = a.count();
          if (n > stream_pages_) return a.fail();
          for (std::uint32_t i = 0; i < n && a.ok(); ++i) {
            stream.prepare();
            a(stream.at(stream.size++));
          }
        } else {
          a(stream.size);
          for (std::uint32_t i = 0; i < stream.size; ++i) a(stream.at(i));
        }
      },
      [](const Stream&) { return true; }, stream_pages_ * sizeof(Listed) + 64);
  saved_.around([] {}, [this] { relink_all(); });
}

bool SeenRecords::test_and_set(const Event& event) {
  if (event.record_id == 0 || event.computer.empty() || event.channel.empty()) return false;

  const std::uint64_t number = event.record_id / kPageIds;
  const std::size_t place = event.record_id % kPageIds;
  const std::uint16_t mark = mark_of(event);
  const state::Hash128 stream_key =
      state::hash_key(seed_, {analytics::FoldedName(event.computer), event.channel});
  const state::Hash128 key = page_key(seed_, stream_key, number);
  if (Page* page = pages_.touch(key)) {
    if ((*page)[place] == mark) return true;
    // Now and then is enough to show that a stream came back.
    if (place % 8 == 0) streams_.touch(stream_key);
    (*page)[place] = mark;
    return false;
  }

  Stream* stream = streams_.touch(stream_key);
  if (stream == nullptr) {
    streams_.prepare();
    stream = &streams_.insert(stream_key, Stream{}, state::owner_of(seed_, event.computer),
                              [this](const state::Hash128&, Stream& gone) { forget(gone); });
    stream->key = stream_key;
    link(*stream);
  } else if (number <= stream->dropped_page && event.utc_time <= stream->dropped_until) {
    ++unchecked_;
    return false;
  }
  make_page(key, *stream, event)[place] = mark;
  return false;
}

SeenRecords::Page& SeenRecords::make_page(const state::Hash128& key, Stream& stream,
                                          const Event& event) {
  pages_.prepare();
  const std::size_t before = stream.ring.size();
  stream.prepare();
  list_bytes_ += (stream.ring.size() - before) * sizeof(Listed);
  if (stream.size == stream_pages_)
    drop_oldest(stream);
  else if (pages_.size() == pages_.capacity() && largest_ > 0)
    drop_oldest(*streams_.touch(by_size_[largest_]->key));  // a snapshot takes it as it is now
  unlink(stream);
  stream.at(stream.size++) = {event.record_id / kPageIds, event.utc_time};
  link(stream);
  return pages_.insert(key, Page{}, [](const state::Hash128&, Page&) {});
}

void SeenRecords::drop_oldest(Stream& stream) {
  unlink(stream);
  const Listed gone = stream.at(0);
  stream.first = (stream.first + 1) & static_cast<std::uint32_t>(stream.ring.size() - 1);
  --stream.size;
  const Time until = stream.size > 0 ? std::max(gone.since, stream.at(0).since) : gone.since;
  stream.dropped_page = std::max(stream.dropped_page, gone.page);
  stream.dropped_until = std::max(stream.dropped_until, until);
  pages_.erase(page_key(seed_, stream.key, gone.page));
  link(stream);
}

void SeenRecords::forget(Stream& stream) {
  unlink(stream);
  for (std::uint32_t i = 0; i < stream.size; ++i)
    pages_.erase(page_key(seed_, stream.key, stream.at(i).page));
  list_bytes_ -= stream.ring.size() * sizeof(Listed);
}

void SeenRecords::link(Stream& stream) {
  Stream*& head = by_size_[stream.size];
  stream.smaller = nullptr;
  stream.larger = head;
  if (head != nullptr) head->smaller = &stream;
  head = &stream;
  largest_ = std::max<std::size_t>(largest_, stream.size);
}

void SeenRecords::unlink(Stream& stream) {
  if (stream.smaller != nullptr)
    stream.smaller->larger = stream.larger;
  else
    by_size_[stream.size] = stream.larger;
  if (stream.larger != nullptr) stream.larger->smaller = stream.smaller;
  while (largest_ > 0 && by_size_[largest_] == nullptr) --largest_;
}

void SeenRecords::relink_all() {
  list_bytes_ = 0;
  // Values of our own table: neither its order nor its keys change.
  streams_.for_each([this](const state::Hash128& key, const Stream& value, auto) {
    auto& stream = const_cast<Stream&>(value);
    stream.key = key;
    list_bytes_ += stream.ring.size() * sizeof(Listed);
    link(stream);
  });
}

std::size_t SeenRecords::bytes() const {
  return pages_.bytes() + streams_.bytes() + list_bytes_ + by_size_.capacity() * sizeof(Stream*);
}

}  // namespace c2watch::engine
