// An engine behind the C door, with whatever it finds handed to a function.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/c2watch.h"

namespace c2watch::testing_support {

using Fields = std::vector<std::pair<std::string_view, std::string>>;

class Watched {
 public:
  using OnFinding = std::function<void(std::string_view json)>;

  Watched(std::string_view config, OnFinding on_finding) : on_finding_(std::move(on_finding)) {
    const c2watch_host host = {sizeof host, C2WATCH_ABI, this, nullptr, on_finding_of};
    EXPECT_EQ(c2watch_open(&host, config.data(), config.size(), &engine_), C2WATCH_OK)
        << c2watch_last_error(engine_);
  }
  ~Watched() { c2watch_close(engine_); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  void observe(std::string_view json) {
    EXPECT_EQ(c2watch_observe(engine_, C2WATCH_FORMAT_JSON, json.data(), json.size(), nullptr),
              C2WATCH_OK);
  }
  // What became of it: c2watch_record.
  std::uint32_t observe(const Fields& fields) {
    views_.clear();
    for (const auto& [name, value] : fields)
      views_.push_back({name.data(), name.size(), value.data(), value.size()});
    c2watch_verdict verdict{};
    verdict.size = sizeof verdict;
    EXPECT_EQ(c2watch_observe_fields(engine_, views_.data(), views_.size(), &verdict), C2WATCH_OK);
    return verdict.record;
  }
  nlohmann::json stats() {
    const char* text = nullptr;
    std::size_t len = 0;
    EXPECT_EQ(c2watch_stats(engine_, &text, &len), C2WATCH_OK);
    return nlohmann::json::parse(text, text + len);
  }

 private:
  static void on_finding_of(void* self, const char* text, std::size_t len) {
    static_cast<Watched*>(self)->on_finding_({text, len});
  }

  OnFinding on_finding_;
  c2watch_engine* engine_ = nullptr;
  std::vector<c2watch_field> views_;
};

}  // namespace c2watch::testing_support
