// A collector that reloads its plugins loads and unloads us for years.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <string>

#include "abi/c2watch.h"
#include "attack_records.h"

namespace c2watch::testing_support {
namespace {

template <class Function>
Function* symbol(void* library, const char* name) {
  void* const found = dlsym(library, name);
  Function* function = nullptr;
  std::memcpy(&function, &found, sizeof function);
  return function;
}

long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::stol(line.substr(6));
  return -1;
}

int findings = 0;
void on_finding(void*, const char*, size_t) { ++findings; }

void load_use_unload(const std::vector<std::string>& records) {
  void* const library = dlopen(C2WATCH_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  const auto open = symbol<decltype(c2watch_open)>(library, "c2watch_open");
  const auto observe = symbol<decltype(c2watch_observe)>(library, "c2watch_observe");
  const auto close = symbol<decltype(c2watch_close)>(library, "c2watch_close");
  ASSERT_TRUE(open != nullptr && observe != nullptr && close != nullptr);

  const c2watch_host host = {sizeof host, C2WATCH_ABI, nullptr, nullptr, on_finding};
  c2watch_engine* engine = nullptr;
  ASSERT_EQ(open(&host, "{\"extends\": \"seed\"}", 19, &engine), C2WATCH_OK);
  for (const std::string& r : records)
    ASSERT_EQ(observe(engine, C2WATCH_FORMAT_AUTO, r.data(), r.size(), nullptr), C2WATCH_OK);
  close(engine);
  ASSERT_EQ(dlclose(library), 0);
}

TEST(LoadUnload, a_thousand_times_leaves_nothing_behind) {
  const std::vector<std::string> records = attack_records();
  for (int i = 0; i < 100; ++i) load_use_unload(records);  // the allocator finds its size
  const long before = resident_kib();
  for (int i = 0; i < 900; ++i) load_use_unload(records);
  EXPECT_EQ(findings % 1000, 0);
  EXPECT_GE(findings, 1000);
#ifndef C2WATCH_SANITIZED  // sanitizers keep freed memory aside
  // A leak of one small engine each time would be tens of megabytes.
  EXPECT_LT(resident_kib() - before, 2048);
#else
  (void)before;
#endif
}

TEST(LoadUnload, nothing_of_us_stays_mapped) {
  load_use_unload({});
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    EXPECT_EQ(line.find("libc2watch.so"), std::string::npos) << line;
}

}  // namespace
}  // namespace c2watch::testing_support
