/* When to log failures that may come with every record: the first at once, then at most one line a
 * minute, which counts those that had none.
 */
#ifndef C2WATCH_FLUENT_BIT_COMPLAINTS_H
#define C2WATCH_FLUENT_BIT_COMPLAINTS_H

#include <stdint.h>

enum { COMPLAINT_INTERVAL_S = 60 };

/* Zeroes are a good start. */
typedef struct complaint_limit {
  int64_t next_s;         /* no line before this */
  unsigned long unlogged; /* failures since the last line */
} complaint_limit;

/* One more failure. How many the line that is due now stands for; 0 when none is due.
 * `now_s`: seconds of a clock that nobody sets, from 0 on. */
static inline unsigned long complaint_due(complaint_limit* c, int64_t now_s) {
  const unsigned long count = ++c->unlogged;
  if (now_s < c->next_s) return 0;
  c->next_s = now_s + COMPLAINT_INTERVAL_S;
  c->unlogged = 0;
  return count;
}

#endif
