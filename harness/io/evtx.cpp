#include "harness/io/evtx.h"

#ifdef C2WATCH_HAVE_EVTX
#include <libevtx.h>

#include <cstdint>
#include <memory>
#include <vector>
#endif

namespace c2watch::harness {

#ifdef C2WATCH_HAVE_EVTX
namespace {

struct FileFree {
  void operator()(libevtx_file_t* f) const { libevtx_file_free(&f, nullptr); }
};
struct RecordFree {
  void operator()(libevtx_record_t* r) const { libevtx_record_free(&r, nullptr); }
};
using File = std::unique_ptr<libevtx_file_t, FileFree>;
using Record = std::unique_ptr<libevtx_record_t, RecordFree>;

// The XML of record `index`, in `space`; empty when the record is damaged.
std::string_view render(libevtx_file_t* file, int index, std::vector<std::uint8_t>& space) {
  libevtx_record_t* raw = nullptr;
  if (libevtx_file_get_record_by_index(file, index, &raw, nullptr) != 1) return {};
  const Record record(raw);
  std::size_t size = 0;  // counts the terminating zero
  if (libevtx_record_get_utf8_xml_string_size(record.get(), &size, nullptr) != 1 || size < 2)
    return {};
  space.resize(size);
  if (libevtx_record_get_utf8_xml_string(record.get(), space.data(), size, nullptr) != 1) return {};
  return {reinterpret_cast<const char*>(space.data()), size - 1};
}

}  // namespace

void read_evtx(const std::string& path, SourceSink& sink) {
  libevtx_file_t* raw = nullptr;
  if (libevtx_file_initialize(&raw, nullptr) != 1) return sink.on_error("out of memory");
  const File file(raw);
  if (libevtx_file_open(file.get(), path.c_str(), libevtx_get_access_flags_read(), nullptr) != 1)
    return sink.on_error("a damaged .evtx file: its header or chunks cannot be read");
  int records = 0;
  if (libevtx_file_get_number_of_records(file.get(), &records, nullptr) != 1)
    return sink.on_error("a damaged .evtx file: its records cannot be counted");

  std::vector<std::uint8_t> space;
  int damaged = 0;
  for (int i = 0; i < records; ++i) {
    const std::string_view xml = render(file.get(), i, space);
    if (xml.empty())
      ++damaged;
    else
      sink.record(xml, static_cast<std::uint64_t>(i));
  }
  if (records == 0) sink.on_error("an .evtx file without records");
  if (damaged > 0)
    sink.on_error(std::to_string(damaged) + " of " + std::to_string(records) +
                  " records of the .evtx file are damaged");
}

#else

void read_evtx(const std::string&, SourceSink& sink) {
  sink.on_error("an .evtx file; this build was made without libevtx and cannot read it");
}

#endif

}  // namespace c2watch::harness
