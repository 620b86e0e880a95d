// Every text matcher of the scope against the slow and obvious way to say the same.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "core/analytics/ip_address.h"
#include "core/analytics/process_class.h"
#include "core/analytics/scope.h"
#include "core/analytics/suffix_set.h"

namespace c2watch::analytics {
namespace {

using Rng = std::mt19937;

template <class Pool>
const auto& one_of(const Pool& pool, Rng& rng) {
  return pool[rng() % std::size(pool)];
}

// Glues pieces together, with a byte changed, lost or doubled now and then.
std::string mutate(std::string text, Rng& rng) {
  if (text.empty() || rng() % 3 != 0) return text;
  const std::size_t at = rng() % text.size();
  switch (rng() % 4) {
    case 0:
      text[at] = static_cast<char>(rng());
      break;
    case 1:
      text.erase(at, 1);
      break;
    case 2:
      text.insert(at, 1, text[at]);
      break;
    default:
      text[at] = static_cast<char>(std::isupper(static_cast<unsigned char>(text[at]))
                                       ? std::tolower(static_cast<unsigned char>(text[at]))
                                       : std::toupper(static_cast<unsigned char>(text[at])));
  }
  return text;
}

// '*' is any run of bytes, everything else itself; the whole text.
bool glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return glob(pattern.substr(1), text) || (!text.empty() && glob(pattern, text.substr(1)));
  return !text.empty() && pattern[0] == text[0] && glob(pattern.substr(1), text.substr(1));
}

bool any_glob(const std::vector<std::string>& globs, std::string_view text) {
  if (text.empty()) return false;  // NULL
  return std::any_of(globs.begin(), globs.end(), [&](auto& g) { return glob(g, text); });
}

std::string compose(const std::vector<std::string>& pool, Rng& rng) {
  std::string text;
  for (std::size_t pieces = rng() % 4; pieces > 0; --pieces) text += mutate(one_of(pool, rng), rng);
  return text;
}

TEST(SeedScope, AgreesWithANaiveGlobMatcher) {
  const ScopeSettings settings = ScopeSettings::seed();
  const DestinationScope scope = *DestinationScope::create(settings);
  std::vector<std::string> pool = {"", "-", ".", "1", "x", "www.", "C:\\x\\", "evil.net", "AKAMAI"};
  for (const auto* list :
       {&settings.excluded_networks, &settings.excluded_domains, &settings.excluded_processes}) {
    for (std::string piece : *list) {
      std::erase(piece, '*');
      pool.push_back(piece);
    }
  }
  Rng rng(1);
  int excluded = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string text = compose(pool, rng);
    ASSERT_EQ(scope.excludes_ip(text), any_glob(settings.excluded_networks, text)) << text;
    ASSERT_EQ(scope.excludes_hostname(text), any_glob(settings.excluded_domains, text)) << text;
    ASSERT_EQ(scope.excludes_process(text), any_glob(settings.excluded_processes, text)) << text;
    excluded += scope.excludes_hostname(text) || scope.excludes_ip(text);
  }
  EXPECT_GT(excluded, 20'000);
  EXPECT_LT(excluded, 180'000);
}

std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// The suffix, preceded by nothing or by what must stand before it.
bool ends_as(std::string text, std::string suffix, Letters letters, Before before) {
  if (letters == Letters::any_case) text = lowered(text), suffix = lowered(suffix);
  if (text.size() < suffix.size()) return false;
  const std::size_t at = text.size() - suffix.size();
  if (text.compare(at, suffix.size(), suffix) != 0) return false;
  if (at == 0 || before == Before::anything) return true;
  return before == Before::label ? text[at - 1] == '.'
                                 : text[at - 1] == '/' || text[at - 1] == '\\';
}

TEST(SuffixSet, AgreesWithComparingEachSuffixOnBothSidesOfTheBinarySearch) {
  Rng rng(2);
  const std::vector<std::string> pool = {
      "a",        "B", "live.com",           "LIVE.COM", "o", ".", "\\", "/", "com",
      "zoom.exe", "x", std::string(1, '\0'), "\xC3\xA9", "@", "[", "`",  "{", "longer-than-eight"};
  for (const std::size_t size : {1u, 5u, 31u, 32u, 33u, 200u}) {
    for (const Letters letters : {Letters::exact, Letters::any_case}) {
      for (const Before before : {Before::anything, Before::label, Before::path}) {
        SuffixSet set(letters, before);
        std::vector<std::string> suffixes;
        while (suffixes.size() < size) {
          std::string suffix = compose(pool, rng);
          if (suffix.empty()) continue;
          set.add(suffix);
          suffixes.push_back(std::move(suffix));
        }
        for (int i = 0; i < 2000; ++i) {
          const std::string text =
              compose(pool, rng) + (rng() % 2 ? mutate(one_of(suffixes, rng), rng) : "");
          const bool want = std::any_of(suffixes.begin(), suffixes.end(),
                                        [&](auto& s) { return ends_as(text, s, letters, before); });
          ASSERT_EQ(set.matches(text), want) << testing::PrintToString(text);
        }
      }
    }
  }
}

TEST(ScriptEngines, AgreeWithTheSeedsRegularExpression) {
  const std::regex seed(
      "(powershell|pwsh|cmd|wscript|cscript|rundll32|regsvr32|mshta|certutil|bitsadmin|curl|wget|"
      "msiexec|wmic|msbuild|csc)\\.exe",
      std::regex::icase | std::regex::ECMAScript);
  std::vector<std::string> pool = {"C:\\Windows\\", "/", "not", ".exe", ".EXE", ".", "exe",
                                   "v1.0\\",        "",  ".ex", "-",    "e",    "l"};
  pool.insert(pool.end(), kScriptEngines.begin(), kScriptEngines.end());
  for (const std::string_view name : kScriptEngines) pool.push_back(std::string(name) + ".exe");
  Rng rng(3);
  int hits = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text = compose(pool, rng) + compose(pool, rng);
    // std::regex reads bytes through the locale; beyond ASCII the seed's meaning is plain bytes.
    std::erase_if(text, [](char c) { return c == '\0' || static_cast<unsigned char>(c) > 0x7F; });
    const bool want = std::regex_search(text, seed);
    ASSERT_EQ(names_script_engine(text), want) << text;
    hits += want;

    const std::string file = lowered(text.substr(text.find_last_of("\\/") + 1));
    const bool whole =
        std::any_of(kScriptEngines.begin(), kScriptEngines.end(),
                    [&](std::string_view name) { return file == std::string(name) + ".exe"; });
    ASSERT_EQ(is_script_engine(text), whole) << text;
  }
  EXPECT_GT(hits, 10'000);
  EXPECT_LT(hits, 50'000);
}

std::optional<IpAddress> parsed_by_libc(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1)
    return ipv4(static_cast<std::uint32_t>(bytes[0]) << 24 |
                static_cast<std::uint32_t>(bytes[1]) << 16 |
                static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3]);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
  IpAddress ip;
  for (std::size_t i = 0; i < 8; ++i) {
    ip.high = ip.high << 8 | bytes[i];
    ip.low = ip.low << 8 | bytes[i + 8];
  }
  return ip;
}

TEST(ParseIp, AgreesWithLibcOnWhatIsAnAddressAndWhichOne) {
  const std::vector<std::string> pool = {"0",
                                         "1",
                                         "10",
                                         "255",
                                         "256",
                                         "01",
                                         "ffff",
                                         "FFFF",
                                         "fe80",
                                         ":",
                                         ":",
                                         ":",
                                         "::",
                                         ".",
                                         ".",
                                         "127.0.0.1",
                                         "a",
                                         "12345",
                                         "0:0:0:0:0:0:0:1",
                                         "::ffff:10.1.2.3",
                                         "2001:db8::"};
  Rng rng(4);
  int addresses = 0;
  for (int i = 0; i < 400'000; ++i) {
    std::string text;
    switch (rng() % 3) {
      case 0:
        for (int n = 0; n < 4; ++n) text += (n ? "." : "") + std::to_string(rng() % 300);
        break;
      case 1:
        for (std::size_t n = 0, of = 6 + rng() % 3; n < of; ++n) {
          static constexpr const char* kHex = "0123456789abcdefABCDEF";
          text += n == 0 ? "" : rng() % 8 == 0 ? "::" : ":";
          for (std::size_t digits = 1 + rng() % 4; digits > 0; --digits) text += kHex[rng() % 22];
        }
        break;
      default:
        for (std::size_t n = 1 + rng() % 12; n > 0; --n) text += one_of(pool, rng);
    }
    text = mutate(text, rng);
    if (text.find('%') != std::string::npos || text.find('\0') != std::string::npos) continue;
    const auto want = parsed_by_libc(text);
    const auto got = parse_ip(text);
    ASSERT_EQ(got.has_value(), want.has_value()) << text;
    if (want) {
      ASSERT_TRUE(*got == *want) << text;
      ++addresses;
    }
  }
  EXPECT_GT(addresses, 50'000);
}

TEST(IpNetworks, AgreeWithComparingBitByBit) {
  Rng rng(5);
  const auto bit = [](const IpAddress& ip, int i) {
    return (i < 64 ? ip.high >> (63 - i) : ip.low >> (127 - i)) & 1;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<std::pair<IpAddress, int>> prefixes;  // length out of 128
    std::vector<std::string> texts;
    for (std::size_t n = rng() % 12; n > 0; --n) {
      const bool v4 = rng() % 2 == 0;
      const int length = static_cast<int>(rng() % (v4 ? 33 : 129));
      std::array<unsigned char, 16> bytes{};
      for (int i = 0; i < length; ++i)
        // Few distinct prefixes, so that they nest and touch.
        if (rng() % 6 == 0)
          bytes[static_cast<std::size_t>(i / 8)] |= static_cast<unsigned char>(0x80u >> i % 8);
      std::array<char, INET6_ADDRSTRLEN> text{};
      inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
      texts.push_back(std::string(text.data()) + "/" + std::to_string(length));
      prefixes.emplace_back(*parsed_by_libc(text.data()), v4 ? length + 96 : length);
    }
    const Result<IpNetworks> networks = IpNetworks::create(texts);
    ASSERT_TRUE(networks) << networks.error().message;
    for (int i = 0; i < 300; ++i) {
      IpAddress ip = ipv4(static_cast<std::uint32_t>(rng() & rng() & rng()));
      if (rng() % 2 == 0)
        ip = {(std::uint64_t{rng()} << 32 | rng()) & rng() & (std::uint64_t{rng()} << 32),
              std::uint64_t{rng()} & rng()};
      if (!prefixes.empty() && rng() % 2 == 0) {  // on an edge, or one beside it
        ip = prefixes[rng() % prefixes.size()].first;
        if (rng() % 2 == 0) ip.low += rng() % 2 == 0 ? 1 : -std::uint64_t{1};
      }
      const bool want = std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& prefix) {
        for (int b = 0; b < prefix.second; ++b)
          if (bit(prefix.first, b) != bit(ip, b)) return false;
        return true;
      });
      ASSERT_EQ(networks->contains(ip), want);
    }
  }
}

}  // namespace
}  // namespace c2watch::analytics
