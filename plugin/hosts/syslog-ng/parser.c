#include "parser.h"

#include <cfg-tree.h>
#include <logmsg/logmsg.h>
#include <string.h>
#include <syslog.h>

#include "finding_fields.h"

static const gchar* const kHitTag = "c2watch.hit";
static const gchar* const kFindingTag = "c2watch.finding";
static const gchar* const kMetricsTag = "c2watch.metrics";
static const gchar* const kProgram = "c2watch";

/* Room for the fields of an ordinary record; the array grows beyond. Sysmon has 23, a winlogbeat
 * record with its metadata about 60. */
static const guint kUsualFields = 64;

typedef struct C2watchParser {
  LogParser super;
  C2watchDefinition* definition;

  /* Resolved once: looking a name up takes a lock of the whole process. */
  NVHandle detector;
  NVHandle id;
  NVHandle severity;
  NVHandle finding;

  /* Whether the log path asked for flow control, as seen with the last record. Findings of the
   * timer have no record to learn it from. */
  gint flow_control_requested;
} C2watchParser;

/* ---- messages ------------------------------------------------------------------------------- */

static const struct {
  const gchar* name;
  gint priority;
} kSeverities[] = {{"informational", LOG_INFO},
                   {"low", LOG_NOTICE},
                   {"medium", LOG_WARNING},
                   {"high", LOG_ERR},
                   {"critical", LOG_CRIT}};

/* -1 when it is none of ours (a finding format that writes severities otherwise). */
static gint severity_rank(FindingText text) {
  for (gsize i = 0; i < G_N_ELEMENTS(kSeverities); ++i)
    if (strlen(kSeverities[i].name) == text.len &&
        g_ascii_strncasecmp(kSeverities[i].name, text.data, text.len) == 0)
      return (gint)i;
  return -1;
}

static void set_text(LogMessage* message, NVHandle handle, FindingText text) {
  if (text.len != 0) log_msg_set_value(message, handle, text.data, (gssize)text.len);
}

static void set_finding_pairs(C2watchParser* self, LogMessage* message,
                              const FindingFields* fields) {
  set_text(message, self->detector, fields->detector);
  set_text(message, self->id, fields->id);
  set_text(message, self->severity, fields->severity);
}

static void write_metrics(LogMessage* message, const GString* json) {
  message->pri = (guint16)(LOG_AUTH | LOG_INFO);
  message->flags |= LF_UTF8 | LF_LOCAL;
  log_msg_set_value(message, LM_V_PROGRAM, kProgram, -1);
  log_msg_set_value(message, LM_V_MESSAGE, json->str, (gssize)json->len);
  log_msg_set_tag_by_name(message, kMetricsTag);
}

/* Makes a message without content the finding's message. */
static void write_finding(C2watchParser* self, LogMessage* message, const GString* json) {
  FindingFields fields;
  finding_fields_read(json->str, json->len, &fields);
  const gint rank = severity_rank(fields.severity);
  message->pri = (guint16)(LOG_AUTH | (rank < 0 ? LOG_WARNING : kSeverities[rank].priority));
  message->flags |= LF_UTF8 | LF_LOCAL;
  set_text(message, LM_V_HOST, fields.host);
  log_msg_set_value(message, LM_V_PROGRAM, kProgram, -1);
  log_msg_set_value(message, LM_V_MESSAGE, json->str, (gssize)json->len);
  set_finding_pairs(self, message, &fields);
  log_msg_set_tag_by_name(message, kFindingTag);
}

/* A message for a finding that holds the acknowledgement of its trigger: the trigger counts as
 * delivered when both are. It shares nothing else with the trigger, which goes on being changed. */
static LogMessage* finding_behind(C2watchParser* self, LogMessage* trigger,
                                  const LogPathOptions* path_options, const GString* json) {
  gssize host_len = 0;
  const gchar* host = log_msg_get_value(trigger, LM_V_HOST, &host_len);
  log_msg_add_ack(trigger, path_options);
  LogMessage* message = log_msg_clone_cow(trigger, path_options);
  log_msg_clear(message);
  log_msg_set_value(message, LM_V_HOST, host, host_len);
  write_finding(self, message, json);
  return message;
}

static LogMessage* finding_alone(C2watchParser* self, const GString* json) {
  LogMessage* message = log_msg_new_local();
  if (g_str_has_prefix(json->str, C2WATCH_METRICS_BEGIN))
    write_metrics(message, json);
  else
    write_finding(self, message, json);
  return message;
}

