#include "harness/io/source.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <iconv.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "harness/io/evtx.h"

namespace c2watch::harness {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

// 256 KiB: large enough that the cost of a call vanishes, small enough to stay in the cache.
constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

struct ArchiveFree {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, ArchiveFree>;

// A named list and no more: libarchive's "all" includes filters that start external programs, and
// formats that take ordinary text for an archive.
Archive new_archive() {
  Archive a(archive_read_new());
  archive_read_support_filter_gzip(a.get());
  archive_read_support_filter_bzip2(a.get());
  archive_read_support_filter_xz(a.get());
  archive_read_support_filter_lzma(a.get());
  archive_read_support_filter_zstd(a.get());
  archive_read_support_filter_lz4(a.get());
  archive_read_support_format_tar(a.get());
  archive_read_support_format_zip(a.get());
  archive_read_support_format_7zip(a.get());
  archive_read_support_format_raw(a.get());
  archive_read_support_format_empty(a.get());
  return a;
}

string why_failed(archive* a) {
  const char* text = archive_error_string(a);
  return text == nullptr ? "unknown error" : text;
}

// The data of an archive's current entry, as a stream.
struct Entry {
  archive* from;
  string failure;  // set when the data ended before its time

  // The next bytes; empty at the end.
  string_view next() {
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    int r = ARCHIVE_OK;
    do r = archive_read_data_block(from, &data, &size, &offset);
    while (r == ARCHIVE_RETRY || (r >= ARCHIVE_WARN && r != ARCHIVE_EOF && size == 0));
    if (r == ARCHIVE_EOF) return {};
    if (r < ARCHIVE_WARN) return failure = why_failed(from), string_view{};
    return {static_cast<const char*>(data), size};
  }
};

la_ssize_t read_entry(archive*, void* entry, const void** data) {
  const string_view bytes = static_cast<Entry*>(entry)->next();
  *data = bytes.data();
  return static_cast<la_ssize_t>(bytes.size());
}

// UTF-16 with a byte order mark, as PowerShell's redirection writes it, to UTF-8.
class Utf16 {
 public:
  explicit Utf16(bool big_endian)
      : cd_(iconv_open("UTF-8", big_endian ? "UTF-16BE" : "UTF-16LE")) {}
  ~Utf16() {
    if (usable()) iconv_close(cd_);
  }
  Utf16(const Utf16&) = delete;
  Utf16& operator=(const Utf16&) = delete;

  bool usable() const { return cd_ != reinterpret_cast<iconv_t>(-1); }  // NOLINT: iconv's own way

  // Half characters at the end wait for the next call; what is no character becomes '?'.
  string convert(string_view bytes) {
    pending_.append(bytes);
    string out(pending_.size() * 2, '\0');  // 2 bytes become at most 3, 4 at most 4
    char* in = pending_.data();
    char* to = out.data();
    std::size_t in_left = pending_.size();
    std::size_t to_left = out.size();
    while (in_left > 1 &&
           iconv(cd_, &in, &in_left, &to, &to_left) == static_cast<std::size_t>(-1)) {
      if (errno != EILSEQ || in_left < 2) break;
      *to++ = '?';
      --to_left;
      in += 2;
      in_left -= 2;
    }
    pending_.erase(0, pending_.size() - in_left);
    out.resize(out.size() - to_left);
    return out;
  }

 private:
  iconv_t cd_;
  string pending_;
};

class Reader {
 public:
  Reader(SourceSink& sink, std::function<void(std::uint64_t)>& progress)
      : sink_(sink), progress_(progress) {}

  // Walks an opened archive. `path` is the file on disk when the archive is that file itself.
  void walk(archive* a, const string& name, const string& path, int depth) {
    bool any = false;
    archive_entry* header = nullptr;
    int r = ARCHIVE_OK;
    while ((r = archive_read_next_header(a, &header)) >= ARCHIVE_WARN && r != ARCHIVE_EOF) {
      if (archive_entry_filetype(header) == AE_IFDIR) continue;
      any = true;
      if (depth == 0) top_ = a;
      const bool raw = archive_format(a) == ARCHIVE_FORMAT_RAW;
      Entry entry{a, {}};
      if (raw && archive_filter_count(a) == 1)
        plain(entry, name, path);
      else
        inside(entry, raw ? name : name + ": " + entry_name(header), depth + 1);
    }
    if (r != ARCHIVE_EOF) {
      sink_.begin_file(name);
      sink_.on_error("damaged: " + why_failed(a));
    } else if (!any) {
      sink_.begin_file(name);
      sink_.on_error("empty");
    }
  }

 private:
  static string entry_name(archive_entry* header) {
    const char* text = archive_entry_pathname(header);
    return text == nullptr ? "(a name that cannot be shown)" : text;
  }

