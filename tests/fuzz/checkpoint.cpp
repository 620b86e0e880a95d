// Any bytes as a checkpoint: no crash; what is accepted can be used, saved and read back.
//
// The first byte picks a detector, or the reader of whole files. Behind it a detector finds its
// chunks, each as u8 stream, u16 bytes and the bytes: no checksum stands between them and it.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/checkpoint.h"
#include "core/engine/detectors.h"
#include "support/fuzz.h"
#include "support/saved_chunks.h"

namespace {

using namespace c2watch;
using testing_support::require;
using testing_support::restore;
using testing_support::save;
using testing_support::SavedChunks;

struct Nowhere final : FindingSink {
  void emit(Finding) override {}
};

// A detector that has seen nothing, with what it refers to.
struct Made {
  explicit Made(const engine::Detector& d)
      : shared(std::move(*engine::make_shared_state(settings, 1))),
        analytic(std::move(*d.make(settings, *shared, 1))) {}

  engine::EngineSettings settings;
  std::unique_ptr<engine::Shared> shared;
  std::unique_ptr<analytics::Analytic> analytic;
};

SavedChunks save_undisturbed(state::SavedState& saved) {
  SavedChunks chunks = save(saved);
  require(!saved.broken(), "nothing disturbs a saving while nothing happens");
  return chunks;
}

SavedChunks chunks_in(std::string_view bytes) {
  SavedChunks chunks;
  state::Reader r(bytes);
  while (r.ok() && !r.at_end()) {
    std::uint8_t stream = 0;
    std::uint16_t size = 0;
    r(stream, size);
    std::string chunk(size, '\0');
    for (char& c : chunk) r(c);
    if (r.ok()) chunks.chunk(stream, chunk);
  }
  return chunks;
}

void check_detector(const engine::Detector& d, std::string_view bytes) {
  Made made(d);
  if (!restore(made.analytic->saved(), chunks_in(bytes))) return;
  const SavedChunks once = save_undisturbed(made.analytic->saved());
  Made again(d);
  require(restore(again.analytic->saved(), once), "what it saves it restores");
  require(save_undisturbed(again.analytic->saved()).all == once.all, "and that is the same");
  Nowhere nowhere;
  again.analytic->answer(nowhere);
  again.analytic->advance(Time{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}}, nowhere);
  again.analytic->answer(nowhere);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(static_cast<const char*>(static_cast<const void*>(data)), size);
  const auto detectors = engine::all_detectors();
  if (data[0] < detectors.size()) {
    check_detector(detectors[data[0]], bytes.substr(1));
    return 0;
  }
  const auto parts = [](std::uint64_t) { return std::vector<engine::SavedPart>(); };
  const auto read = engine::read_snapshot(bytes, parts);
  require(read || !read.error().message.empty(), "a refusal says why");
  return 0;
}