/* ---- what goes out -------------------------------------------------------------------------- */

/* The most severe, the first among equals. Requires at least one. */
static const GString* worst_of(const GPtrArray* findings) {
  const GString* worst = NULL;
  gint worst_rank = 0;
  for (guint i = 0; i < findings->len; ++i) {
    const GString* json = g_ptr_array_index(findings, i);
    FindingFields fields;
    finding_fields_read(json->str, json->len, &fields);
    const gint rank = severity_rank(fields.severity);
    if (worst != NULL && rank <= worst_rank) continue;
    worst = json;
    worst_rank = rank;
  }
  return worst;
}

/* Tag and name-value pairs of the record that raised findings. */
static void mark_trigger(C2watchParser* self, LogMessage** message,
                         const LogPathOptions* path_options, const GPtrArray* findings) {
  const GString* worst = worst_of(findings);
  FindingFields fields;
  finding_fields_read(worst->str, worst->len, &fields);

  LogMessage* writable = log_msg_make_writable(message, path_options);
  set_finding_pairs(self, writable, &fields);
  log_msg_set_value_with_type(writable, self->finding, worst->str, (gssize)worst->len, LM_VT_JSON);
  log_msg_set_tag_by_name(writable, kHitTag);
}

static void emit_with_trigger(C2watchParser* self, LogMessage* trigger,
                              const LogPathOptions* path_options, const GPtrArray* findings) {
  /* A filter that drops a finding must not make its trigger count as unmatched. */
  LogPathOptions finding_options = *path_options;
  finding_options.matched = NULL;

  for (guint i = 0; i < findings->len; ++i) {
    const GString* json = g_ptr_array_index(findings, i);
    log_pipe_forward_msg(&self->super.super, finding_behind(self, trigger, path_options, json),
                         &finding_options);
  }
}

/* Findings that no record triggered. Nothing holds them back at the source, but where flow control
 * is asked for, a full queue takes them rather than drop them. */
static void emit_alone(gpointer user, GPtrArray* findings) {
  C2watchParser* self = user;
  const C2watchInject inject = self->definition->inject;
  LogPathOptions options = LOG_PATH_OPTIONS_INIT_NOACK;
  options.flow_control_requested = g_atomic_int_get(&self->flow_control_requested);

  if (inject == C2WATCH_INJECT_NONE) return;
  for (guint i = 0; i < findings->len; ++i) {
    LogMessage* message = finding_alone(self, g_ptr_array_index(findings, i));
    if (inject == C2WATCH_INJECT_PASS_THROUGH)
      log_pipe_forward_msg(&self->super.super, message, &options);
    else
      msg_post_message(message);
  }
}

/* ---- what comes in -------------------------------------------------------------------------- */

typedef struct FieldCollector {
  const gchar* prefix;
  gsize prefix_len;
  GArray* fields;
} FieldCollector;

static gboolean collect_field(NVHandle handle, const gchar* name, const gchar* value,
                              gssize value_len, LogMessageValueType type, gpointer user) {
  FieldCollector* collector = user;
  (void)handle;
  (void)type;
  if (strncmp(name, collector->prefix, collector->prefix_len) == 0) {
    const gchar* leaf = name + collector->prefix_len;
    const c2watch_field field = {leaf, strlen(leaf), value, (size_t)value_len};
    g_array_append_val(collector->fields, field);
  }
  return FALSE; /* go on */
}

static void observe_fields(C2watchParser* self, const LogMessage* message, c2watch_verdict* verdict,
                           GPtrArray** findings) {
  FieldCollector collector = {
      .prefix = self->definition->fields_prefix,
      .prefix_len = strlen(self->definition->fields_prefix),
      .fields = g_array_sized_new(FALSE, FALSE, sizeof(c2watch_field), kUsualFields)};
  log_msg_values_foreach(message, collect_field, &collector);
  c2watch_core_observe_fields(self->definition->core, (c2watch_field*)(void*)collector.fields->data,
                              collector.fields->len, verdict, findings);
  g_array_free(collector.fields, TRUE);
}

