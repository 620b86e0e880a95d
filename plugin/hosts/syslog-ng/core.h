/* Core: one engine behind one lock. It outlives a reload of the configuration.
 *
 *   GPtrArray* findings = NULL;
 *   c2watch_core_observe(core, input, len, &verdict, &findings);
 *   // the lock is free again: emit what is in findings
 *
 * THREADS   syslog-ng enters one parser from several workers at a time, and its timer from the
 *           main thread. One engine and one lock, not shards, for three reasons. Findings must not
 *           depend on how many workers there are. Some detectors ask how many computers speak to
 *           a destination, which no shard knows. And the lock is held for less than three
 *           microseconds a record, so that one engine keeps up with what syslog-ng itself reads.
 *           Findings are collected under the lock and handed out after it: what lies downstream
 *           may take any time it likes.
 * OWNERSHIP counted references. The definition that uses it holds one, also while it is not active,
 *           so a reload that fails finds its state again when the old configuration comes back.
 */
#pragma once

#include <glib.h>

#include "abi/c2watch.h"

typedef struct C2watchCore C2watchCore;

/* NULL when the engine cannot be opened; the reason went to the log. */
C2watchCore* c2watch_core_open(const gchar* config);
C2watchCore* c2watch_core_ref(C2watchCore* self);
void c2watch_core_unref(C2watchCore* self);

/* Makes `config` the one in force; does nothing when it is already. FALSE: refused and logged, the
 * one before stays in force. */
gboolean c2watch_core_reconfigure(C2watchCore* self, const gchar* config);

/* Whose clock the engine lives by from now on: the host's, or (FALSE) the events' own. */
void c2watch_core_use_host_clock(C2watchCore* self, gboolean host_clock);

/* One record. By the host's clock the engine knows the time before it sees the record, also the
 * first one after a start and after the machine slept, when no tick has come yet. Findings are appended to *findings (GString*; made when the first one comes, NULL
 * before). A record that the engine fails on is logged, once a minute at most, and passes. */
void c2watch_core_observe(C2watchCore* self, const gchar* input, gsize len,
                          c2watch_verdict* verdict, GPtrArray** findings);
void c2watch_core_observe_fields(C2watchCore* self, const c2watch_field* fields, gsize count,
                                 c2watch_verdict* verdict, GPtrArray** findings);

/* The host's time goes on: hours close, windows slide, due checkpoints are written. */
void c2watch_core_advance(C2watchCore* self, GPtrArray** findings);

/* Writes the checkpoint that the config names, if it names one, and logs the counters. */
void c2watch_core_settle(C2watchCore* self);
