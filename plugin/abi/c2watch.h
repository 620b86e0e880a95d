/* c2watch: the one door between a log collector (C, or anything that can call C) and the engine.
 *
 *  1. Handles are opaque. Every open has a close; c2watch_close(NULL) does nothing.
 *  2. Text is (pointer, length), UTF-8, not NUL-terminated, borrowed for the call. The few
 *     functions that return `const char*` return NUL-terminated text that lives as long as they
 * say.
 *  3. A call that can fail returns c2watch_status and leaves a sentence for c2watch_last_error().
 *     A record that cannot be read is not a failure: it is counted under a reason, the verdict says
 *     so, and the host passes it on untouched.
 *  4. Nothing here throws, aborts, exits, prints, blocks, starts a thread, or touches a signal or
 *     the locale. Files are touched only by checkpoints, and only when the config names one.
 *  5. One engine, one thread at a time. Different engines share nothing. A host with several
 *     workers gives each its own engine, sharded by computer name, or holds one lock.
 *  6. Structures begin with their size. Set it to sizeof; we read and write no further, so a host
 *     compiled against an older header keeps working with a newer library of the same major number.
 *  7. Enumerators and members are only ever added at the end.
 */
#ifndef C2WATCH_H
#define C2WATCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(C2WATCH_BUILDING)
#define C2WATCH_API __attribute__((visibility("default")))
#else
#define C2WATCH_API
#endif

/* major<<16 | minor of this header. A host refuses a library of another major number. */
#define C2WATCH_ABI_MAJOR 1u
#define C2WATCH_ABI_MINOR 3u
#define C2WATCH_ABI ((C2WATCH_ABI_MAJOR << 16) | C2WATCH_ABI_MINOR)

typedef struct c2watch_engine c2watch_engine;

typedef enum c2watch_status {
  C2WATCH_OK = 0,
  C2WATCH_BAD_CONFIG = 1,   /* the sentence names file, line and key, and what would be right */
  C2WATCH_NO_MEMORY = 2,    /* the call had no effect; the engine remains usable */
  C2WATCH_BAD_ARGUMENT = 3, /* NULL where something is needed, or a size field not set */
  C2WATCH_IO = 4,           /* a checkpoint could not be read or written */
  C2WATCH_INTERNAL = 5      /* our bug; the engine remains usable */
} c2watch_status;

typedef enum c2watch_log_level {
  C2WATCH_LOG_ERROR = 1,
  C2WATCH_LOG_WARNING = 2,
  C2WATCH_LOG_INFO = 3,
  C2WATCH_LOG_DEBUG = 4
} c2watch_log_level;

/* What the host gives. Both callbacks may be NULL. They run inside the call that caused them, on
 * its thread, must not call back into the same engine, and must copy what they keep. */
typedef struct c2watch_host {
  uint32_t size; /* sizeof(c2watch_host) */
  uint32_t abi;  /* C2WATCH_ABI, as the host was compiled */
  void* user;    /* handed to the callbacks */
  void (*log)(void* user, c2watch_log_level level, const char* text, size_t len);
  void (*finding)(void* user, const char* json, size_t len); /* one JSON object, no newline in it */
} c2watch_host;

/* With the config's metrics_seconds, advance and bound also hand the finding callback a record of
 * what is counted, which begins like this (since 1.2). It is no finding: no verdict counts it. */
#define C2WATCH_METRICS_BEGIN "{\"schema\":\"c2watch.metrics/1\""

typedef enum c2watch_format {
  C2WATCH_FORMAT_AUTO = 0, /* decided by the record's first bytes */
  C2WATCH_FORMAT_JSON = 1, /* one JSON object in any known shape */
  C2WATCH_FORMAT_XML = 2   /* one <Event> element */
} c2watch_format;

