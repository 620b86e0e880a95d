/* The Fluent Bit filter: translates between the host's batches and the engine's door.
 *
 * Records pass untouched. Findings are appended to the batch that raised them, as records with the
 * string field  c2watch: finding  that a stock rewrite_tag rule can route. When nothing was found
 * the host is told so and copies nothing. Only with  tag_records on  is a record changed: the one
 * that raised a finding gets the field  c2watch: trigger.
 *
 * THREADS   As a filter: the host's engine thread alone. As a processor: one instance per input or
 *           output, each serialised by the host, several at once in one address space. So each
 *           instance owns an engine, and only the waiting rooms are shared, under their lock.
 * RELOAD    The host runs pre_run of the new instances, then exit of the old ones, then init of the
 *           new ones, and ends itself when an init fails. So pre_run checks the config, exit leaves
 *           the engine waiting, and init takes it over. It fails only for an instance that has none
 *           to take over and whose checkpoint cannot be used: watching nothing would be worse.
 * END       The host calls exit, then destroys its log, then unloads us. What is still there at
 *           that moment goes to standard error.
 * OLD HOSTS Up to 2.1.x the host calls pre_run as init, and init as filter. init knows which
 *           instances pre_run has seen, so it notices, says so once, and answers "untouched".
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "watcher.h"

static void log_to_host(void* user, c2watch_log_level level, const char* text, size_t len) {
  if (level <= C2WATCH_LOG_INFO) watcher_log(user, (int)level, "%.*s", (int)len, text);
}

/* Of failures that say nothing about a record: ours (a bug) or the machine's (no memory). */
static void complain(watcher* w, const char* what) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const unsigned long times = complaint_due(&w->complaints, now.tv_sec);
  if (times > 0) watcher_log(w, FLB_LOG_ERROR, "%s (%lu times)", what, times);
}

/* The time of the record that raised the finding; the host's clock when an hour's end did. */
static bool put_time(const watcher* w, mp_buffer* out) {
  if (w->current != NULL) return mp_put_raw(out, w->current->time, w->current->time_len);
  const uint32_t s = (uint32_t)w->advanced_at;
  const uint8_t event_time[] = {
      0xd7, 0, (uint8_t)(s >> 24), (uint8_t)(s >> 16), (uint8_t)(s >> 8), (uint8_t)s, 0, 0, 0, 0};
  return mp_put_raw(out, event_time, sizeof event_time);
}

static bool is_metrics(const char* json, size_t len) {
  const size_t begin = sizeof C2WATCH_METRICS_BEGIN - 1;
  return len >= begin && memcmp(json, C2WATCH_METRICS_BEGIN, begin) == 0;
}

/* [[time, {}], {"c2watch": "finding", ...the finding's own members}], or "metrics" and theirs. */
static void keep_finding(void* user, const char* json, size_t len) {
  watcher* w = user;
  const bool metrics = is_metrics(json, len);
  const char* what = metrics ? "metrics" : "finding";
  mp_buffer* out = &w->findings;
  const size_t before = out->len;
  mp_buffer members = {0};
  uint32_t pairs = 0;
  const bool ok = mp_put_json_members(&members, json, len, &pairs) && mp_put_array(out, 2) &&
                  mp_put_array(out, 2) && put_time(w, out) && mp_put_map(out, 0) &&
                  mp_put_map(out, pairs + 1) && mp_put_str(out, "c2watch", 7) &&
                  mp_put_str(out, what, 7) && mp_put_raw(out, members.bytes, members.len);
  if (ok) {
    w->waiting += !metrics;
  } else {
    out->len = before;
    complain(w, "no memory for a finding; it is lost");
  }
  mp_free(&members);
}

static int on_pre_run(struct flb_filter_instance* instance, struct flb_config* config, void* data) {
  (void)config;
  (void)data;
  char why[512];
  watcher* w = calloc(1, sizeof *w);
  if (w == NULL) return -1;
  if (!read_settings(instance, &w->settings, why, sizeof why)) {
    watcher_log(w, FLB_LOG_ERROR, "%s", why);
    watcher_free(w);
    return -1;
  }
  /* A reload that was given up leaves its instances behind, and their addresses come again. */
  watcher_free(take_instance(ROOM_CHECKED, instance));
  wait_in(ROOM_CHECKED, w);
  return 0;
}

/* Fails when there is no memory or the checkpoint cannot be used, above all because its folder is
 * missing or another instance has it. An instance that has left the config may have it too, or wait
 * under its old alias. */
static bool open_engine(watcher* w) {
  const c2watch_host host = {sizeof host, C2WATCH_ABI, w, log_to_host, keep_finding};
  const filter_settings* s = &w->settings;
  c2watch_status status;
  while ((status = c2watch_open(&host, s->config, s->config_len, &w->engine)) == C2WATCH_IO &&
         free_parked_checkpoints()) {
    c2watch_close(w->engine);
  }
  if (status == C2WATCH_OK) return true;
  watcher_log(w, FLB_LOG_ERROR, "%s",
              w->engine != NULL ? c2watch_last_error(w->engine) : "out of memory");
  return false;
}

/* The engine's callbacks point at the watcher it was opened by, so that one stays and only the
 * settings are new. */
static watcher* take_over(watcher* fresh) {
  watcher* w = take_predecessor(&fresh->settings);
  if (w == NULL) return fresh;
  const filter_settings old = w->settings;
  w->settings = fresh->settings;
  fresh->settings = old;
  watcher_free(fresh);
  if (c2watch_reconfigure(w->engine, w->settings.config, w->settings.config_len) != C2WATCH_OK) {
    watcher_log(w, FLB_LOG_ERROR, "the old config stays in force: %s",
                c2watch_last_error(w->engine));
  }
  return w;
}

