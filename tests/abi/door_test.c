/* The door as a host in C sees it: plain C11, libc2watch.so loaded with dlopen, nothing linked.
 *
 * usage: door_test path/to/libc2watch.so
 */
#define _GNU_SOURCE /* memmem */
#include "abi/c2watch.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(offsetof(c2watch_host, size) == 0, "structures begin with their size");
_Static_assert(offsetof(c2watch_host, abi) == 4, "fixed layout");
_Static_assert(offsetof(c2watch_host, user) == 8, "fixed layout");
_Static_assert(offsetof(c2watch_verdict, size) == 0, "structures begin with their size");
_Static_assert(sizeof(c2watch_verdict) == 5 * sizeof(uint32_t), "fixed layout");

static int checks = 0;
static int failures = 0;

static void check(int holds, int line, const char* what) {
  ++checks;
  if (holds) return;
  ++failures;
  fprintf(stderr, "door_test.c:%d: does not hold: %s\n", line, what);
}
#define CHECK(condition) check((condition) ? 1 : 0, __LINE__, #condition)

/* The door, resolved by name. ISO C has no cast from object to function pointer: POSIX does. */
static struct {
  const char* (*version)(void);
  uint32_t (*abi)(void);
  const char* (*config_schema)(void);
  const char* (*record_name)(uint32_t);
  c2watch_status (*check)(const char*, size_t, char*, size_t);
  c2watch_status (*open)(const c2watch_host*, const char*, size_t, c2watch_engine**);
  c2watch_status (*observe)(c2watch_engine*, c2watch_format, const void*, size_t, c2watch_verdict*);
  c2watch_status (*observe_fields)(c2watch_engine*, const c2watch_field*, size_t, c2watch_verdict*);
  c2watch_status (*advance)(c2watch_engine*, int64_t);
  c2watch_status (*bound)(c2watch_engine*, int64_t);
  c2watch_status (*answer)(c2watch_engine*);
  c2watch_status (*reconfigure)(c2watch_engine*, const char*, size_t);
  c2watch_status (*checkpoint)(c2watch_engine*);
  c2watch_status (*stats)(c2watch_engine*, const char**, size_t*);
  c2watch_status (*metrics)(c2watch_engine*, const char**, size_t*);
  c2watch_status (*explain)(c2watch_engine*, const char*, size_t);
  c2watch_status (*explanation)(c2watch_engine*, const char**, size_t*);
  c2watch_status (*effective_config)(c2watch_engine*, const char**, size_t*);
  const char* (*last_error)(const c2watch_engine*);
  void (*close)(c2watch_engine*);
} door;

static void resolve(void* library, const char* name, void* where) {
  void* symbol = dlsym(library, name);
  if (symbol == NULL) {
    fprintf(stderr, "door_test: %s\n", dlerror());
    exit(1);
  }
  memcpy(where, &symbol, sizeof symbol);
}

static void resolve_door(void* library) {
  resolve(library, "c2watch_version", &door.version);
  resolve(library, "c2watch_abi", &door.abi);
  resolve(library, "c2watch_config_schema", &door.config_schema);
  resolve(library, "c2watch_record_name", &door.record_name);
  resolve(library, "c2watch_check", &door.check);
  resolve(library, "c2watch_open", &door.open);
  resolve(library, "c2watch_observe", &door.observe);
  resolve(library, "c2watch_observe_fields", &door.observe_fields);
  resolve(library, "c2watch_advance", &door.advance);
  resolve(library, "c2watch_bound", &door.bound);
  resolve(library, "c2watch_answer", &door.answer);
  resolve(library, "c2watch_reconfigure", &door.reconfigure);
  resolve(library, "c2watch_checkpoint", &door.checkpoint);
  resolve(library, "c2watch_stats", &door.stats);
  resolve(library, "c2watch_metrics", &door.metrics);
  resolve(library, "c2watch_explain", &door.explain);
  resolve(library, "c2watch_explanation", &door.explanation);
  resolve(library, "c2watch_effective_config", &door.effective_config);
  resolve(library, "c2watch_last_error", &door.last_error);
  resolve(library, "c2watch_close", &door.close);
}

