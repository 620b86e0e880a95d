/* A record's body as the flat fields that c2watch_observe_fields() takes.
 *
 * Nested names are joined with dots ("winlog.event_data.Image"); the elements of an array repeat
 * the array's name in order, so that positional values (winevtlog's StringInserts) keep their
 * places. Numbers and booleans become text. Strings are not copied: the fields live as long as the
 * body.
 */
#ifndef C2WATCH_FLUENT_BIT_RECORD_FIELDS_H
#define C2WATCH_FLUENT_BIT_RECORD_FIELDS_H

#include <stdbool.h>

#include "abi/c2watch.h"
#include "msgpack.h"

enum {
  /* 192: twice the widest record we know (Winlogbeat 7 with ECS, 90 leaves). */
  MAX_RECORD_FIELDS = 192,
  /* 16 KiB: names joined and numbers spelled for that many fields, 80 bytes each. */
  RECORD_TEXT_BYTES = 16384,
  /* 32: a name or prefix up to this long is copied as a whole block, whatever its length. */
  TEXT_BLOCK_BYTES = 32,
  /* 12: two more than the deepest shape (OpenTelemetry). */
  MAX_RECORD_NESTING = 12
};

typedef struct record_fields {
  c2watch_field fields[MAX_RECORD_FIELDS];
  size_t count;
  bool cut; /* the record had more than we hold; what was read is still right */
  size_t text_len;
  char text[RECORD_TEXT_BYTES + TEXT_BLOCK_BYTES];
} record_fields;

/* Reads the map at `body` and moves behind it. False: not a map, or broken; nothing was moved. */
bool read_record_fields(mp_cursor* body, record_fields* out);

#endif
