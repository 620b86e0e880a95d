/* A plugin that is none: it speaks the door's language, and raises a finding for every record that
 * contains the word FAKE_RAISE. The harness's own tests judge the harness with it.
 *
 * FAKE_ABI        the version it claims
 * FAKE_INCOMPLETE leaves out a function that its version promises
 *
 * A record with the word FAKE_FAIL makes observe fail, as a broken plugin would. */
#define C2WATCH_BUILDING
#include "plugin/abi/c2watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct c2watch_engine {
  c2watch_host host;
  const char* error;
  unsigned raised;
};

static int contains(const char* bytes, size_t len, const char* word) {
  return memmem(bytes, len, word, strlen(word)) != NULL;
}

const char* c2watch_version(void) { return "0.0.0-fake"; }
uint32_t c2watch_abi(void) { return FAKE_ABI; }
const char* c2watch_config_schema(void) { return "{}"; }

const char* c2watch_record_name(uint32_t record) {
  if (record == C2WATCH_RECORD_NOT_JSON) return "not_json";
  if (record == C2WATCH_RECORD_NOT_XML) return "not_xml";
  return record < C2WATCH_RECORD_KINDS ? "some_reason" : NULL;
}

c2watch_status c2watch_open(const c2watch_host* host, const char* config, size_t len,
                            c2watch_engine** engine) {
  *engine = calloc(1, sizeof **engine);
  if (*engine == NULL) return C2WATCH_NO_MEMORY;
  (*engine)->host = *host;
  (*engine)->error = "";
  if (!contains(config, len, "WRONG")) return C2WATCH_OK;
  (*engine)->error = "config:1:1: WRONG is not right";
  return C2WATCH_BAD_CONFIG;
}

static void raise_finding(c2watch_engine* e, c2watch_verdict* verdict) {
  char json[512];
  const int n =
      snprintf(json, sizeof json,
               "{\"id\":\"fake-%u\",\"update\":%u,\"detector\":\"fake\",\"title\":\"one "
               "\\u001b[31mred\\u001b[0m word\",\"severity\":\"high\",\"host\":\"WS-01\"}",
               e->raised / 2, e->raised % 2);
  ++e->raised;
  e->host.finding(e->host.user, json, (size_t)n);
  verdict->findings = 1;
  verdict->max_severity = 3;
}

c2watch_status c2watch_observe(c2watch_engine* e, c2watch_format format, const void* bytes,
                               size_t len, c2watch_verdict* verdict) {
  const char* text = bytes;
  (void)format;
  verdict->record = C2WATCH_RECORD_USED;
  verdict->event_id = 3;
  verdict->findings = 0;
  if (len == 0 || (text[0] == '{' && text[len - 1] != '}'))
    verdict->record = C2WATCH_RECORD_NOT_JSON;
  if (contains(text, len, "FAKE_FAIL")) {
    e->error = "told to fail";
    return C2WATCH_INTERNAL;
  }
  if (contains(text, len, "FAKE_RAISE")) raise_finding(e, verdict);
  return C2WATCH_OK;
}

c2watch_status c2watch_observe_fields(c2watch_engine* e, const c2watch_field* fields, size_t count,
                                      c2watch_verdict* verdict) {
  (void)e, (void)fields, (void)count;
  verdict->record = C2WATCH_RECORD_USED;
  return C2WATCH_OK;
}

c2watch_status c2watch_advance(c2watch_engine* e, int64_t now_us) {
  (void)e, (void)now_us;
  return C2WATCH_OK;
}
c2watch_status c2watch_answer(c2watch_engine* e) {
  (void)e;
  return C2WATCH_OK;
}
#ifndef FAKE_INCOMPLETE
c2watch_status c2watch_check(const char* config, size_t len, char* why, size_t why_size) {
  const int wrong = contains(config, len, "WRONG");
  snprintf(why, why_size, "%s", wrong ? "config:1:1: WRONG is not right" : "");
  return wrong ? C2WATCH_BAD_CONFIG : C2WATCH_OK;
}

c2watch_status c2watch_stats(c2watch_engine* e, const char** json, size_t* len) {
  (void)e;
  *json = "{}";
  *len = 2;
  return C2WATCH_OK;
}
#endif
const char* c2watch_last_error(const c2watch_engine* e) { return e->error; }
void c2watch_close(c2watch_engine* e) { free(e); }