/* What the callbacks heard. */
typedef struct Heard {
  int findings;
  int logs;
  int logged_content; /* lines with a text that only records hold */
  char last[8192];
} Heard;

static void on_finding(void* user, const char* json, size_t len) {
  Heard* heard = user;
  ++heard->findings;
  if (len >= sizeof heard->last) len = sizeof heard->last - 1;
  memcpy(heard->last, json, len);
  heard->last[len] = '\0';
}

static void on_log(void* user, c2watch_log_level level, const char* text, size_t len) {
  (void)level;
  Heard* heard = user;
  ++heard->logs;
  heard->logged_content += memmem(text, len, "s3cr3t", 6) != NULL;
}

static c2watch_host host_of(Heard* heard) {
  const c2watch_host host = {sizeof(c2watch_host), C2WATCH_ABI, heard, on_log, on_finding};
  return host;
}

static c2watch_engine* opened(Heard* heard, const char* config) {
  const c2watch_host host = host_of(heard);
  c2watch_engine* engine = NULL;
  const c2watch_status status = door.open(&host, config, strlen(config), &engine);
  if (status != C2WATCH_OK) {
    fprintf(stderr, "door_test: open: %s\n", door.last_error(engine));
    exit(1);
  }
  return engine;
}

/* One EID 3 as Winlogbeat ships it. */
static size_t connection(char* out, size_t room, int day, int hour, int minute, int second,
                         long id) {
  const int n = snprintf(
      out, room,
      "{\"@timestamp\":\"2026-02-%02dT%02d:%02d:%02d.000Z\",\"winlog\":{\"channel\":"
      "\"Microsoft-Windows-Sysmon/Operational\",\"computer_name\":\"WS-01.corp.example\","
      "\"event_id\":\"3\",\"record_id\":%ld,\"event_data\":{\"UtcTime\":\"2026-02-%02d "
      "%02d:%02d:%02d.000\",\"ProcessGuid\":\"{247090f2-6084-8944-2ff0-ecc5709ce3ae}\","
      "\"ProcessId\":\"4711\",\"Image\":\"C:\\\\Users\\\\Public\\\\svc-update.exe\",\"User\":"
      "\"CORP\\\\u\",\"Protocol\":\"tcp\",\"Initiated\":\"true\",\"SourceIp\":\"10.9.254.189\","
      "\"SourceHostname\":\"WS-01.corp.example\",\"SourcePort\":\"51449\",\"DestinationIp\":"
      "\"142.254.39.90\",\"DestinationPort\":\"443\"}}}",
      day, hour, minute, second, id, day, hour, minute, second);
  return (size_t)n;
}

static void versions_and_names(void) {
  CHECK(door.abi() == C2WATCH_ABI);
  CHECK(strchr(door.version(), '.') != NULL);
  CHECK(strstr(door.config_schema(), "\"lateness_seconds\"") != NULL);
  CHECK(strcmp(door.record_name(C2WATCH_RECORD_USED), "used") == 0);
  CHECK(strcmp(door.record_name(C2WATCH_RECORD_REPEATED), "repeated") == 0);
  CHECK(strcmp(door.record_name(C2WATCH_RECORD_EMPTY), "empty") == 0);
  CHECK(strcmp(door.record_name(C2WATCH_RECORD_SHIFTED_FIELDS), "shifted_fields") == 0);
  CHECK(door.record_name(C2WATCH_RECORD_KINDS) == NULL);
}

static void a_host_of_another_major_is_refused(void) {
  Heard heard = {0};
  c2watch_host host = host_of(&heard);
  host.abi = (C2WATCH_ABI_MAJOR + 1) << 16;
  c2watch_engine* engine = NULL;
  CHECK(door.open(&host, "", 0, &engine) == C2WATCH_BAD_ARGUMENT);
  CHECK(engine != NULL);
  CHECK(strstr(door.last_error(engine), "version 2") != NULL);
  door.close(engine);

  host.abi = (C2WATCH_ABI_MAJOR << 16) | (C2WATCH_ABI_MINOR + 7); /* a newer minor is welcome */
  CHECK(door.open(&host, "", 0, &engine) == C2WATCH_OK);
  door.close(engine);
}

