#include "formats/format.h"

#include <array>

namespace c2sim {
namespace {

constexpr std::array<Shape, 6> kShapes = {{
    {"xml", "Event XML as Windows renders it, one event a line", make_xml},
    {"nxlog", "NXLog im_msvistalog with to_json()", make_nxlog},
    {"winlogbeat7", "Winlogbeat 7 to a file or Kafka", make_winlogbeat7},
    {"flb-winevtlog", "Fluent Bit in_winevtlog with StringInserts", make_flb_winevtlog},
    {"otel", "OpenTelemetry windowseventlog receiver, the log body", make_otel},
    {"sumo-cse", "Sumo Logic Cloud SIEM normalised network record (EID 3 only)", make_sumo_cse},
}};

}  // namespace

std::span<const Shape> shapes() { return kShapes; }

std::unique_ptr<Format> make_format(std::string_view shape, const FormatSettings& settings) {
  for (const Shape& s : kShapes)
    if (s.name == shape) return s.make(settings);
  return nullptr;
}

}  // namespace c2sim
