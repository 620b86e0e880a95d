// The files of fixtures/config, as the settings table has them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/engine/config.h"
#include "core/engine/config_text.h"

namespace c2watch::engine {

// File name and contents.
inline std::vector<std::pair<std::string, std::string>> config_files() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const Profile p : {Profile::standard, Profile::seed, Profile::lab}) {
    const std::string name(kProfileNames[static_cast<std::size_t>(p)]);
    files.emplace_back(name + ".json", config_text(profile_settings(p)));
  }
  files.emplace_back("schema.json", config_schema_text());
  return files;
}

}  // namespace c2watch::engine