static void a_bad_config_is_explained_and_the_handle_closes(void) {
  const char config[] = "{\n  \"lateness_secs\": 1}";
  c2watch_engine* engine = NULL;
  CHECK(door.open(NULL, config, sizeof config - 1, &engine) == C2WATCH_BAD_CONFIG);
  CHECK(engine != NULL);
  CHECK(strstr(door.last_error(engine), "config:2:3: lateness_secs: no such setting") != NULL);

  /* Whoever goes on with it all the same is told the same sentence again. */
  c2watch_verdict verdict = {.size = sizeof verdict};
  CHECK(door.observe(engine, C2WATCH_FORMAT_AUTO, "{}", 2, &verdict) == C2WATCH_BAD_CONFIG);
  CHECK(strstr(door.last_error(engine), "lateness_secs") != NULL);
  door.close(engine);

  char why[64];
  CHECK(door.check(config, sizeof config - 1, why, sizeof why) == C2WATCH_BAD_CONFIG);
  CHECK(strlen(why) == sizeof why - 1 && strncmp(why, "config:2:3:", 11) == 0);
  CHECK(door.check("{}", 2, why, sizeof why) == C2WATCH_OK && why[0] == '\0');
  CHECK(door.check(config, sizeof config - 1, NULL, 0) == C2WATCH_BAD_CONFIG);
}

static void careless_arguments_do_no_harm(void) {
  door.close(NULL);
  CHECK(door.last_error(NULL)[0] == '\0');
  CHECK(door.open(NULL, "", 0, NULL) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.advance(NULL, 0) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.bound(NULL, 0) == C2WATCH_BAD_ARGUMENT);

  c2watch_engine* engine = NULL;
  CHECK(door.open(NULL, NULL, 0, &engine) == C2WATCH_OK); /* no host, no config: both are fine */
  CHECK(door.observe(engine, C2WATCH_FORMAT_JSON, NULL, 5, NULL) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.last_error(engine)[0] != '\0');
  CHECK(door.observe(engine, C2WATCH_FORMAT_JSON, NULL, 0, NULL) == C2WATCH_OK);
  CHECK(door.last_error(engine)[0] == '\0');
  CHECK(door.observe(engine, (c2watch_format)77, "{}", 2, NULL) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.observe_fields(engine, NULL, 3, NULL) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.stats(engine, NULL, NULL) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.advance(engine, INT64_MAX) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.advance(engine, INT64_MIN) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.bound(engine, INT64_MAX) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.bound(engine, INT64_MIN) == C2WATCH_BAD_ARGUMENT);
  c2watch_verdict verdict = {0}; /* size forgotten */
  CHECK(door.observe(engine, C2WATCH_FORMAT_JSON, "{}", 2, &verdict) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.checkpoint(engine) == C2WATCH_OK);
  door.close(engine);

  c2watch_host host = {0}; /* size forgotten */
  CHECK(door.open(&host, "", 0, &engine) == C2WATCH_BAD_ARGUMENT);
  door.close(engine);
}

