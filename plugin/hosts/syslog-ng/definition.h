/* Definition: what one c2watch() block of the configuration says, shared by all its uses.
 *
 * A parser that two log paths refer to is cloned by syslog-ng; the clones share this, so they share
 * one engine. While at least one of them is active, so is the definition: it holds a Core and, with
 * clock("host"), a timer that tells the engine the time once a second.
 *
 * RELOAD    On the way out the Core is handed over in memory under the definition's name; on the
 *           way in it is taken up again and gets the new settings. The name is persist-name(), or
 *           that of the surrounding `parser` statement.
 * THREADS   all of this runs in the main thread, with the workers stopped, except what core.h says.
 */
#pragma once

#include <cfg.h>
#include <iv.h>
#include <logpipe.h>

#include "core.h"

typedef enum C2watchInject {
  C2WATCH_INJECT_PASS_THROUGH, /* findings go down the same log path, before their trigger */
  C2WATCH_INJECT_INTERNAL,     /* findings come out of the internal() source */
  C2WATCH_INJECT_NONE          /* no messages; the trigger carries what was found */
} C2watchInject;

typedef struct C2watchDefinition C2watchDefinition;

/* What a timer does with findings that no record triggered; `user` is what activate() was given. */
typedef void (*C2watchEmit)(gpointer user, GPtrArray* findings);

struct C2watchDefinition {
  gint refs;

  /* Settings, complete when the grammar has read the block. */
  gchar* profile;
  gchar* config_file;
  gchar* config; /* what the engine is given: the file's content, or one that extends the profile */
  gchar* persist_name;  /* NULL: the surrounding statement's name */
  gchar* prefix;        /* of the name-value pairs that we set */
  gchar* fields_prefix; /* not NULL: read name-value pairs instead of text */
  C2watchInject inject;
  gboolean host_clock;

  /* Running state. */
  guint active;
  gchar* name;
  C2watchCore* core;
  struct iv_timer tick;
  C2watchEmit emit;
  gpointer emit_user;
};

C2watchDefinition* c2watch_definition_new(void);
C2watchDefinition* c2watch_definition_ref(C2watchDefinition* self);
void c2watch_definition_unref(C2watchDefinition* self);

/* The setters return NULL, or what is wrong as a sentence that the caller frees. */
gchar* c2watch_definition_set_profile(C2watchDefinition* self, const gchar* name);
gchar* c2watch_definition_set_config_file(C2watchDefinition* self, const gchar* path);
gchar* c2watch_definition_set_persist_name(C2watchDefinition* self, const gchar* name);
gchar* c2watch_definition_set_prefix(C2watchDefinition* self, const gchar* prefix);
gchar* c2watch_definition_set_fields_prefix(C2watchDefinition* self, const gchar* prefix);
gchar* c2watch_definition_set_inject_mode(C2watchDefinition* self, const gchar* mode);
gchar* c2watch_definition_set_clock(C2watchDefinition* self, const gchar* clock);

/* One active user more, or less. Only the first activation and the last deactivation do something.
 * `name` is what the state is handed over under. */
gboolean c2watch_definition_activate(C2watchDefinition* self, GlobalConfig* cfg, const gchar* name,
                                     C2watchEmit emit, gpointer emit_user);
void c2watch_definition_deactivate(C2watchDefinition* self, GlobalConfig* cfg);
