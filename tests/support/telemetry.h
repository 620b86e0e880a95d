// Real captures in ../shared/telemetry, for tests that read them when they are there.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace c2watch::testing_support {

std::filesystem::path telemetry_folder();

// True if the folder is there; a test that needs it skips, and says why, if not.
bool have_telemetry();

struct PackedFile {
  std::string name;  // inside its archive
  std::string bytes;
};

// The files in an archive (tar, zip, gzip, xz in any combination). Throws std::runtime_error.
std::vector<PackedFile> unpack(const std::filesystem::path& archive);

// The records of a text file: one JSON object per file or per line, or whatever stands between
// <Event and </Event> and, as records of their own, the texts in between.
std::vector<std::string_view> split_records(std::string_view text);

// The events of an .evtx file as XML. Empty where the tests were built without libevtx.
std::vector<std::string> evtx_records(const std::string& bytes);
bool have_evtx();

}  // namespace c2watch::testing_support
