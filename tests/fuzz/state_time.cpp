// Any times in any order: a structure that keeps times does what its reference does.
//
// The first byte picks the structure (support/time_models.h), the others are its events.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "support/fuzz.h"
#include "support/time_models.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace c2watch::testing_support;
  if (size == 0) return 0;
  const std::string_view bytes(static_cast<const char*>(static_cast<const void*>(data)), size);
  // Several of them compare with all that was kept, at every event.
  constexpr std::size_t kMostBytes = 4'096;
  Choices choices(bytes.substr(1, kMostBytes));
  const TimeModel& model = kTimeModels[data[0] % kTimeModels.size()];
  const std::string error = model.check(choices);
  require(error.empty(), (std::string(model.name) + ": " + error).c_str());
  return 0;
}
