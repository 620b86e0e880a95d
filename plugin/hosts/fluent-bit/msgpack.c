#include "msgpack.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static uint64_t big_endian(const uint8_t* p, unsigned bytes) {
  uint64_t v = 0;
  for (unsigned i = 0; i < bytes; ++i) v = v << 8 | p[i];
  return v;
}

static bool take(mp_cursor* in, size_t bytes, const uint8_t** p) {
  if ((size_t)(in->end - in->at) < bytes) return false;
  *p = in->at;
  in->at += bytes;
  return true;
}

/* A length or count of `width` bytes. */
static bool take_length(mp_cursor* in, unsigned width, uint32_t* len) {
  const uint8_t* p;
  if (!take(in, width, &p)) return false;
  *len = (uint32_t)big_endian(p, width);
  return true;
}

static bool read_bytes(mp_cursor* in, mp_type type, uint32_t len, mp_value* v) {
  const uint8_t* p;
  if (!take(in, len, &p)) return false;
  v->type = type;
  v->len = len;
  v->as.bytes = (const char*)p;
  return true;
}

static bool read_ext(mp_cursor* in, uint32_t len, mp_value* v) {
  const uint8_t* type;
  if (!take(in, 1, &type)) return false;
  v->ext_type = (int8_t)*type;
  return read_bytes(in, MP_EXT, len, v);
}

/* Every element takes at least a byte, every pair two. */
static bool read_head(mp_cursor* in, mp_type type, uint32_t count, mp_value* v) {
  const size_t least = type == MP_MAP ? 2 * (size_t)count : count;
  if ((size_t)(in->end - in->at) < least) return false;
  v->type = type;
  v->len = count;
  return true;
}

static bool read_unsigned(mp_cursor* in, unsigned width, mp_value* v) {
  const uint8_t* p;
  if (!take(in, width, &p)) return false;
  const uint64_t u = big_endian(p, width);
  if (u > INT64_MAX) {
    v->type = MP_UINT;
    v->as.unsigned_integer = u;
  } else {
    v->type = MP_INT;
    v->as.integer = (int64_t)u;
  }
  return true;
}

static bool read_signed(mp_cursor* in, unsigned width, mp_value* v) {
  const uint8_t* p;
  if (!take(in, width, &p)) return false;
  const uint64_t u = big_endian(p, width);
  v->type = MP_INT;
  switch (width) {
    case 1:
      v->as.integer = (int8_t)u;
      break;
    case 2:
      v->as.integer = (int16_t)u;
      break;
    case 4:
      v->as.integer = (int32_t)u;
      break;
    default:
      v->as.integer = (int64_t)u;
      break;
  }
  return true;
}

static bool read_float(mp_cursor* in, unsigned width, mp_value* v) {
  const uint8_t* p;
  if (!take(in, width, &p)) return false;
  v->type = MP_FLOAT;
  if (width == 4) {
    const uint32_t bits = (uint32_t)big_endian(p, 4);
    float f;
    memcpy(&f, &bits, sizeof f);
    v->as.real = f;
  } else {
    const uint64_t bits = big_endian(p, 8);
    memcpy(&v->as.real, &bits, sizeof v->as.real);
  }
  return true;
}

static bool read_marked(mp_cursor* in, uint8_t mark, mp_value* v) {
  uint32_t len = 0;
  switch (mark) {
    case 0xc0:
      v->type = MP_NIL;
      return true;
    case 0xc2:
    case 0xc3:
      v->type = MP_BOOL;
      v->as.boolean = mark == 0xc3;
      return true;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return take_length(in, 1u << (mark - 0xc4), &len) && read_bytes(in, MP_BIN, len, v);
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return take_length(in, 1u << (mark - 0xc7), &len) && read_ext(in, len, v);
    case 0xca:
      return read_float(in, 4, v);
    case 0xcb:
      return read_float(in, 8, v);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return read_unsigned(in, 1u << (mark - 0xcc), v);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return read_signed(in, 1u << (mark - 0xd0), v);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return read_ext(in, 1u << (mark - 0xd4), v);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return take_length(in, 1u << (mark - 0xd9), &len) && read_bytes(in, MP_STR, len, v);
    case 0xdc:
    case 0xdd:
      return take_length(in, mark == 0xdc ? 2 : 4, &len) && read_head(in, MP_ARRAY, len, v);
    case 0xde:
    case 0xdf:
      return take_length(in, mark == 0xde ? 2 : 4, &len) && read_head(in, MP_MAP, len, v);
    default:
      return false; /* 0xc1 is not msgpack */
  }
}

