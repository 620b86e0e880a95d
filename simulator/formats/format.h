// Format: one wire shape. A record becomes one line.
//
//   std::unique_ptr<Format> f = make_format("nxlog", {});
//   f->write(event, buffer);          // appends one line with its '\n', or nothing
//
// A shape that has no place for an event (Sumo CSE network records know only connections) writes
// nothing and returns false.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "formats/buffer.h"
#include "formats/settings.h"
#include "world/event.h"

namespace c2sim {

class Format {
 public:
  virtual ~Format() = default;
  virtual bool write(const Event& event, Buffer& out) = 0;
};

struct Shape {
  std::string_view name;
  std::string_view note;
  std::unique_ptr<Format> (*make)(const FormatSettings&);
};

std::span<const Shape> shapes();
std::unique_ptr<Format> make_format(std::string_view shape, const FormatSettings& settings);

// One .cpp each.
std::unique_ptr<Format> make_xml(const FormatSettings& settings);
std::unique_ptr<Format> make_nxlog(const FormatSettings& settings);
std::unique_ptr<Format> make_winlogbeat7(const FormatSettings& settings);
std::unique_ptr<Format> make_flb_winevtlog(const FormatSettings& settings);
std::unique_ptr<Format> make_otel(const FormatSettings& settings);
std::unique_ptr<Format> make_sumo_cse(const FormatSettings& settings);

}  // namespace c2sim