static void records_are_judged_and_counted(void) {
  Heard heard = {0};
  c2watch_engine* engine = opened(&heard, "{}");
  c2watch_verdict verdict = {.size = sizeof verdict};
  char record[2048];
  size_t len = connection(record, sizeof record, 2, 3, 4, 5, 17);

  CHECK(door.observe(engine, C2WATCH_FORMAT_JSON, record, len, &verdict) == C2WATCH_OK);
  CHECK(verdict.event_id == 3);
  CHECK(verdict.findings == 0);
  const uint32_t first = verdict.record;
  CHECK(first == C2WATCH_RECORD_USED);

  CHECK(door.observe(engine, C2WATCH_FORMAT_AUTO, record, len, &verdict) == C2WATCH_OK);
  CHECK(verdict.record == C2WATCH_RECORD_REPEATED);

  CHECK(door.observe(engine, C2WATCH_FORMAT_JSON, record, len / 2, &verdict) == C2WATCH_OK);
  CHECK(verdict.record == C2WATCH_RECORD_NOT_JSON);
  CHECK(door.observe(engine, C2WATCH_FORMAT_AUTO, " \n", 2, &verdict) == C2WATCH_OK);
  CHECK(verdict.record == C2WATCH_RECORD_EMPTY);
  CHECK(door.observe(engine, C2WATCH_FORMAT_XML, "<Event", 6, &verdict) == C2WATCH_OK);
  CHECK(verdict.record == C2WATCH_RECORD_NOT_XML);

  const c2watch_field fields[] = {
      {"EventID", 7, "7", 1},
      {"UtcTime", 7, "2026-02-02 03:04:05.000", 23},
      {"Computer", 8, "WS-01", 5},
  };
  CHECK(door.observe_fields(engine, fields, 3, &verdict) == C2WATCH_OK);
  CHECK(verdict.record == C2WATCH_RECORD_IGNORED && verdict.event_id == 7);

  const char* json = NULL;
  CHECK(door.stats(engine, &json, &len) == C2WATCH_OK);
  CHECK(len == strlen(json));
  CHECK(strstr(json,
               "\"records\":{\"total\":6,\"used\":1,\"ignored\":1,\"suppressed\":0,"
               "\"repeated\":1,\"unreadable\":3") != NULL);
  CHECK(strstr(json, "\"not_json\":1") != NULL);
  door.close(engine);
}

static void a_flood_of_bad_records_is_one_line_a_reason(void) {
  Heard heard = {0};
  c2watch_engine* engine = opened(&heard, "{}");
  const int64_t noon = 1770033600000000; /* 2026-02-02T12:00:00Z */
  CHECK(door.advance(engine, noon) == C2WATCH_OK);
  const char* const bad[] = {"{\"s3cr3t\":", "s3cr3t", "<s3cr3t", "{\"s3cr3t\":1}"};
  int refused = 0;
  for (int i = 0; i < 40000; ++i)
    refused += door.observe(engine, C2WATCH_FORMAT_AUTO, bad[i % 4], strlen(bad[i % 4]), NULL) !=
               C2WATCH_OK;
  CHECK(refused == 0);
  CHECK(heard.logs >= 2 && heard.logs <= 4);
  CHECK(heard.logged_content == 0);
  door.close(engine);
}

static void metrics_come_as_text_and_as_records(void) {
  Heard heard = {0};
  c2watch_engine* engine = opened(&heard, "{\"metrics_seconds\": 60}");
  const char* text = NULL;
  size_t len = 0;
  CHECK(door.metrics(engine, NULL, &len) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.metrics(NULL, &text, &len) == C2WATCH_BAD_ARGUMENT);
  CHECK(door.observe(engine, C2WATCH_FORMAT_AUTO, "nonsense", 8, NULL) == C2WATCH_OK);
  CHECK(door.metrics(engine, &text, &len) == C2WATCH_OK);
  CHECK(len == strlen(text));
  CHECK(strstr(text, "\nc2watch_records_total{fate=\"unreadable\"} 1\n") != NULL);
  CHECK(strstr(text, "\nc2watch_unreadable_records_total{reason=\"unknown_format\"} 1\n") != NULL);

  const int64_t noon = 1770033600000000; /* 2026-02-02T12:00:00Z */
  CHECK(door.bound(engine, noon) == C2WATCH_OK && heard.findings == 0);
  CHECK(door.bound(engine, noon + 60000000) == C2WATCH_OK && heard.findings == 1);
  CHECK(strstr(heard.last, C2WATCH_METRICS_BEGIN) == heard.last);
  CHECK(door.advance(engine, noon + 120000000) == C2WATCH_OK && heard.findings == 2);
  door.close(engine);
}