bool mp_read(mp_cursor* in, mp_value* v) {
  if (mp_take_short_text(in, &v->as.bytes, &v->len)) {
    v->type = MP_STR;
    return true;
  }
  mp_cursor next = *in;
  const uint8_t* p;
  if (!take(&next, 1, &p)) return false;
  const uint8_t mark = *p;
  bool ok = true;
  if (mark <= 0x7f) {
    v->type = MP_INT;
    v->as.integer = mark;
  } else if (mark >= 0xe0) {
    v->type = MP_INT;
    v->as.integer = (int8_t)mark;
  } else if (mark <= 0x8f) {
    ok = read_head(&next, MP_MAP, mark & 0x0f, v);
  } else if (mark <= 0x9f) {
    ok = read_head(&next, MP_ARRAY, mark & 0x0f, v);
  } else if (mark <= 0xbf) {
    ok = read_bytes(&next, MP_STR, mark & 0x1f, v);
  } else {
    ok = read_marked(&next, mark, v);
  }
  if (ok) *in = next;
  return ok;
}

bool mp_skip(mp_cursor* in) {
  mp_cursor next = *in;
  mp_value v;
  const char* text;
  uint32_t len;
  /* Values still to pass over: heads add theirs, so nesting needs no stack. */
  for (uint64_t left = 1; left > 0; --left) {
    if (mp_take_short_text(&next, &text, &len)) continue;
    if (!mp_read(&next, &v)) return false;
    if (v.type == MP_ARRAY) left += v.len;
    if (v.type == MP_MAP) left += 2 * (uint64_t)v.len;
  }
  *in = next;
  return true;
}

/* ---- writing ---- */

static bool reserve(mp_buffer* b, size_t more) {
  if (b->capacity - b->len >= more) return true;
  size_t capacity = b->capacity ? b->capacity : 1024;
  while (capacity - b->len < more) capacity *= 2;
  char* bytes = realloc(b->bytes, capacity);
  if (bytes == NULL) return false;
  b->bytes = bytes;
  b->capacity = capacity;
  return true;
}

bool mp_put_raw(mp_buffer* b, const void* bytes, size_t len) {
  if (!reserve(b, len)) return false;
  if (len > 0) memcpy(b->bytes + b->len, bytes, len);
  b->len += len;
  return true;
}

bool mp_put_marked(mp_buffer* b, uint8_t mark, uint64_t value, unsigned width) {
  uint8_t out[9];
  out[0] = mark;
  for (unsigned i = 0; i < width; ++i) out[1 + i] = (uint8_t)(value >> (8 * (width - 1 - i)));
  return mp_put_raw(b, out, 1 + width);
}

bool mp_put_array(mp_buffer* b, uint32_t n) {
  if (n < 16) return mp_put_marked(b, (uint8_t)(0x90 | n), 0, 0);
  return n <= UINT16_MAX ? mp_put_marked(b, 0xdc, n, 2) : mp_put_marked(b, 0xdd, n, 4);
}

bool mp_put_map(mp_buffer* b, uint32_t n) {
  if (n < 16) return mp_put_marked(b, (uint8_t)(0x80 | n), 0, 0);
  return n <= UINT16_MAX ? mp_put_marked(b, 0xde, n, 2) : mp_put_marked(b, 0xdf, n, 4);
}

static bool put_str_head(mp_buffer* b, size_t len) {
  if (len < 32) return mp_put_marked(b, (uint8_t)(0xa0 | len), 0, 0);
  if (len <= UINT8_MAX) return mp_put_marked(b, 0xd9, len, 1);
  if (len <= UINT16_MAX) return mp_put_marked(b, 0xda, len, 2);
  return len <= UINT32_MAX && mp_put_marked(b, 0xdb, len, 4);
}

bool mp_put_str(mp_buffer* b, const char* text, size_t len) {
  const size_t before = b->len;
  if (put_str_head(b, len) && mp_put_raw(b, text, len)) return true;
  b->len = before;
  return false;
}

void mp_free(mp_buffer* b) {
  free(b->bytes);
  *b = (mp_buffer){0};
}
