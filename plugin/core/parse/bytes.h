// Bytes: the few searches that the readers spend their time in, inlined, sixteen bytes at a time.
//
// libc's memchr is as fast on long texts, but names and values are ten to sixty bytes long, where
// calling it costs more than searching.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace c2watch::parse {

#if defined(__SSE2__)
// A bit for each of the sixteen bytes at `p` that is `a` or `b`.
inline unsigned match16(const char* p, char a, char b) {
  __m128i chunk;
  std::memcpy(&chunk, p, sizeof chunk);
  const __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8(a)),
                                    _mm_cmpeq_epi8(chunk, _mm_set1_epi8(b)));
  return static_cast<unsigned>(_mm_movemask_epi8(hits));
}
#endif

// The first `a` or `b` in [p, end), or `end`.
inline const char* find_either(const char* p, const char* end, char a, char b) {
#if defined(__SSE2__)
  for (; end - p >= 16; p += 16) {
    if (const unsigned hits = match16(p, a, b); hits != 0) return p + __builtin_ctz(hits);
  }
#endif
  while (p != end && *p != a && *p != b) ++p;
  return p;
}

// The first `c` in [p, end), or `end`.
inline const char* find_byte(const char* p, const char* end, char c) {
  return find_either(p, end, c, c);
}

// True if no byte is above 0x7F, which makes text valid UTF-8 whatever it says.
inline bool is_ascii(std::string_view text) {
  const char* p = text.data();
  std::size_t left = text.size();
  std::uint64_t seen = 0, chunk = 0;
  for (; left >= sizeof chunk; p += sizeof chunk, left -= sizeof chunk) {
    std::memcpy(&chunk, p, sizeof chunk);
    seen |= chunk;
  }
  for (; left != 0; ++p, --left) seen |= static_cast<unsigned char>(*p);
  return (seen & 0x8080'8080'8080'8080u) == 0;
}

// a == b for texts of equal length, without a call.
inline bool equal_bytes(const char* a, const char* b, std::size_t n) {
  std::uint64_t x = 0, y = 0;
  for (; n >= sizeof x; a += sizeof x, b += sizeof x, n -= sizeof x) {
    std::memcpy(&x, a, sizeof x);
    std::memcpy(&y, b, sizeof y);
    if (x != y) return false;
  }
  for (; n != 0; ++a, ++b, --n) {
    if (*a != *b) return false;
  }
  return true;
}

}  // namespace c2watch::parse
