#include "batch.h"

/* Group markers carry -1 (start) or -2 (end) as seconds: in an extension's first four bytes, or as
 * a plain number. */
static bool is_marker(const mp_value* time) {
  if (time->type == MP_INT) return time->as.integer == -1 || time->as.integer == -2;
  if (time->type != MP_EXT || time->ext_type != 0 || time->len != 8) return false;
  const uint8_t* s = (const uint8_t*)time->as.bytes;
  return s[0] == 0xff && s[1] == 0xff && s[2] == 0xff && (s[3] == 0xff || s[3] == 0xfe);
}

static bool is_map(const uint8_t* at, const uint8_t* end) {
  mp_cursor in = {at, end};
  mp_value v;
  return mp_read(&in, &v) && v.type == MP_MAP;
}

bool batch_next(mp_cursor* in, batch_record* r) {
  mp_cursor next = *in;
  mp_value head, time;
  r->start = next.at;
  if (!mp_read(&next, &head) || head.type != MP_ARRAY || head.len != 2) return false;

  mp_cursor stamp = next;
  mp_value first;
  if (!mp_read(&stamp, &first)) return false;
  const bool has_metadata = first.type == MP_ARRAY;
  if (has_metadata && first.len != 2) return false;
  if (!has_metadata) stamp = next;

  r->time = stamp.at;
  if (!mp_read(&stamp, &time) || time.type == MP_ARRAY || time.type == MP_MAP) return false;
  r->time_len = (size_t)(stamp.at - r->time);
  if (has_metadata && !mp_skip(&stamp)) return false;

  r->body = stamp.at;
  if (!mp_skip(&stamp)) return false;
  r->end = stamp.at;
  r->is_event = !is_marker(&time) && is_map(r->body, r->end);
  *in = stamp;
  return true;
}