  // What an entry holds may be compressed, or an archive, again.
  void inside(Entry& entry, const string& name, int depth) {
    if (depth > kMaxNesting) {
      sink_.begin_file(name);
      return sink_.on_error("archives nested deeper than " + std::to_string(kMaxNesting) +
                            "; not opened");
    }
    const Archive inner = new_archive();
    if (archive_read_open(inner.get(), &entry, nullptr, read_entry, nullptr) == ARCHIVE_OK) {
      walk(inner.get(), name, "", depth);
    } else {
      sink_.begin_file(name);
      sink_.on_error("damaged: " + why_failed(inner.get()));
    }
    if (!entry.failure.empty()) sink_.on_error("damaged: " + entry.failure);
  }

  // Bytes that are no archive: telemetry, one hopes.
  void plain(Entry& entry, const string& name, const string& path) {
    sink_.begin_file(name);
    string head;  // enough to know what it is
    string_view bytes;
    while (head.size() < kEvtxMagic.size() && !(bytes = entry.next()).empty()) head.append(bytes);
    if (string_view(head).starts_with(kEvtxMagic)) {
      if (path.empty())
        evtx_through_file(entry, head);
      else
        read_evtx(path, sink_);
    } else if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
      utf16(entry, head);
    } else {
      Framer framer(sink_);
      framer.feed(head);
      while (!(bytes = entry.next()).empty()) {
        framer.feed(bytes);
        report_progress();
      }
      framer.finish();
    }
    if (!entry.failure.empty()) sink_.on_error("damaged: " + entry.failure);
  }

  void utf16(Entry& entry, string_view head) {
    Utf16 text(head[0] == '\xFE');
    if (!text.usable()) return sink_.on_error("UTF-16, which this system's iconv cannot convert");
    Framer framer(sink_);
    framer.feed(text.convert(head.substr(2)));
    for (string_view bytes; !(bytes = entry.next()).empty(); report_progress())
      framer.feed(text.convert(bytes));
    framer.finish();
  }

  // libevtx wants a file that it can seek in.
  void evtx_through_file(Entry& entry, string_view head) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
    bool whole = file != nullptr;
    for (string_view bytes = head; whole && !bytes.empty(); bytes = entry.next())
      whole = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
    if (!whole || std::fflush(file.get()) != 0)
      return sink_.on_error("no room for a temporary copy of the .evtx file");
    read_evtx("/proc/self/fd/" + std::to_string(fileno(file.get())), sink_);
  }

  void report_progress() {
    if (progress_) progress_(static_cast<std::uint64_t>(archive_filter_bytes(top_, -1)));
  }

  SourceSink& sink_;
  std::function<void(std::uint64_t)>& progress_;
  archive* top_ = nullptr;  // the archive on disk: its bytes are what progress counts
};

}  // namespace

bool SourceReader::fail(const string& why) {
  error_ = why;
  return false;
}

bool SourceReader::read(const string& name) {
  error_.clear();
  std::error_code ignored;
  if (name != "-" && fs::is_directory(name, ignored)) return read_folder(name);
  return read_file(name);
}

bool SourceReader::read_file(const string& name) {
  const bool standard_input = name == "-";
  const int fd = standard_input ? STDIN_FILENO : open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(name + ": " + std::strerror(errno));

  {
    const Archive a = new_archive();
    Reader reader(sink_, on_progress);
    const string shown = standard_input ? "(standard input)" : name;
    std::error_code ignored;
    const bool seekable = fs::is_regular_file(name, ignored);
    if (archive_read_open_fd(a.get(), fd, kChunkBytes) == ARCHIVE_OK) {
      reader.walk(a.get(), shown, seekable ? name : "", 0);
    } else {
      sink_.begin_file(shown);
      sink_.on_error("damaged: " + why_failed(a.get()));
    }
  }
  if (!standard_input) close(fd);
  return true;
}

bool SourceReader::read_folder(const string& name) {
  std::vector<string> files;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(name, failed), end; !failed && at != end;
       at.increment(failed)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) files.push_back(at->path().string());
  }
  if (failed) return fail(name + ": " + failed.message());
  std::sort(files.begin(), files.end());
  string first_error;
  for (const string& file : files)
    if (!read_file(file) && first_error.empty()) first_error = error_;
  error_ = first_error;
  return first_error.empty();
}

std::uint64_t bytes_on_disk(const string& name) {
  std::error_code failed;
  if (fs::is_regular_file(name, failed)) {
    const auto size = fs::file_size(name, failed);
    return failed ? 0 : size;
  }
  std::uint64_t sum = 0;
  if (!fs::is_directory(name, failed)) return 0;
  for (fs::recursive_directory_iterator at(name, failed), end; !failed && at != end;
       at.increment(failed)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored)) continue;
    const auto size = at->file_size(ignored);
    if (!ignored) sum += size;
  }
  return sum;
}

}  // namespace c2watch::harness
