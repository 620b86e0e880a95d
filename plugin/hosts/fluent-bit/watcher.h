/* One instance of the filter, and where instances wait between the host's callbacks. */
#ifndef C2WATCH_FLUENT_BIT_WATCHER_H
#define C2WATCH_FLUENT_BIT_WATCHER_H

#include <time.h>

#include "abi/c2watch.h"
#include "batch.h"
#include "complaints.h"
#include "record_fields.h"
#include "settings.h"

typedef struct watcher {
  c2watch_engine* engine; /* NULL before init */
  filter_settings settings;
  mp_buffer findings;    /* whole records that still have to find their batch */
  unsigned long waiting; /* how many */
  mp_buffer rewritten;   /* the batch so far, once a record in it was tagged */
  record_fields fields;
  const batch_record* current; /* the record being observed, for its time */
  time_t advanced_at;
  bool said_broken;
  complaint_limit complaints;
  bool unloading; /* the host has taken its log down */
  struct watcher* next;
} watcher;

/* Writes a last checkpoint, logs what is lost, and frees. NULL is fine. */
void watcher_free(watcher* w);

/* A line in the host's log; on standard error once that log is gone. */
void watcher_log(const watcher* w, int level, const char* format, ...)
    __attribute__((format(printf, 3, 4)));

/* Waiting rooms, shared by all instances of the process and safe to enter from any thread. Whoever
 * still waits when the object is unloaded is freed. */
typedef enum waiting_room {
  ROOM_CHECKED, /* from pre_run to init: settings read, no engine yet */
  ROOM_PARKED   /* from exit to the init of the next reload: an engine with its state */
} waiting_room;

void wait_in(waiting_room room, watcher* w);

/* Takes out the one that waits longest of those made for this instance; NULL if there is none. */
watcher* take_instance(waiting_room room, const struct flb_filter_instance* instance);

/* The parked one whose state goes to an instance with these settings: of those with its alias (which
 * may be "") one with the same config, else the one that waits longest. NULL if there is none. */
watcher* take_predecessor(const filter_settings* settings);

/* Frees the parked ones that keep a checkpoint, and with them its lock. False: there were none. */
bool free_parked_checkpoints(void);

#endif
