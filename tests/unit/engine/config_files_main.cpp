// usage: c2watch_config_files FOLDER   writes the shipped profiles and the schema there
#include <filesystem>
#include <fstream>
#include <iostream>

#include "config_files.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: c2watch_config_files FOLDER\n";
    return 2;
  }
  for (const auto& [name, text] : c2watch::engine::config_files()) {
    std::ofstream file(std::filesystem::path(argv[1]) / name, std::ios::binary);
    file << text;
    if (!file.flush()) {
      std::cerr << name << ": cannot be written\n";
      return 1;
    }
  }
  return 0;
}