/* How a record fared. Everything from C2WATCH_RECORD_EMPTY on is unreadable. */
typedef enum c2watch_record {
  C2WATCH_RECORD_USED = 0,       /* at least one detector looked at it */
  C2WATCH_RECORD_IGNORED = 1,    /* readable; an event id that no detector asks for */
  C2WATCH_RECORD_SUPPRESSED = 2, /* readable; an allowlist entry took it out */
  C2WATCH_RECORD_REPEATED = 3,   /* this (Computer, Channel, EventRecordID) was counted before */
  C2WATCH_RECORD_EMPTY = 4,      /* no bytes, or only white space */
  C2WATCH_RECORD_TOO_LARGE = 5,  /* above 1 MiB */
  C2WATCH_RECORD_TOO_DEEP = 6,   /* nested deeper than any known shape */
  C2WATCH_RECORD_NOT_UTF8 = 7,   /* invalid UTF-8 */
  C2WATCH_RECORD_NOT_JSON = 8,   /* broken, truncated or concatenated JSON */
  C2WATCH_RECORD_NOT_XML = 9,    /* broken or truncated XML */
  C2WATCH_RECORD_DTD = 10,       /* XML with a DOCTYPE: never expanded */
  C2WATCH_RECORD_UNKNOWN_FORMAT = 11, /* neither JSON nor XML */
  C2WATCH_RECORD_UNKNOWN_SHAPE = 12,  /* well-formed, no event id where a known shape has one */
  C2WATCH_RECORD_BAD_EVENT_ID = 13,   /* an event id that is not a number */
  C2WATCH_RECORD_NO_TIME = 14,        /* neither UtcTime nor TimeCreated could be read */
  C2WATCH_RECORD_BAD_TIME = 15,       /* a time outside 1970..2100, or ahead of the host's clock */
  C2WATCH_RECORD_SHIFTED_FIELDS = 16, /* positional values whose count fits no known schema */
  C2WATCH_RECORD_MISSING_FIELDS = 17  /* not one of the fields that say what happened (since 1.2) */
} c2watch_record;
#define C2WATCH_RECORD_KINDS 18

/* A field for c2watch_observe_fields(): a name as the collector has it ("DestinationIp",
 * "winlog.event_data.Image", "EventID", ...: every path that is read in JSON) and its text. */
typedef struct c2watch_field {
  const char* name;
  size_t name_len;
  const char* value;
  size_t value_len;
} c2watch_field;

/* What became of the record just observed. */
typedef struct c2watch_verdict {
  uint32_t size;         /* sizeof(c2watch_verdict) */
  uint32_t record;       /* a c2watch_record */
  uint32_t event_id;     /* 0 when unknown */
  uint32_t findings;     /* findings that this very record raised or let grow */
  uint32_t max_severity; /* of those: 0 informational .. 4 critical; meaningless without findings */
} c2watch_verdict;

/* "1.2.0"; lives for ever. */
C2WATCH_API const char* c2watch_version(void);

/* C2WATCH_ABI of the library. */
C2WATCH_API uint32_t c2watch_abi(void);

/* JSON Schema (draft 2020-12) of the config; lives for ever. */
C2WATCH_API const char* c2watch_config_schema(void);

/* A name for a c2watch_record, e.g. "not_json"; NULL when out of range; lives for ever. */
C2WATCH_API const char* c2watch_record_name(uint32_t record);

/* Whether c2watch_open() would take this config, without its side effects: no checkpoint is read or
 * written, so a host can check a config while an engine runs with it. `why` (may be NULL) receives
 * the sentence, cut to why_size and NUL-terminated; "" when the config is fine. */
C2WATCH_API c2watch_status c2watch_check(const char* config, size_t config_len, char* why,
                                         size_t why_size);

/* Makes an engine. `config` is JSON with comments allowed; length 0 means {"extends": "default"}.
 * Sets *engine even on failure, so that c2watch_last_error() can be read; the handle must be closed
 * all the same. Only when memory for the handle itself ran out is *engine NULL. */
C2WATCH_API c2watch_status c2watch_open(const c2watch_host* host, const char* config,
                                        size_t config_len, c2watch_engine** engine);

/* One record as bytes. `verdict` may be NULL. */
C2WATCH_API c2watch_status c2watch_observe(c2watch_engine*, c2watch_format, const void* bytes,
                                           size_t len, c2watch_verdict* verdict);

/* One record as fields that the collector has parsed already. */
C2WATCH_API c2watch_status c2watch_observe_fields(c2watch_engine*, const c2watch_field* fields,
                                                  size_t count, c2watch_verdict* verdict);

/* The host's time: microseconds since 1970-01-01T00Z. Closes hours, expires windows, writes due
 * checkpoints. Call it about once a second, never concurrently with observe. Engines that never
 * hear of the time (batch scans) live by the events' own. */
