// usage: c2watch_engine_fixtures FIXTURES   writes config/ and findings/ there
#include <filesystem>
#include <fstream>
#include <iostream>

#include "config_files.h"
#include "sample_findings.h"

namespace {

bool write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  return static_cast<bool>(file.flush());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: c2watch_engine_fixtures FIXTURES\n";
    return 2;
  }
  const std::filesystem::path fixtures = argv[1];
  bool written = true;
  for (const auto& [name, text] : c2watch::engine::config_files())
    written = write(fixtures / "config" / name, text) && written;
  for (const auto& [name, text] : c2watch::engine::finding_files())
    written = write(fixtures / "findings" / name, text) && written;
  if (!written) std::cerr << "not everything could be written\n";
  return written ? 0 : 1;
}