static int on_init(struct flb_filter_instance* instance, struct flb_config* config, void* data) {
  (void)config;
  (void)data;
  watcher* fresh = take_instance(ROOM_CHECKED, instance);
  if (fresh == NULL) { /* see OLD HOSTS: this "instance" is a batch */
    static bool said = false;
    if (!said) {
      flb_log_print(FLB_LOG_ERROR, NULL, 0,
                    "[filter:c2watch] this Fluent Bit is older than 2.2.0: records pass unwatched");
    }
    said = true;
    return FLB_FILTER_NOTOUCH;
  }
  watcher* w = take_over(fresh);
  if (w->engine == NULL && !open_engine(w)) {
    watcher_free(w);
    return -1;
  }
  flb_filter_set_context(instance, w);
  return 0;
}

static void advance(watcher* w) {
  if (!w->settings.host_clock) return;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec == w->advanced_at) return;
  w->advanced_at = now.tv_sec;
  const int64_t now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
  if (c2watch_advance(w->engine, now_us) != C2WATCH_OK) complain(w, c2watch_last_error(w->engine));
}

/* Copies the batch from where the copy ends up to this record, and the record with one more pair.
 */
static bool copy_tagged(mp_buffer* out, const batch_record* r, const uint8_t** copied_to) {
  mp_cursor body = {r->body, r->end};
  mp_value map;
  return mp_put_raw(out, *copied_to, (size_t)(r->body - *copied_to)) && mp_read(&body, &map) &&
         mp_put_map(out, map.len + 1) && mp_put_raw(out, body.at, (size_t)(r->end - body.at)) &&
         mp_put_str(out, "c2watch", 7) && mp_put_str(out, "trigger", 7);
}

static void observe(watcher* w, const batch_record* record, const uint8_t** copied_to) {
  mp_cursor body = {record->body, record->end};
  c2watch_verdict verdict = {.size = sizeof verdict};
  if (!read_record_fields(&body, &w->fields)) return;
  if (w->fields.cut) complain(w, "a record with too many fields for memory; the rest is not seen");
  w->current = record;
  const c2watch_status status =
      c2watch_observe_fields(w->engine, w->fields.fields, w->fields.count, &verdict);
  w->current = NULL;
  if (status != C2WATCH_OK) complain(w, c2watch_last_error(w->engine));
  if (!w->settings.tag_records || verdict.findings == 0) return;
  const size_t before = w->rewritten.len;
  if (copy_tagged(&w->rewritten, record, copied_to)) {
    *copied_to = record->end;
  } else {
    w->rewritten.len = before;
  }
}

static int on_filter(const void* data, size_t bytes, const char* tag, int tag_len, void** out,
                     size_t* out_bytes, struct flb_filter_instance* instance,
                     struct flb_input_instance* input, void* context, struct flb_config* config) {
  (void)tag, (void)tag_len, (void)instance, (void)input, (void)config;
  watcher* w = context;
  if (w == NULL) return FLB_FILTER_NOTOUCH;

  mp_cursor in = {data, (const uint8_t*)data + bytes};
  const uint8_t* copied_to = data;
  batch_record record;
  advance(w);
  w->rewritten.len = 0;
  while (batch_next(&in, &record)) {
    if (record.is_event) observe(w, &record, &copied_to);
  }
  if (in.at != in.end) { /* nothing may stand behind bytes that the host cannot read either */
    if (!w->said_broken) {
      watcher_log(w, FLB_LOG_WARN, "a batch with broken msgpack passes untouched (said once)");
    }
    w->said_broken = true;
    return FLB_FILTER_NOTOUCH;
  }
  if (w->findings.len == 0 && copied_to == data) return FLB_FILTER_NOTOUCH;

  /* Without memory the findings wait for the next batch. */
  const size_t before = w->rewritten.len;
  if (!mp_put_raw(&w->rewritten, copied_to, (size_t)(in.end - copied_to)) ||
      !mp_put_raw(&w->rewritten, w->findings.bytes, w->findings.len)) {
    w->rewritten.len = before;
    return FLB_FILTER_NOTOUCH;
  }
  *out = w->rewritten.bytes; /* from malloc, now the host's */
  *out_bytes = w->rewritten.len;
  w->rewritten = (mp_buffer){0};
  w->findings.len = 0;
  w->waiting = 0;
  return FLB_FILTER_MODIFIED;
}

static int on_instance_exit(void* context, struct flb_config* config) {
  (void)config;
  watcher* w = context;
  if (w == NULL) return 0;
  c2watch_checkpoint(w->engine); /* a failure is in the log */
  if (w->complaints.unlogged > 0)
    watcher_log(w, FLB_LOG_ERROR, "%lu more failures since the last line about them",
                w->complaints.unlogged);
  w->complaints = (complaint_limit){0};
  wait_in(ROOM_PARKED, w);
  return 0;
}

__attribute__((visibility("default"))) struct flb_filter_plugin filter_c2watch_plugin = {
    .event_type = FLB_FILTER_LOGS,
    .name = "c2watch",
    .description = "Finds the use of adversary-rented servers in Sysmon and Security events",
    .cb_pre_run = on_pre_run,
    .cb_init = on_init,
    .cb_filter = on_filter,
    .cb_exit = on_instance_exit,
};
