#pragma once

namespace c2sim {

inline constexpr const char* kVersion = C2SIM_VERSION;

}  // namespace c2sim
