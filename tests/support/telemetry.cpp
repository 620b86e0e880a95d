#include "support/telemetry.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>

#if defined(C2WATCH_HAVE_EVTX)
#include <libbfio.h>
#include <libevtx.h>
#endif

namespace c2watch::testing_support {
namespace {

namespace fs = std::filesystem;
constexpr auto kNone = std::string_view::npos;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == kNone) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// One per line.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const auto line = trimmed(text.substr(0, end)); !line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string_view> events_of(std::string_view text) {
  constexpr std::string_view kEnd = "</Event>";
  std::vector<std::string_view> records;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find("<Event "), text.size());
    if (const auto between = trimmed(text.substr(0, begin)); !between.empty()) {
      records.push_back(between);
    }
    text.remove_prefix(begin);
    std::size_t end = text.find(kEnd);
    end = end == kNone ? text.size() : end + kEnd.size();
    if (!text.empty()) records.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return records;
}

}  // namespace

fs::path telemetry_folder() { return fs::path(C2WATCH_SHARED) / "telemetry"; }

bool have_telemetry() { return fs::is_directory(telemetry_folder() / "shapes"); }

std::vector<PackedFile> unpack(const fs::path& path) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                      archive_read_free);
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_all(reader.get());
  archive_read_support_format_raw(reader.get());  // a lone compressed file
  constexpr std::size_t kBlockBytes = 64 * 1024;
  if (archive_read_open_filename(reader.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) {
    throw std::runtime_error(path.string() + ": " + archive_error_string(reader.get()));
  }
  std::vector<PackedFile> files;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    PackedFile& file = files.emplace_back();
    file.name = archive_entry_pathname(entry);
    char block[kBlockBytes];
    for (;;) {
      const auto got = archive_read_data(reader.get(), block, sizeof block);
      if (got < 0)
        throw std::runtime_error(path.string() + ": " + archive_error_string(reader.get()));
      if (got == 0) break;
      file.bytes.append(block, static_cast<std::size_t>(got));
    }
  }
  return files;
}

std::vector<std::string_view> split_records(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = trimmed(text);
  if (text.find("<Event ") != kNone && text.front() != '{') return events_of(text);
  // A pretty-printed object breaks its first line right after the brace.
  if (text.starts_with("{\n") || text.starts_with("{\r\n")) return {text};
  return lines_of(text);
}

bool have_evtx() {
#if defined(C2WATCH_HAVE_EVTX)
  return true;
#else
  return false;
#endif
}

#if defined(C2WATCH_HAVE_EVTX)
std::vector<std::string> evtx_records(const std::string& bytes) {
  std::string copy = bytes;  // libbfio wants it writable
  libbfio_handle_t* handle = nullptr;
  libevtx_file_t* file = nullptr;
  if (libbfio_memory_range_initialize(&handle, nullptr) != 1 ||
      libbfio_memory_range_set(handle, static_cast<uint8_t*>(static_cast<void*>(copy.data())),
                               copy.size(), nullptr) != 1 ||
      libevtx_file_initialize(&file, nullptr) != 1 ||
      libevtx_file_open_file_io_handle(file, handle, LIBEVTX_OPEN_READ, nullptr) != 1) {
    throw std::runtime_error("not an .evtx file");
  }
  std::vector<std::string> records;
  int count = 0;
  libevtx_file_get_number_of_records(file, &count, nullptr);
  for (int i = 0; i < count; ++i) {
    libevtx_record_t* record = nullptr;
    std::size_t size = 0;
    if (libevtx_file_get_record_by_index(file, i, &record, nullptr) == 1 &&
        libevtx_record_get_utf8_xml_string_size(record, &size, nullptr) == 1 && size > 1) {
      std::string xml(size, '\0');
      if (libevtx_record_get_utf8_xml_string(
              record, static_cast<uint8_t*>(static_cast<void*>(xml.data())), size, nullptr) == 1) {
        xml.pop_back();  // its terminating NUL
        records.push_back(std::move(xml));
      }
    }
    libevtx_record_free(&record, nullptr);
  }
  libevtx_file_close(file, nullptr);
  libevtx_file_free(&file, nullptr);
  libbfio_handle_free(&handle, nullptr);
  return records;
}
#else
std::vector<std::string> evtx_records(const std::string&) { return {}; }
#endif

}  // namespace c2watch::testing_support
