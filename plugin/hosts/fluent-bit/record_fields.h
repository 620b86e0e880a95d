/* A record's body as the flat fields that c2watch_observe_fields() takes.
 *
 * Nested names are joined with dots ("winlog.event_data.Image"); the elements of an array repeat
 * the array's name in order, so that positional values (winevtlog's StringInserts) keep their
 * places. Numbers and booleans become text. Strings are not copied: the fields live as long as the
 * body, and until the next record is read.
 *
 * WIDTH   No record that the library takes (1 MiB) is cut: who can write many leaves, as in a task
 *         that a converter made an object of, must not hide the fields behind them. An ordinary record
 *         is read into fixed room. A wider one is read again into room from the heap, which the next
 *         record gives back.
 * MEMORY  22 KiB; for one record of 1 MiB up to 10 MiB more.
 */
#ifndef C2WATCH_FLUENT_BIT_RECORD_FIELDS_H
#define C2WATCH_FLUENT_BIT_RECORD_FIELDS_H

#include <stdbool.h>

#include "abi/c2watch.h"
#include "msgpack.h"

enum {
  /* 192: twice the widest record we know (Winlogbeat 7 with ECS, 90 leaves). */
  USUAL_RECORD_FIELDS = 192,
  /* 16 KiB: names joined and numbers spelled for that many fields, 80 bytes each. */
  USUAL_TEXT_BYTES = 16384,
  /* 256 Ki: a record of 1 MiB has no more leaves, if a leaf takes four bytes with its name. */
  MAX_RECORD_FIELDS = 262144,
  /* 1 MiB: names that come to more are too large for the library as well. */
  MAX_TEXT_BYTES = 1 << 20,
  /* 32: a name or prefix up to this long is copied as a whole block, whatever its length. */
  TEXT_BLOCK_BYTES = 32,
  /* 12: two more than the deepest shape (OpenTelemetry). */
  MAX_RECORD_NESTING = 12
};

/* Zeros before the first record. */
typedef struct record_fields {
  const c2watch_field* fields;
  size_t count;
  bool cut; /* the record had more than we hold; what was read is still right */

  c2watch_field* room;
  size_t max_fields;
  char* text;
  size_t text_len;
  size_t max_text;
  void* heap; /* what a wide record needed; both arrays lie in it */
  c2watch_field usual_fields[USUAL_RECORD_FIELDS];
  char usual_text[USUAL_TEXT_BYTES + TEXT_BLOCK_BYTES];
} record_fields;

/* Reads the map at `body` and moves behind it. False: not a map, or broken; nothing was moved. Where
 * memory runs out, the record is cut. */
bool read_record_fields(mp_cursor* body, record_fields* out);

/* Gives back what a wide record needed. */
void release_record_fields(record_fields* out);

#endif
