// The verdict report as a layer (format 4.5) for the ATT&CK Navigator.
//
// A technique's score is its coverage: of the ways in which its tests are carried out, the percent
// in which a profile raised what it must. Silence that was expected is honest, and no coverage.
// The comment says which finding of which profile covers which way, or why none does.
// Described by share/schemas/navigator-layer.schema.json.
#pragma once

#include <nlohmann/json.hpp>

namespace c2watch::harness {

nlohmann::ordered_json navigator_layer(const nlohmann::ordered_json& report);

}  // namespace c2watch::harness
