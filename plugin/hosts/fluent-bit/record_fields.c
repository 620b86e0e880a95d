#include "record_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text_view {
  const char* bytes;
  size_t len;
} text_view;

static bool add_field(record_fields* out, text_view name, const char* value, size_t len) {
  if (out->count == out->max_fields) {
    out->cut = true;
    return false;
  }
  out->room[out->count++] = (c2watch_field){name.bytes, name.len, value, len};
  return true;
}

/* Room for `len` bytes that live as long as the fields; NULL when there is none left. */
static char* keep(record_fields* out, size_t len) {
  if (out->max_text - out->text_len < len) {
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
    case MP_FLOAT: /* what a Lua filter makes of integers; 17 digits name every double */
      add_spelled(out, name, text, snprintf(text, sizeof text, "%.17g", v->as.real));
      break;
    default:
      add_field(out, name, "", 0); /* an extension, which keeps its place in a list */
      break;
  }
}

/* Copies `len` bytes to `kept`, from a text of which `readable` bytes may be looked at. */
static inline void copy_name(char* kept, const char* from, size_t len, size_t readable) {
  if (len > TEXT_BLOCK_BYTES || readable < TEXT_BLOCK_BYTES) {
    memcpy(kept, from, len);
    return;
  }
  /* By way of registers: a prefix may lie so close before its name that the blocks overlap. */
  char block[TEXT_BLOCK_BYTES];
  memcpy(block, from, sizeof block);
  memcpy(kept, block, sizeof block);
}

/* "prefix.leaf" and, behind the prefix of what is nested in it, a dot. The prefix lies in out->text
 * and ends in a dot, or is empty; the leaf lies in the record, which ends at `end`. */
static bool join(record_fields* out, text_view prefix, text_view leaf, const uint8_t* end,
                 text_view* name) {
  if (prefix.len == 0) {
    *name = leaf;
    return true;
  }
  char* kept = keep(out, prefix.len + leaf.len);
  if (kept == NULL) return false;
  copy_name(kept, prefix.bytes, prefix.len, TEXT_BLOCK_BYTES);
  copy_name(kept + prefix.len, leaf.bytes, leaf.len, (size_t)(end - (const uint8_t*)leaf.bytes));
  *name = (text_view){kept, prefix.len + leaf.len};
  return true;
}

/* `name` with a dot behind it, as a prefix for join(). */
static bool open_prefix(record_fields* out, text_view name, text_view* prefix) {
  if (name.len == 0) {
    *prefix = (text_view){"", 0};
    return true;
  }
  char* kept = keep(out, name.len + 1);
  if (kept == NULL) return false;
  memcpy(kept, name.bytes, name.len);
  kept[name.len] = '.';
  *prefix = (text_view){kept, name.len + 1};
  return true;
}

static bool read_value(mp_cursor* in, record_fields* out, text_view name, int nesting);

/* A name. False: broken; *named is false where a key is no text. */
static inline bool read_name(mp_cursor* in, text_view* name, bool* named) {
  uint32_t len;
  mp_value key;
  *named = true;
  if (mp_take_short_text(in, &name->bytes, &len)) {
    name->len = len;
    return true;
  }
  mp_cursor next = *in;
  if (!mp_read(&next, &key)) return false;
  *named = key.type == MP_STR || key.type == MP_BIN;
  if (!*named) return mp_skip(in);
  *in = next;
  *name = (text_view){key.as.bytes, key.len};
  return true;
}

static bool read_pairs(mp_cursor* in, record_fields* out, text_view prefix, uint32_t pairs,
                       int nesting) {
  for (uint32_t i = 0; i < pairs; ++i) {
    text_view leaf, name;
    const char* text;
    uint32_t len;
    bool named;
    if (!read_name(in, &leaf, &named)) return false;
    if (!named || !join(out, prefix, leaf, in->end, &name)) {
      if (!mp_skip(in)) return false;
    } else if (nesting < MAX_RECORD_NESTING && mp_take_short_text(in, &text, &len)) {
      add_field(out, name, text, len);
    } else if (!read_value(in, out, name, nesting)) {
      return false;
    }
  }
  return true;
}

static bool read_value(mp_cursor* in, record_fields* out, text_view name, int nesting) {
  mp_value v;
  if (nesting == MAX_RECORD_NESTING) return mp_skip(in); /* no shape has fields so deep */
  mp_cursor inside = *in;
  if (!mp_read(&inside, &v)) return false;
  if (v.type == MP_MAP) {
    text_view prefix;
    if (!open_prefix(out, name, &prefix)) return mp_skip(in);
    *in = inside;
    return read_pairs(in, out, prefix, v.len, nesting + 1);
  }
  *in = inside;
  if (v.type != MP_ARRAY) {
    add_scalar(out, name, &v);
    return true;
  }
  for (uint32_t i = 0; i < v.len; ++i) {
    if (!read_value(in, out, name, nesting + 1)) return false;
  }
  return true;
}

void release_record_fields(record_fields* out) {
  free(out->heap);
  out->heap = NULL;
}

static void use_usual_room(record_fields* out) {
  release_record_fields(out);
  out->room = out->usual_fields;
  out->max_fields = USUAL_RECORD_FIELDS;
  out->text = out->usual_text;
  out->max_text = USUAL_TEXT_BYTES;
}

/* Eight times the room. False: there is no more to be had, and the old one is still there. */
static bool use_more_room(record_fields* out) {
  if (out->max_fields == MAX_RECORD_FIELDS && out->max_text == MAX_TEXT_BYTES) return false;
  size_t fields = out->max_fields * 8, text = out->max_text * 8;
  if (fields > MAX_RECORD_FIELDS) fields = MAX_RECORD_FIELDS;
  if (text > MAX_TEXT_BYTES) text = MAX_TEXT_BYTES;
  void* heap = malloc(fields * sizeof(c2watch_field) + text + TEXT_BLOCK_BYTES);
  if (heap == NULL) return false;
  release_record_fields(out);
  out->heap = heap;
  out->room = heap;
  out->max_fields = fields;
  out->text = (char*)heap + fields * sizeof(c2watch_field);
  out->max_text = text;
  return true;
}

bool read_record_fields(mp_cursor* body, record_fields* out) {
  mp_cursor in;
  mp_value head;
  use_usual_room(out);
  do {
    in = *body;
    out->fields = out->room;
    out->count = 0;
    out->text_len = 0;
    out->cut = false;
    if (!mp_read(&in, &head) || head.type != MP_MAP) return false;
    if (!read_pairs(&in, out, (text_view){"", 0}, head.len, 0)) return false;
  } while (out->cut && use_more_room(out));
  *body = in;
  return true;
}