C2WATCH_API c2watch_status c2watch_advance(c2watch_engine*, int64_t now_us);

/* The host's time for a host that reads stored events (since 1.1): an event that claims to be later
 * is counted as bad_time and not used, so that one machine's wrong or forged date cannot make all
 * the others' events look old. It writes due checkpoints, but unlike c2watch_advance() it closes no
 * hour: the events' own time does.
 * Call one or the other, about once a second. */
C2WATCH_API c2watch_status c2watch_bound(c2watch_engine*, int64_t now_us);

/* Flushes (see c2watch_flush()), then reports through the finding callback all that holds at this
 * moment: the answer of the batch query
 * over the window, in its order (RiskScore, then TotalConnections, descending; then key). */
C2WATCH_API c2watch_status c2watch_answer(c2watch_engine*);

/* Since 1.3. The input has ended: releases what reorder_seconds buffers, in the order of the events'
 * times, so that its findings are reported. For hosts of stored events, at the end of their input. A
 * live host with a checkpoint does not call it before c2watch_close(): the checkpoint keeps the
 * buffer, and the next process goes on in order. Nothing happens where nothing is buffered. */
C2WATCH_API c2watch_status c2watch_flush(c2watch_engine*);

/* Thresholds, allowlists and the checkpoint, live. When refused, the old config stays in force.
 * Another checkpoint.path takes effect at once: the file so far gets a last snapshot and the new one
 * its first. C2WATCH_IO when the new one cannot be used or holds a checkpoint already, which only
 * c2watch_open() reads. */
C2WATCH_API c2watch_status c2watch_reconfigure(c2watch_engine*, const char* config,
                                               size_t config_len);

/* Writes the checkpoint that the config names, as of now, and waits for the disk: C2WATCH_OK says
 * that everything observed before this call is on it. C2WATCH_OK and nothing
 * done without one. After a crash nothing is lost as long as the host acknowledges a record to
 * whoever delivers it only after observe has returned and the findings that it raised are safe: the
 * record then comes again, counts as REPEATED, and tells those findings again under the same ids. */
C2WATCH_API c2watch_status c2watch_checkpoint(c2watch_engine*);

/* Counters as one JSON object. *json lives until the next call on this engine. */
C2WATCH_API c2watch_status c2watch_stats(c2watch_engine*, const char** json, size_t* len);

/* Since 1.2. The same counters in Prometheus' text exposition format 0.0.4, for whoever scrapes or
 * collects that. *text lives until the next call on this engine. */
C2WATCH_API c2watch_status c2watch_metrics(c2watch_engine*, const char** text, size_t* len);

/* Since 1.1. The config that the engine runs with, as one JSON object: every setting with its value,
 * its default, where it was said (in the config, with line and column; by the profile; built in) and
 * why; and the allowlist. plugin/abi/README.md has the members. *json lives until the next call on
 * this engine. */
C2WATCH_API c2watch_status c2watch_effective_config(c2watch_engine*, const char** json,
                                                    size_t* len);

/* Since 1.1. Why did this fire, and why did that not? From now on the engine keeps what its detectors
 * make of the events that a question names, a JSON object with any of host, process, destination,
 * domain, task, record, or nearest; length 0 ends it. Costs some 10 us an event that may match, and
 * nothing when nobody asks. C2WATCH_BAD_ARGUMENT with a sentence when the question is not one. */
C2WATCH_API c2watch_status c2watch_explain(c2watch_engine*, const char* question,
                                           size_t question_len);

/* Since 1.1. The answer so far, as one JSON object; "null" when nothing was asked. *json lives until
 * the next call on this engine. plugin/abi/README.md has the members. */
C2WATCH_API c2watch_status c2watch_explanation(c2watch_engine*, const char** json, size_t* len);

/* The last failure's sentence, "" if none; never NULL; lives until the next call on this engine. */
C2WATCH_API const char* c2watch_last_error(const c2watch_engine*);

/* Writes a last checkpoint if the config names one, and frees everything. */
C2WATCH_API void c2watch_close(c2watch_engine*);

#ifdef __cplusplus
}
#endif
#endif /* C2WATCH_H */
