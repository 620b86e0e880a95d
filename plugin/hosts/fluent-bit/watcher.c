#include "watcher.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static watcher* rooms[2];

void watcher_log(const watcher* w, int level, const char* format, ...) {
  char line[1024];
  va_list values;
  va_start(values, format);
  vsnprintf(line, sizeof line, format, values);
  va_end(values);
  if (w->unloading)
    fprintf(stderr, "[filter:c2watch] %s\n", line);
  else
    flb_log_print(level, NULL, 0, "[filter:c2watch] %s", line);
}

static bool keeps_checkpoint(const filter_settings* s, const void* wanted) {
  (void)wanted;
  static const char kKey[] = "\"checkpoint\"";
  return s->config_len != 0 && memmem(s->config, s->config_len, kKey, sizeof kKey - 1) != NULL;
}

void watcher_free(watcher* w) {
  if (w == NULL) return;
  /* Events that reorder_seconds buffers are in the checkpoint, or else this is their last chance. */
  if (!keeps_checkpoint(&w->settings, NULL)) c2watch_flush(w->engine);
  c2watch_close(w->engine);
  if (w->waiting > 0)
    watcher_log(w, FLB_LOG_ERROR, "%lu findings are lost: no batch came to carry them", w->waiting);
  release_record_fields(&w->fields);
  mp_free(&w->findings);
  mp_free(&w->rewritten);
  free_settings(&w->settings);
  free(w);
}

void wait_in(waiting_room room, watcher* w) {
  pthread_mutex_lock(&lock);
  w->next = rooms[room];
  rooms[room] = w;
  pthread_mutex_unlock(&lock);
}

typedef bool (*matcher)(const filter_settings*, const void* wanted);

/* Newcomers enter at the front, so the last match waits longest. */
static watcher* take(waiting_room room, matcher matches, const void* wanted) {
  watcher** longest = NULL;
  watcher* taken = NULL;
  pthread_mutex_lock(&lock);
  for (watcher** at = &rooms[room]; *at != NULL; at = &(*at)->next) {
    if (matches(&(*at)->settings, wanted)) longest = at;
  }
  if (longest != NULL) {
    taken = *longest;
    *longest = taken->next;
  }
  pthread_mutex_unlock(&lock);
  return taken;
}

static bool is_instance(const filter_settings* s, const void* wanted) {
  return s->instance == wanted;
}

static bool has_alias(const filter_settings* s, const void* wanted) {
  return strcmp(s->alias, ((const filter_settings*)wanted)->alias) == 0;
}

static bool has_alias_and_config(const filter_settings* s, const void* wanted) {
  const filter_settings* other = wanted;
  return has_alias(s, other) && s->config_len == other->config_len &&
         memcmp(s->config, other->config, s->config_len) == 0;
}

watcher* take_instance(waiting_room room, const struct flb_filter_instance* instance) {
  return take(room, is_instance, instance);
}

watcher* take_predecessor(const filter_settings* settings) {
  watcher* w = take(ROOM_PARKED, has_alias_and_config, settings);
  return w != NULL ? w : take(ROOM_PARKED, has_alias, settings);
}

bool free_parked_checkpoints(void) {
  bool any = false;
  for (watcher* w; (w = take(ROOM_PARKED, keeps_checkpoint, NULL)) != NULL; any = true) {
    watcher_free(w);
  }
  return any;
}

/* At the host's end it frees its log before it unloads its plugins. */
__attribute__((destructor)) static void clear_rooms(void) {
  for (int room = 0; room < 2; ++room) {
    while (rooms[room] != NULL) {
      watcher* w = rooms[room];
      rooms[room] = w->next;
      w->unloading = true;
      watcher_free(w);
    }
  }
}
