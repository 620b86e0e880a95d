/* A batch of Fluent Bit log records: [[time, metadata], body] since 2.1, [time, body] before, one
 * after another. Group markers (since 3.1) are records whose time is -1 or -2; they are not events.
 */
#ifndef C2WATCH_FLUENT_BIT_BATCH_H
#define C2WATCH_FLUENT_BIT_BATCH_H

#include "msgpack.h"

typedef struct batch_record {
  const uint8_t* start; /* the whole record, as bytes of the batch */
  const uint8_t* time;  /* its time, as msgpack */
  size_t time_len;
  const uint8_t* body;
  const uint8_t* end;
  bool is_event; /* not a group marker, and the body is a map */
} batch_record;

/* The next record. False at the end of the batch or where it is broken: in->at tells which. */
bool batch_next(mp_cursor* in, batch_record* record);

#endif
