#include "definition.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The engine closes hours and writes due checkpoints when it hears of the time; its own bounds are
 * minutes and more, so one second is soon enough and costs nothing. */
static const time_t kTick_s = 1;

static void no_op(gpointer user, GPtrArray* findings) {
  (void)user;
  (void)findings;
}

C2watchDefinition* c2watch_definition_new(void) {
  C2watchDefinition* self = g_new0(C2watchDefinition, 1);
  self->refs = 1;
  self->config = g_strdup("{\"extends\": \"default\"}");
  self->prefix = g_strdup(".c2watch.");
  self->inject = C2WATCH_INJECT_PASS_THROUGH;
  self->host_clock = TRUE;
  self->emit = no_op;
  IV_TIMER_INIT(&self->tick);
  return self;
}

C2watchDefinition* c2watch_definition_ref(C2watchDefinition* self) {
  g_atomic_int_inc(&self->refs);
  return self;
}

void c2watch_definition_unref(C2watchDefinition* self) {
  if (!g_atomic_int_dec_and_test(&self->refs)) return;
  c2watch_core_unref(self->core);
  g_free(self->profile);
  g_free(self->config_file);
  g_free(self->config);
  g_free(self->persist_name);
  g_free(self->prefix);
  g_free(self->fields_prefix);
  g_free(self->name);
  g_free(self);
}

static void replace(gchar** text, const gchar* with) {
  g_free(*text);
  *text = g_strdup(with);
}

/* NULL when the engine takes `config`; else its sentences, one a line. The engine calls every text
 * "config"; `origin` is what the user calls this one. */
static gchar* check_config(const gchar* config, const gchar* origin) {
  gchar why[4096]; /* the engine reports ten mistakes at most, in some 200 bytes each */
  if (c2watch_check(config, strlen(config), why, sizeof why) == C2WATCH_OK) return NULL;

  static const gchar kEngineName[] = "config:";
  GString* named = g_string_new(NULL);
  gchar** lines = g_strsplit(why, "\n", -1);
  for (gchar** line = lines; *line != NULL; ++line) {
    const gboolean placed = g_str_has_prefix(*line, kEngineName);
    g_string_append_printf(named, "%s%s:%s%s", named->len != 0 ? "\n" : "", origin,
                           placed ? "" : " ", placed ? *line + strlen(kEngineName) : *line);
  }
  g_strfreev(lines);
  return g_string_free(named, FALSE);
}

static const gchar* const kOneSource =
    "give either profile() or config-file(); a config file names its profile with \"extends\"";