/* Ahead of the host by more than the tolerance: counted, not believed. */
static void a_clock_that_runs_ahead_is_not_believed(void) {
  Heard heard = {0};
  c2watch_engine* engine = opened(&heard, "{\"max_future_seconds\": 300}");
  c2watch_verdict verdict = {.size = sizeof verdict};
  char record[2048];
  const int64_t noon = 1770033600000000; /* 2026-02-02T12:00:00Z */
  CHECK(door.advance(engine, noon) == C2WATCH_OK);

  size_t len = connection(record, sizeof record, 2, 12, 5, 0, 1);
  CHECK(door.observe(engine, C2WATCH_FORMAT_JSON, record, len, &verdict) == C2WATCH_OK);
  CHECK(verdict.record == C2WATCH_RECORD_USED);
  len = connection(record, sizeof record, 2, 12, 5, 1, 2);
  CHECK(door.observe(engine, C2WATCH_FORMAT_JSON, record, len, &verdict) == C2WATCH_OK);
  CHECK(verdict.record == C2WATCH_RECORD_BAD_TIME);
  door.close(engine);
}

/* Compiled against an older header: its structures end earlier, and we stop where they end. */
static void structures_of_an_older_header_work(void) {
  Heard heard = {0};
  struct {
    c2watch_host host;
    unsigned char beyond[16];
  } old = {.host = host_of(&heard)};
  old.host.size = offsetof(c2watch_host, finding); /* before findings were told */
  c2watch_engine* engine = NULL;
  CHECK(door.open(&old.host, "", 0, &engine) == C2WATCH_OK);

  struct {
    c2watch_verdict verdict;
    uint32_t beyond;
  } small = {.verdict = {.size = offsetof(c2watch_verdict, findings)}};
  small.verdict.findings = small.verdict.max_severity = 0xAAAAAAAA;
  char record[2048];
  const size_t len = connection(record, sizeof record, 2, 3, 4, 5, 1);
  CHECK(door.observe(engine, C2WATCH_FORMAT_JSON, record, len, &small.verdict) == C2WATCH_OK);
  CHECK(small.verdict.event_id == 3);
  CHECK(small.verdict.size == offsetof(c2watch_verdict, findings));
  CHECK(small.verdict.findings == 0xAAAAAAAA && small.verdict.max_severity == 0xAAAAAAAA);

  /* And of a newer one: what we do not know stays as it was. */
  struct {
    c2watch_verdict verdict;
    uint32_t future;
  } large = {.verdict = {.size = sizeof(c2watch_verdict) + 4}, .future = 0xBBBBBBBB};
  CHECK(door.observe(engine, C2WATCH_FORMAT_JSON, record, len, &large.verdict) == C2WATCH_OK);
  CHECK(large.verdict.event_id == 3 && large.future == 0xBBBBBBBB);
  door.close(engine);
}

static void the_effective_config_says_who_said_so(void) {
  Heard heard = {0};
  c2watch_engine* engine =
      opened(&heard,
             "{\"extends\": \"lab\",\n"
             " \"lateness_seconds\": 60,\n"
             " \"allowlist\": [{\"host\": \"WS-99\", \"reason\": \"a scanner\"}]}");
  const char* json = NULL;
  size_t len = 0;
  CHECK(door.effective_config(engine, &json, &len) == C2WATCH_OK);
  CHECK(len == strlen(json));
  CHECK(strstr(json, "{\"profile\":\"lab\",\"profile_written\":{\"line\":1,\"column\":2}") == json);
  CHECK(strstr(json,
               "{\"path\":\"lateness_seconds\",\"value\":60,\"default\":300,\"origin\":"
               "\"config\",\"line\":2,\"column\":2,") != NULL);
  CHECK(strstr(json, "\"host\":\"WS-99\",\"reason\":\"a scanner\",\"line\":3,\"column\":16}") !=
        NULL);
  CHECK(strstr(json, "\"origin\":\"profile\"") != NULL);
  CHECK(strstr(json, "\"origin\":\"built_in\"") != NULL);
  CHECK(door.effective_config(engine, NULL, &len) == C2WATCH_BAD_ARGUMENT);

  CHECK(door.reconfigure(engine, "{}", 2) == C2WATCH_OK);
  CHECK(door.effective_config(engine, &json, &len) == C2WATCH_OK);
  CHECK(strstr(json, "\"origin\":\"config\"") == NULL);
  CHECK(strstr(json, "{\"profile\":\"default\",\"settings\":[") == json);
  door.close(engine);
  CHECK(door.effective_config(NULL, &json, &len) == C2WATCH_BAD_ARGUMENT);
}

