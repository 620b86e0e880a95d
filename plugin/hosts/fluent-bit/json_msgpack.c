#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "msgpack.h"

enum { MAX_JSON_DEPTH = 32 };

typedef struct json {
  const char* at;
  const char* end;
  int depth;
} json;

static bool put_value(mp_buffer* b, json* in);

static bool one_of(char c, const char* set) { return c != '\0' && strchr(set, c) != NULL; }

static void skip_space(json* in) {
  while (in->at < in->end && one_of(*in->at, " \t\r\n")) ++in->at;
}

static bool eat(json* in, char c) {
  skip_space(in);
  if (in->at == in->end || *in->at != c) return false;
  ++in->at;
  return true;
}

static int hex4(const char* p) {
  int v = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i];
    int digit;
    if (c >= '0' && c <= '9')
      digit = c - '0';
    else if ((c | 32) >= 'a' && (c | 32) <= 'f')
      digit = (c | 32) - 'a' + 10;
    else
      return -1;
    v = v << 4 | digit;
  }
  return v;
}

static bool put_utf8(mp_buffer* b, uint32_t c) {
  char out[4];
  size_t n;
  if (c < 0x80) {
    out[0] = (char)c;
    n = 1;
  } else if (c < 0x800) {
    out[0] = (char)(0xc0 | c >> 6);
    out[1] = (char)(0x80 | (c & 0x3f));
    n = 2;
  } else if (c < 0x10000) {
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    n = 3;
  } else {
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    n = 4;
  }
  return mp_put_raw(b, out, n);
}

/* \uXXXX, or two of them for one character beyond the basic plane. in->at is behind the 'u'. */
static bool put_unicode_escape(mp_buffer* b, json* in) {
  if (in->end - in->at < 4) return false;
  const int first = hex4(in->at);
  if (first < 0) return false;
  in->at += 4;
  if (first < 0xd800 || first > 0xdfff) return put_utf8(b, (uint32_t)first);
  if (first > 0xdbff || in->end - in->at < 6 || in->at[0] != '\\' || in->at[1] != 'u') return false;
  const int second = hex4(in->at + 2);
  if (second < 0xdc00 || second > 0xdfff) return false;
  in->at += 6;
  return put_utf8(b, 0x10000u + (((uint32_t)first & 0x3ff) << 10) + ((uint32_t)second & 0x3ff));
}

static bool put_escape(mp_buffer* b, json* in) {
  static const char kNames[] = "\"\\/bfnrt";
  static const char kValues[] = "\"\\/\b\f\n\r\t";
  if (in->at == in->end) return false;
  const char c = *in->at++;
  if (c == 'u') return put_unicode_escape(b, in);
  return one_of(c, kNames) && mp_put_raw(b, &kValues[strchr(kNames, c) - kNames], 1);
}

/* The text is unescaped in place behind a head of the widest kind, whose length is filled in last.
 */
static bool put_json_string(mp_buffer* b, json* in) {
  const size_t head = b->len;
  if (!eat(in, '"') || !mp_put_marked(b, 0xdb, 0, 4)) return false;
  for (;;) {
    const char* start = in->at;
    while (in->at < in->end && *in->at != '"' && *in->at != '\\') ++in->at;
    if (in->at == in->end || !mp_put_raw(b, start, (size_t)(in->at - start))) return false;
    if (*in->at++ == '"') break;
    if (!put_escape(b, in)) return false;
  }
  const size_t len = b->len - head - 5;
  for (unsigned i = 0; i < 4; ++i) b->bytes[head + 1 + i] = (char)(len >> (8 * (3 - i)));
  return true;
}

static bool put_json_number(mp_buffer* b, json* in) {
  char text[64];
  size_t n = 0;
  bool whole = true;
  while (in->at < in->end && n + 1 < sizeof text && one_of(*in->at, "+-0123456789.eE")) {
    whole = whole && !one_of(*in->at, ".eE");
    text[n++] = *in->at++;
  }
  text[n] = '\0';
  if (n == 0) return false;
  if (whole) {
    errno = 0;
    const long long v = strtoll(text, NULL, 10);
    if (errno == 0) return mp_put_marked(b, 0xd3, (uint64_t)v, 8);
  }
  /* Not strtod: the host may run in a locale whose decimal point is a comma. */
  const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (c == (locale_t)0) return false;
  const double real = strtod_l(text, NULL, c);
  freelocale(c);
  uint64_t bits;
  memcpy(&bits, &real, sizeof bits);
  return mp_put_marked(b, 0xcb, bits, 8);
}

static bool eat_word(json* in, const char* word) {
  const size_t n = strlen(word);
  if ((size_t)(in->end - in->at) < n || memcmp(in->at, word, n) != 0) return false;
  in->at += n;
  return true;
}

/* Elements up to `close`; pairs when it closes an object. */
static bool put_elements(mp_buffer* b, json* in, char close, uint32_t* count) {
  *count = 0;
  if (eat(in, close)) return true;
  do {
    skip_space(in);
    if (close == '}' && !(put_json_string(b, in) && eat(in, ':'))) return false;
    if (!put_value(b, in)) return false;
    ++*count;
  } while (eat(in, ','));
  return eat(in, close);
}

static bool put_container(mp_buffer* b, json* in, uint8_t mark, char close) {
  const size_t head = b->len;
  uint32_t count;
  if (in->depth++ == MAX_JSON_DEPTH || !mp_put_marked(b, mark, 0, 4)) return false;
  ++in->at;
  if (!put_elements(b, in, close, &count)) return false;
  for (unsigned i = 0; i < 4; ++i) b->bytes[head + 1 + i] = (char)(count >> (8 * (3 - i)));
  --in->depth;
  return true;
}

static bool put_value(mp_buffer* b, json* in) {
  skip_space(in);
  if (in->at == in->end) return false;
  switch (*in->at) {
    case '{':
      return put_container(b, in, 0xdf, '}');
    case '[':
      return put_container(b, in, 0xdd, ']');
    case '"':
      return put_json_string(b, in);
    case 't':
      return eat_word(in, "true") && mp_put_marked(b, 0xc3, 0, 0);
    case 'f':
      return eat_word(in, "false") && mp_put_marked(b, 0xc2, 0, 0);
    case 'n':
      return eat_word(in, "null") && mp_put_marked(b, 0xc0, 0, 0);
    default:
      return put_json_number(b, in);
  }
}

bool mp_put_json(mp_buffer* b, const char* text, size_t len) {
  const size_t before = b->len;
  json in = {text, text + len, 0};
  if (put_value(b, &in)) return true;
  b->len = before;
  return false;
}

bool mp_put_json_members(mp_buffer* b, const char* text, size_t len, uint32_t* pairs) {
  const size_t before = b->len;
  json in = {text, text + len, 1};
  if (eat(&in, '{') && put_elements(b, &in, '}', pairs)) return true;
  b->len = before;
  return false;
}