static gboolean process(LogParser* s, LogMessage** message, const LogPathOptions* path_options,
                        const gchar* input, gsize input_len) {
  C2watchParser* self = (C2watchParser*)s;
  GPtrArray* findings = NULL;
  c2watch_verdict verdict;

  if (g_atomic_int_get(&self->flow_control_requested) != path_options->flow_control_requested)
    g_atomic_int_set(&self->flow_control_requested, path_options->flow_control_requested);

  if (self->definition->fields_prefix != NULL)
    observe_fields(self, *message, &verdict, &findings);
  else
    c2watch_core_observe(self->definition->core, input, input_len, &verdict, &findings);

  if (findings == NULL) return TRUE;
  if (verdict.findings != 0) mark_trigger(self, message, path_options, findings);
  if (self->definition->inject == C2WATCH_INJECT_PASS_THROUGH)
    emit_with_trigger(self, *message, path_options, findings);
  else
    emit_alone(self, findings);
  g_ptr_array_unref(findings);
  return TRUE;
}

/* ---- life cycle ----------------------------------------------------------------------------- */

static NVHandle pair_handle(C2watchParser* self, const gchar* name) {
  gchar* full = g_strconcat(self->definition->prefix, name, NULL);
  const NVHandle handle = log_msg_get_value_handle(full);
  g_free(full);
  return handle;
}

/* What the state is handed over under at a reload: the same for all clones. */
static gchar* state_name(C2watchParser* self, GlobalConfig* cfg) {
  const gchar* given = self->definition->persist_name;
  if (given != NULL) return g_strdup_printf("c2watch(%s)", given);
  gchar* rule = cfg_tree_get_rule_name(&cfg->tree, ENC_PARSER, self->super.super.expr_node);
  gchar* name = g_strdup_printf("c2watch(%s)", rule);
  g_free(rule);
  return name;
}

static gboolean init(LogPipe* s) {
  C2watchParser* self = (C2watchParser*)s;
  GlobalConfig* cfg = log_pipe_get_config(s);
  self->detector = pair_handle(self, "detector");
  self->id = pair_handle(self, "id");
  self->severity = pair_handle(self, "severity");
  self->finding = pair_handle(self, "finding");

  gchar* name = state_name(self, cfg);
  const gboolean ready = c2watch_definition_activate(self->definition, cfg, name, emit_alone, self);
  g_free(name);
  return ready && log_parser_init_method(s);
}

static gboolean deinit(LogPipe* s) {
  C2watchParser* self = (C2watchParser*)s;
  c2watch_definition_deactivate(self->definition, log_pipe_get_config(s));
  return log_parser_deinit_method(s);
}

static void free_parser(LogPipe* s) {
  C2watchParser* self = (C2watchParser*)s;
  c2watch_definition_unref(self->definition);
  log_parser_free_method(s);
}

/* syslog-ng refuses a configuration in which two elements have the same name. */
static const gchar* persist_name(const LogPipe* s) {
  return ((const C2watchParser*)s)->definition->name;
}

static LogPipe* clone_parser(LogPipe* s);

static C2watchParser* parser_new(GlobalConfig* cfg, C2watchDefinition* definition) {
  C2watchParser* self = g_new0(C2watchParser, 1);
  log_parser_init_instance(&self->super, cfg);
  self->super.process = process;
  self->super.super.init = init;
  self->super.super.deinit = deinit;
  self->super.super.free_fn = free_parser;
  self->super.super.clone = clone_parser;
  self->super.super.generate_persist_name = persist_name;
  self->definition = definition;
  return self;
}

static LogPipe* clone_parser(LogPipe* s) {
  C2watchParser* self = (C2watchParser*)s;
  C2watchParser* cloned = parser_new(s->cfg, c2watch_definition_ref(self->definition));
  cloned->super.super.generate_persist_name = NULL; /* the name is the original's */
  log_parser_set_template(&cloned->super, log_template_ref(self->super.template));
  return &cloned->super.super;
}

LogParser* c2watch_parser_new(GlobalConfig* cfg) {
  return &parser_new(cfg, c2watch_definition_new())->super;
}

C2watchDefinition* c2watch_parser_definition(LogParser* parser) {
  return ((C2watchParser*)parser)->definition;
}

gchar* c2watch_parser_check(LogParser* parser) {
  if (parser->template != NULL && c2watch_parser_definition(parser)->fields_prefix != NULL)
    return g_strdup(
        "give either template() or fields(): text and name-value pairs exclude each other");
  return NULL;
}
