#include "record_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct text_view {
  const char* bytes;
  size_t len;
} text_view;

static bool add_field(record_fields* out, text_view name, const char* value, size_t len) {
  if (out->count == MAX_RECORD_FIELDS) {
    out->cut = true;
    return false;
  }
  out->fields[out->count++] = (c2watch_field){name.bytes, name.len, value, len};
  return true;
}

/* Room for `len` bytes that live as long as the fields; NULL when there is none left. */
static char* keep(record_fields* out, size_t len) {
  if (RECORD_TEXT_BYTES - out->text_len < len) {
    out->cut = true;
    return NULL;
  }
  char* kept = out->text + out->text_len;
  out->text_len += len;
  return kept;
}

static void add_spelled(record_fields* out, text_view name, const char* text, int len) {
  char* kept = keep(out, (size_t)len);
  if (kept == NULL) return;
  memcpy(kept, text, (size_t)len);
  add_field(out, name, kept, (size_t)len);
}

static void add_scalar(record_fields* out, text_view name, const mp_value* v) {
  char text[32];
  switch (v->type) {
    case MP_STR:
    case MP_BIN:
      add_field(out, name, v->as.bytes, v->len);
      break;
    case MP_NIL:
      add_field(out, name, "", 0);
      break;
    case MP_BOOL:
      add_field(out, name, v->as.boolean ? "true" : "false", v->as.boolean ? 4 : 5);
      break;
    case MP_INT:
      add_spelled(out, name, text, snprintf(text, sizeof text, "%" PRId64, v->as.integer));
      break;
    case MP_UINT:
      add_spelled(out, name, text, snprintf(text, sizeof text, "%" PRIu64, v->as.unsigned_integer));
      break;
    default:
      break; /* a real number or an extension: no field that we know has one */
  }
}

/* "prefix.leaf", or the leaf itself at the top. */
static bool join(record_fields* out, text_view prefix, text_view leaf, text_view* name) {
  if (prefix.len == 0) {
    *name = leaf;
    return true;
  }
  char* kept = keep(out, prefix.len + 1 + leaf.len);
  if (kept == NULL) return false;
  memcpy(kept, prefix.bytes, prefix.len);
  kept[prefix.len] = '.';
  memcpy(kept + prefix.len + 1, leaf.bytes, leaf.len);
  *name = (text_view){kept, prefix.len + 1 + leaf.len};
  return true;
}

static bool read_value(mp_cursor* in, record_fields* out, text_view name, int nesting);

static bool read_pairs(mp_cursor* in, record_fields* out, text_view prefix, uint32_t pairs,
                       int nesting) {
  for (uint32_t i = 0; i < pairs; ++i) {
    mp_value key;
    text_view name;
    mp_cursor value = *in;
    if (!mp_read(&value, &key)) return false;
    const bool named = key.type == MP_STR || key.type == MP_BIN;
    if (!named) {
      if (!mp_skip(in) || !mp_skip(in)) return false;
      continue;
    }
    *in = value;
    if (!join(out, prefix, (text_view){key.as.bytes, key.len}, &name)) {
      if (!mp_skip(in)) return false;
      continue;
    }
    if (!read_value(in, out, name, nesting)) return false;
  }
  return true;
}

static bool read_value(mp_cursor* in, record_fields* out, text_view name, int nesting) {
  mp_value v;
  if (nesting == MAX_RECORD_NESTING) {
    out->cut = true;
    return mp_skip(in);
  }
  if (!mp_read(in, &v)) return false;
  if (v.type == MP_MAP) return read_pairs(in, out, name, v.len, nesting + 1);
  if (v.type != MP_ARRAY) {
    add_scalar(out, name, &v);
    return true;
  }
  for (uint32_t i = 0; i < v.len; ++i) {
    if (!read_value(in, out, name, nesting + 1)) return false;
  }
  return true;
}

bool read_record_fields(mp_cursor* body, record_fields* out) {
  mp_cursor in = *body;
  mp_value head;
  out->count = 0;
  out->text_len = 0;
  out->cut = false;
  if (!mp_read(&in, &head) || head.type != MP_MAP) return false;
  if (!read_pairs(&in, out, (text_view){"", 0}, head.len, 0)) return false;
  *body = in;
  return true;
}
