#include "harness/cli/gate_file.h"

#include <filesystem>

#include "harness/base/json_schema.h"

namespace c2watch::harness {

namespace fs = std::filesystem;
using nlohmann::json;
using std::string;

Result<GateFile> GateFile::parse(std::string_view text, const string& name, const json& schema) {
  Result<json> document = read_json_with_schema(text, name, schema);
  if (!document) return Error{document.error()};
  return GateFile(name, std::move(*document), JsonPositions(text));
}

const json* GateFile::section(const char* name) const {
  const auto at = document_.find(name);
  return at == document_.end() ? nullptr : &*at;
}

string GateFile::path(const string& relative) const {
  return (fs::path(name_).parent_path() / relative).lexically_normal().string();
}

string GateFile::place(const string& pointer) const { return name_ + ":" + positions_.of(pointer); }

Error GateFile::error_at(const string& pointer, const string& what) const {
  return Error{place(pointer) + ": " + pointer + ": " + what};
}

}  // namespace c2watch::harness
