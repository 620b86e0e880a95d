#include "core.h"

#include <messages.h>
#include <pthread.h>

/* Microseconds between two complaints about records that the engine failed on. */
static const gint64 kComplaintInterval_us = 60 * G_USEC_PER_SEC;

/* How old the time may be that the engine knows when it sees a record. */
static const gint64 kMaxTimeAge_us = G_USEC_PER_SEC;

struct C2watchCore {
  gint refs;
  pthread_mutex_t lock; /* guards all below; not a GMutex, which ThreadSanitizer cannot see */
  c2watch_engine* engine;
  gchar* config;          /* the text in force */
  GPtrArray** collecting; /* where the findings of the current call go */
  gboolean host_clock;
  gint64 told_us; /* the time that the engine knows */
  gint64 last_complaint_us;
  guint64 failures; /* since the last complaint */
  guint64 lost;     /* findings raised where there is no message to send them as */
};

static void free_finding(gpointer finding) { g_string_free((GString*)finding, TRUE); }

/* Runs inside a call on the engine, so under the lock. */
static void on_finding(void* user, const char* json, size_t len) {
  C2watchCore* self = user;
  if (self->collecting == NULL) {
    if (!g_str_has_prefix(json, C2WATCH_METRICS_BEGIN)) ++self->lost;
    return;
  }
  if (*self->collecting == NULL) *self->collecting = g_ptr_array_new_with_free_func(free_finding);
  g_ptr_array_add(*self->collecting, g_string_new_len(json, (gssize)len));
}

static void on_log(void* user, c2watch_log_level level, const char* text, size_t len) {
  (void)user;
  gchar* sentence = g_strndup(text, len);
  switch (level) {
    case C2WATCH_LOG_ERROR:
      msg_error("c2watch", evt_tag_str("message", sentence));
      break;
    case C2WATCH_LOG_WARNING:
      msg_warning("c2watch", evt_tag_str("message", sentence));
      break;
    case C2WATCH_LOG_INFO:
      msg_info("c2watch", evt_tag_str("message", sentence));
      break;
    case C2WATCH_LOG_DEBUG:
      msg_debug("c2watch", evt_tag_str("message", sentence));
      break;
  }
  g_free(sentence);
}

C2watchCore* c2watch_core_open(const gchar* config) {
  C2watchCore* self = g_new0(C2watchCore, 1);
  self->refs = 1;
  pthread_mutex_init(&self->lock, NULL);
  self->config = g_strdup(config);

  const c2watch_host host = {
      .size = sizeof host, .abi = C2WATCH_ABI, .user = self, .log = on_log, .finding = on_finding};
  if (c2watch_open(&host, config, strlen(config), &self->engine) == C2WATCH_OK) return self;

  msg_error("c2watch: the engine cannot be opened",
            evt_tag_str("reason",
                        self->engine != NULL ? c2watch_last_error(self->engine) : "out of memory"));
  c2watch_core_unref(self);
  return NULL;
}

C2watchCore* c2watch_core_ref(C2watchCore* self) {
  g_atomic_int_inc(&self->refs);
  return self;
}

void c2watch_core_unref(C2watchCore* self) {
  if (self == NULL || !g_atomic_int_dec_and_test(&self->refs)) return;
  c2watch_close(self->engine);
  if (self->lost != 0)
    msg_error("c2watch: findings of the last moment are lost",
              evt_tag_printf("count", "%" G_GUINT64_FORMAT, self->lost));
  pthread_mutex_destroy(&self->lock);
  g_free(self->config);
  g_free(self);
}

gboolean c2watch_core_reconfigure(C2watchCore* self, const gchar* config) {
  gboolean accepted = TRUE;
  pthread_mutex_lock(&self->lock);
  if (strcmp(self->config, config) != 0) {
    accepted = c2watch_reconfigure(self->engine, config, strlen(config)) == C2WATCH_OK;
    if (accepted) {
      g_free(self->config);
      self->config = g_strdup(config);
    } else {
      msg_error("c2watch: the new settings cannot be applied to the running engine",
                evt_tag_str("reason", c2watch_last_error(self->engine)));
    }
  }
  pthread_mutex_unlock(&self->lock);
  return accepted;
}

/* A failure says nothing about the record: it is ours (a bug) or the machine's (no memory). */
static void complain(C2watchCore* self, const char* what) {
  const gint64 now_us = g_get_monotonic_time();
  ++self->failures;
  if (self->last_complaint_us != 0 && now_us - self->last_complaint_us < kComplaintInterval_us)
    return;
  msg_error(what, evt_tag_str("reason", c2watch_last_error(self->engine)),
            evt_tag_printf("times", "%" G_GUINT64_FORMAT, self->failures));
  self->last_complaint_us = now_us;
  self->failures = 0;
}

static void begin(C2watchCore* self, GPtrArray** findings) {
  pthread_mutex_lock(&self->lock);
  self->collecting = findings;
}

static void end(C2watchCore* self) {
  self->collecting = NULL;
  pthread_mutex_unlock(&self->lock);
}

void c2watch_core_use_host_clock(C2watchCore* self, gboolean host_clock) {
  pthread_mutex_lock(&self->lock);
  self->host_clock = host_clock;
  pthread_mutex_unlock(&self->lock);
}

/* Bounds the record at hand; hours are closed by the tick. */
static void bound(C2watchCore* self) {
  if (!self->host_clock) return;
  const gint64 now_us = g_get_real_time();
  if (ABS(now_us - self->told_us) < kMaxTimeAge_us) return;
  self->told_us = now_us;
  if (c2watch_bound(self->engine, now_us) != C2WATCH_OK)
    complain(self, "c2watch: the clock could not be set");
}

void c2watch_core_observe(C2watchCore* self, const gchar* input, gsize len,
                          c2watch_verdict* verdict, GPtrArray** findings) {
  *verdict = (c2watch_verdict){.size = sizeof *verdict};
  begin(self, findings);
  bound(self);
  if (c2watch_observe(self->engine, C2WATCH_FORMAT_AUTO, input, len, verdict) != C2WATCH_OK)
    complain(self, "c2watch: records passed without being looked at");
  end(self);
}

void c2watch_core_observe_fields(C2watchCore* self, const c2watch_field* fields, gsize count,
                                 c2watch_verdict* verdict, GPtrArray** findings) {
  *verdict = (c2watch_verdict){.size = sizeof *verdict};
  begin(self, findings);
  bound(self);
  if (c2watch_observe_fields(self->engine, fields, count, verdict) != C2WATCH_OK)
    complain(self, "c2watch: records passed without being looked at");
  end(self);
}

void c2watch_core_advance(C2watchCore* self, GPtrArray** findings) {
  begin(self, findings);
  self->told_us = g_get_real_time();
  if (c2watch_advance(self->engine, self->told_us) != C2WATCH_OK)
    complain(self, "c2watch: the clock could not be advanced");
  end(self);
}

void c2watch_core_settle(C2watchCore* self) {
  const char* counters = "";
  size_t len = 0;
  pthread_mutex_lock(&self->lock);
  if (c2watch_checkpoint(self->engine) != C2WATCH_OK)
    msg_error("c2watch: the checkpoint could not be written",
              evt_tag_str("reason", c2watch_last_error(self->engine)));
  if (c2watch_stats(self->engine, &counters, &len) == C2WATCH_OK)
    msg_info("c2watch: counters", evt_tag_printf("stats", "%.*s", (int)len, counters));
  pthread_mutex_unlock(&self->lock);
}
