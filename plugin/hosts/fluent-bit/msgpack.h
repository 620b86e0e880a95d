/* msgpack: a reader that never leaves its buffer, and a writer that never loses what it has.
 *
 * Both are ours because the host exports its own msgpack library under the same symbol names, in a
 * version that we do not choose.
 */
#ifndef C2WATCH_FLUENT_BIT_MSGPACK_H
#define C2WATCH_FLUENT_BIT_MSGPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum mp_type {
  MP_NIL,
  MP_BOOL,
  MP_INT,
  MP_UINT, /* above INT64_MAX only */
  MP_FLOAT,
  MP_STR,
  MP_BIN,
  MP_EXT,
  MP_ARRAY,
  MP_MAP
} mp_type;

typedef struct mp_value {
  mp_type type;
  int8_t ext_type;
  uint32_t len; /* bytes of str, bin, ext; elements of an array; pairs of a map */
  union {
    bool boolean;
    int64_t integer;
    uint64_t unsigned_integer;
    double real;
    const char* bytes; /* str, bin, ext */
  } as;
} mp_value;

typedef struct mp_cursor {
  const uint8_t* at;
  const uint8_t* end;
} mp_cursor;

#ifndef __cplusplus /* for the filter itself; its tests, in C++, need it not */
/* Nearly all that a log record holds is text below 256 bytes, names before all: this is the way past
 * it without the general reader. False: something else, or broken; nothing was moved. */
static inline bool mp_take_short_text(mp_cursor* in, const char** text, uint32_t* len) {
  const size_t left = (size_t)(in->end - in->at);
  size_t head = 1;
  if (left < 2) return false;
  if ((in->at[0] & 0xe0) == 0xa0) {
    *len = in->at[0] & 0x1f;
  } else if (in->at[0] == 0xd9) {
    head = 2;
    *len = in->at[1];
  } else {
    return false;
  }
  if (left - head < *len) return false;
  *text = (const char*)in->at + head;
  in->at += head + *len;
  return true;
}
#endif

/* Reads one value; of an array or map the head alone. False at the end or on broken input: the
 * cursor is then where it was. A head that promises more elements than bytes remain is broken. */
bool mp_read(mp_cursor* in, mp_value* value);

/* Passes over one whole value. Time and memory are linear in its bytes, whatever its nesting. */
bool mp_skip(mp_cursor* in);

typedef struct mp_buffer {
  char* bytes;
  size_t len;
  size_t capacity;
} mp_buffer;

/* Each appends, or returns false and leaves the buffer as it was. */
bool mp_put_raw(mp_buffer* out, const void* bytes, size_t len);
/* A mark byte and `width` bytes of the value, big-endian: the form of everything but raw bytes. */
bool mp_put_marked(mp_buffer* out, uint8_t mark, uint64_t value, unsigned width);
bool mp_put_array(mp_buffer* out, uint32_t count);
bool mp_put_map(mp_buffer* out, uint32_t count);
bool mp_put_str(mp_buffer* out, const char* text, size_t len);

/* One JSON text as msgpack. Our own findings are the input: well-formed, and at most 32 deep. */
bool mp_put_json(mp_buffer* out, const char* json, size_t len);

/* The inside of a JSON object as pairs without a head; *pairs receives their number. */
bool mp_put_json_members(mp_buffer* out, const char* json, size_t len, uint32_t* pairs);

void mp_free(mp_buffer* buffer);

#endif
