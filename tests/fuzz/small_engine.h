// Settings of an engine with small tables: each input opens fresh engines, and a sanitizer takes its
// time over large ones.
#pragma once

#include <string>
#include <string_view>

namespace c2watch::testing_support {

// `more` stands among the members: R"("output": {"format": "ocsf"},)".
inline std::string small_engine(std::string_view profile, std::string_view more = "",
                                bool drop_repeats = true) {
  std::string config = R"({"extends": ")";
  config.append(profile).append(R"(",)").append(more);
  config.append(R"("repeats": {"drop": )").append(drop_repeats ? "true" : "false");
  return config + R"(, "max_streams": 16, "window_records": 64},
    "lineage": {"processes": 64, "text_bytes": 65536},
    "detectors": {
      "hourly_beacon": {"capacity": 64, "max_detail_bytes": 16777216},
      "interval_beacon": {"capacity": 64, "max_destinations": 64, "max_open": 16},
      "dns_burst": {"max_keys": 16},
      "c2_port": {"max_keys": 16},
      "task_callback": {"max_chains": 16}
    }
  })";
}

}  // namespace c2watch::testing_support