gchar* c2watch_definition_set_profile(C2watchDefinition* self, const gchar* name) {
  if (self->config_file != NULL) return g_strdup(kOneSource);
  if (name[0] == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0')
    return g_strdup_printf("profile \"%s\": not the name of a profile", name);

  gchar* config = g_strdup_printf("{\"extends\": \"%s\"}", name);
  gchar* why = check_config(config, "profile");
  if (why == NULL) {
    replace(&self->profile, name);
    replace(&self->config, config);
  }
  g_free(config);
  return why;
}

gchar* c2watch_definition_set_config_file(C2watchDefinition* self, const gchar* path) {
  if (self->profile != NULL) return g_strdup(kOneSource);
  /* syslog-ng changes its working directory after it has read the configuration the first time. */
  if (!g_path_is_absolute(path))
    return g_strdup_printf("config-file \"%s\": must be an absolute path", path);

  if (access(path, R_OK) != 0) return g_strdup_printf("%s: %s", path, strerror(errno));

  gchar* config = NULL;
  gsize len = 0;
  GError* error = NULL;
  if (!g_file_get_contents(path, &config, &len, &error)) {
    gchar* why = g_strdup(error->message);
    g_error_free(error);
    return why;
  }
  gchar* why = strlen(config) == len ? check_config(config, path)
                                     : g_strdup_printf("%s: contains a zero byte", path);
  if (why == NULL) {
    replace(&self->config_file, path);
    replace(&self->config, config);
  }
  g_free(config);
  return why;
}

gchar* c2watch_definition_set_persist_name(C2watchDefinition* self, const gchar* name) {
  if (name[0] == '\0') return g_strdup("persist-name(): must not be empty");
  replace(&self->persist_name, name);
  return NULL;
}

gchar* c2watch_definition_set_prefix(C2watchDefinition* self, const gchar* prefix) {
  if (prefix[0] == '\0') return g_strdup("prefix(): must not be empty");
  if (!log_msg_is_value_name_valid(prefix))
    return g_strdup_printf("prefix \"%s\": not valid in the name of a name-value pair", prefix);
  replace(&self->prefix, prefix);
  return NULL;
}

gchar* c2watch_definition_set_fields_prefix(C2watchDefinition* self, const gchar* prefix) {
  replace(&self->fields_prefix, prefix);
  return NULL;
}

gchar* c2watch_definition_set_inject_mode(C2watchDefinition* self, const gchar* mode) {
  static const gchar* const names[] = {"pass-through", "internal", "none"};
  for (gsize i = 0; i < G_N_ELEMENTS(names); ++i) {
    if (strcmp(names[i], mode) != 0) continue;
    self->inject = (C2watchInject)i;
    return NULL;
  }
  return g_strdup_printf("inject-mode \"%s\": must be pass-through, internal or none", mode);
}

gchar* c2watch_definition_set_clock(C2watchDefinition* self, const gchar* clock) {
  self->host_clock = strcmp(clock, "host") == 0;
  if (self->host_clock || strcmp(clock, "events") == 0) return NULL;
  return g_strdup_printf("clock \"%s\": must be host or events", clock);
}

static void start_tick(C2watchDefinition* self) {
  iv_validate_now();
  self->tick.expires = iv_now;
  self->tick.expires.tv_sec += kTick_s;
  iv_timer_register(&self->tick);
}

static void on_tick(void* user) {
  C2watchDefinition* self = user;
  GPtrArray* findings = NULL;
  c2watch_core_advance(self->core, &findings);
  if (findings != NULL) {
    self->emit(self->emit_user, findings);
    g_ptr_array_unref(findings);
  }
  start_tick(self);
}

static void drop_core(gpointer core) { c2watch_core_unref((C2watchCore*)core); }

/* The core that is to be used from now on: the one that a configuration before us handed over; else
 * the one that we had before a reload that failed; else a new one. */
static C2watchCore* take_core(C2watchDefinition* self, GlobalConfig* cfg) {
  C2watchCore* handed_over = cfg_persist_config_fetch(cfg, self->name);
  if (handed_over != NULL) {
    c2watch_core_unref(self->core);
    return handed_over;
  }
  return self->core != NULL ? self->core : c2watch_core_open(self->config);
}

gboolean c2watch_definition_activate(C2watchDefinition* self, GlobalConfig* cfg, const gchar* name,
                                     C2watchEmit emit, gpointer emit_user) {
  if (self->active == 0) {
    replace(&self->name, name);
    self->core = take_core(self, cfg);
    if (self->core == NULL) return FALSE;
    if (!c2watch_core_reconfigure(self->core, self->config)) return FALSE;
    c2watch_core_use_host_clock(self->core, self->host_clock);
    self->emit = emit;
    self->emit_user = emit_user;
    self->tick.cookie = self;
    self->tick.handler = on_tick;
    if (self->host_clock) start_tick(self);
  }
  ++self->active;
  return TRUE;
}

void c2watch_definition_deactivate(C2watchDefinition* self, GlobalConfig* cfg) {
  if (--self->active != 0) return;
  if (iv_timer_registered(&self->tick)) iv_timer_unregister(&self->tick);
  self->emit = no_op;
  c2watch_core_settle(self->core);
  cfg_persist_config_add(cfg, self->name, c2watch_core_ref(self->core), drop_core, FALSE);
}