static void what_did_not_fire_is_explained(void) {
  Heard heard = {0};
  c2watch_engine* engine = opened(&heard, "");
  const char* json = NULL;
  size_t len = 0;
  CHECK(door.explanation(engine, &json, &len) == C2WATCH_OK);
  CHECK(strcmp(json, "null") == 0);

  const char wrong[] = "{\"hots\": \"WS-01\"}";
  CHECK(door.explain(engine, wrong, sizeof wrong - 1) == C2WATCH_BAD_ARGUMENT);
  CHECK(strstr(door.last_error(engine), "question:1:2: hots: no such key") != NULL);

  const char question[] = "{\"host\": \"ws-01\", \"destination\": \"142.254.39.0/24\"}";
  CHECK(door.explain(engine, question, sizeof question - 1) == C2WATCH_OK);
  char record[2048];
  for (int i = 0; i < 3; ++i) {
    const size_t n = connection(record, sizeof record, 2, 8, i, 0, 100 + i);
    CHECK(door.observe(engine, C2WATCH_FORMAT_AUTO, record, n, NULL) == C2WATCH_OK);
  }
  CHECK(door.explanation(engine, &json, &len) == C2WATCH_OK);
  CHECK(strstr(json, "\"matched\":{\"host\":3,\"destination\":3}") != NULL);
  CHECK(strstr(json, "3 check-ins of at least 5: 2 more are missing") != NULL);
  CHECK(strstr(json, "3 connections in 24 hours of at least 10: 7 more are missing") != NULL);

  CHECK(door.explain(engine, NULL, 0) == C2WATCH_OK);
  CHECK(door.explanation(engine, &json, &len) == C2WATCH_OK);
  CHECK(strcmp(json, "null") == 0);
  door.close(engine);
}

static void a_refused_config_leaves_the_old_one(void) {
  Heard heard = {0};
  c2watch_engine* engine = opened(&heard, "{\"extends\": \"lab\"}");
  const char bad[] = "{\"extends\": \"nowhere\"}";
  CHECK(door.reconfigure(engine, bad, sizeof bad - 1) == C2WATCH_BAD_CONFIG);
  CHECK(strstr(door.last_error(engine), "extends") != NULL);
  const char* json = NULL;
  size_t len = 0;
  CHECK(door.stats(engine, &json, &len) == C2WATCH_OK);
  CHECK(strstr(json, "\"profile\":\"lab\"") != NULL);

  const char good[] =
      "{\"extends\": \"default\", \"allowlist\": [{\"host\": \"WS-99\", "
      "\"reason\": \"a scanner\"}]}";
  CHECK(door.reconfigure(engine, good, sizeof good - 1) == C2WATCH_OK);
  CHECK(door.stats(engine, &json, &len) == C2WATCH_OK);
  CHECK(strstr(json, "\"profile\":\"default\"") != NULL);
  CHECK(strstr(json, "\"reason\":\"a scanner\"") != NULL);
  door.close(engine);
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: door_test libc2watch.so\n");
    return 2;
  }
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "door_test: %s\n", dlerror());
    return 1;
  }
  resolve_door(library);
  versions_and_names();
  a_host_of_another_major_is_refused();
  a_bad_config_is_explained_and_the_handle_closes();
  careless_arguments_do_no_harm();
  records_are_judged_and_counted();
  metrics_come_as_text_and_as_records();
  a_flood_of_bad_records_is_one_line_a_reason();
  a_clock_that_runs_ahead_is_not_believed();
  structures_of_an_older_header_work();
  a_refused_config_leaves_the_old_one();
  the_effective_config_says_who_said_so();
  what_did_not_fire_is_explained();
  dlclose(library);
  printf("%d checks, %d failures\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
