// Text: a string that lives as long as the world, escaped once for every wire format.
//
//   const Text* image = pool.intern("C:\\Windows\\explorer.exe");
//   buffer.append(image->json);   // C:\\Windows\\explorer.exe, ready between quotes
//
// Events hold pointers to texts, so writing one is a handful of memcpy and no escaping.
//
// MEMORY    up to five forms a text; forms that need no escaping share their bytes.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace c2sim {

struct Text {
  std::string_view raw;
  std::string_view xml;       // & < > escaped, CR and LF as character references
  std::string_view json;      // as a JSON string's inside
  std::string_view json_lf;   // the same with CRLF turned into LF, as Winlogbeat does
  std::string_view json_xml;  // JSON around XML entities, as NXLog leaves them
};

class TextPool {
 public:
  TextPool() = default;
  TextPool(const TextPool&) = delete;
  TextPool& operator=(const TextPool&) = delete;

  // The one Text for `raw`; stays valid as long as the pool.
  const Text* intern(std::string_view raw);

 private:
  std::string_view keep(std::string text);

  std::deque<std::string> bytes_;  // never moves what it holds
  std::deque<Text> texts_;
  std::unordered_map<std::string_view, const Text*> index_;  // keys view bytes_
};

std::string escape_xml(std::string_view raw);

// XML entities alone, line ends untouched: NXLog's view of a value.
std::string escape_entities(std::string_view raw);

std::string escape_json(std::string_view raw);

}  // namespace c2sim
