// Finding formats: one finding as one line of JSON, in the form that the next system reads.
//
//   std::string line = format_finding(finding, FindingFormat::native, "default");
//
//   native  everything, as fixtures/schemas/finding.schema.json describes it
//   ocsf    OCSF 1.3 Detection Finding, class_uid 2004
//   ecs     Elastic Common Schema 8, event.kind "alert"
//   sumo    flat, for a Sumo Logic HTTP source: a scheduled search makes a Cloud SIEM signal from
//           `normalizedSeverity` and `stage` without parsing anything nested
//
// TEXT      Whatever a process chose to be called is escaped: see json_writer.h.
// COST      some microseconds and allocations; findings are rare.
#pragma once

#include <string>
#include <string_view>

#include "core/engine/settings.h"
#include "core/model/finding.h"

namespace c2watch::engine {

class JsonWriter;

// The plugin's version, "1.2.0".
std::string_view plugin_version();

// A number, a text, a list of either, or null.
void write_value(JsonWriter& w, const Evidence::Value& value);

std::string format_finding(const Finding& finding, FindingFormat format, std::string_view profile);

}  // namespace c2watch::engine
