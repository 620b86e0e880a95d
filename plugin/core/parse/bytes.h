// Bytes: the few searches and comparisons that the readers spend their time in, inlined.
//
// libc's are as fast on long texts, but names and values are five to sixty bytes long, where
// calling them costs more than their work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace c2watch::parse {

inline std::uint64_t load8(const char* p) {
  std::uint64_t value = 0;
  std::memcpy(&value, p, sizeof value);
  return value;
}

inline std::uint32_t load4(const char* p) {
  std::uint32_t value = 0;
  std::memcpy(&value, p, sizeof value);
  return value;
}

// The first `a` or `b` in [p, end), or `end`. Bytes up to `readable` may be looked at, which saves
// the slow way through the last fifteen: pass the end of the whole text where there is one.
inline const char* find_either(const char* p, const char* end, char a, char b,
                               const char* readable) {
#if defined(__SSE2__)
  const __m128i all_a = _mm_set1_epi8(a), all_b = _mm_set1_epi8(b);
  for (; p < end && readable - p >= 16; p += 16) {
    __m128i chunk;
    std::memcpy(&chunk, p, sizeof chunk);
    const int hits =
        _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(chunk, all_a), _mm_cmpeq_epi8(chunk, all_b)));
    if (hits == 0) continue;
    p += __builtin_ctz(static_cast<unsigned>(hits));
    return p < end ? p : end;
  }
#else
  static_cast<void>(readable);
#endif
  while (p < end && *p != a && *p != b) ++p;
  return p < end ? p : end;
}

inline const char* find_byte(const char* p, const char* end, char c, const char* readable) {
  return find_either(p, end, c, c, readable);
}

// True if no byte is above 0x7F, which makes text valid UTF-8 whatever it says.
inline bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080u;
  const char* p = text.data();
  std::size_t left = text.size();
  std::uint64_t seen = 0;
  if (left >= 8) {
    for (; left > 8; p += 8, left -= 8) seen |= load8(p);
    seen |= load8(p + left - 8);  // may overlap the chunk before
    return (seen & kHighBits) == 0;
  }
  for (; left != 0; ++p, --left) seen |= static_cast<unsigned char>(*p);
  return (seen & kHighBits) == 0;
}

// Whether n bytes are equal. The last chunk may overlap the one before.
inline bool equal_bytes(const char* a, const char* b, std::size_t n) {
  if (n >= 8) {
    for (; n > 8; a += 8, b += 8, n -= 8) {
      if (load8(a) != load8(b)) return false;
    }
    return load8(a + n - 8) == load8(b + n - 8);
  }
  if (n >= 4) return load4(a) == load4(b) && load4(a + n - 4) == load4(b + n - 4);
  for (; n != 0; ++a, ++b, --n) {
    if (*a != *b) return false;
  }
  return true;
}

}  // namespace c2watch::parse
