/* What this filter knows of Fluent Bit, 2.2.0 to 5.x: the few facts that did not change in all that
 * time, declared here because the host's own headers are not installed with it, and structures
 * other than these do change, in patch releases too.
 *
 * The plugin structure is copied by the host with its own idea of the size: members were appended
 * to its tail (3.2.0: a notification callback), so ours ends in zeroes for what the host may read.
 * Up to 2.1.x there was no pre-run callback: there the host takes pre_run for init, and init for
 * filter. filter.c is built to survive that and to say so.
 */
#ifndef C2WATCH_FLUENT_BIT_HOST_H
#define C2WATCH_FLUENT_BIT_HOST_H

#include <stddef.h>

struct flb_config;
struct flb_filter_instance;
struct flb_input_instance;

enum { FLB_FILTER_MODIFIED = 1, FLB_FILTER_NOTOUCH = 2 };
enum { FLB_FILTER_LOGS = 1 };
enum { FLB_LOG_ERROR = 1, FLB_LOG_WARN = 2, FLB_LOG_INFO = 3 };

struct flb_filter_plugin {
  int event_type; /* FLB_FILTER_LOGS */
  int flags;      /* unused by the host */
  const char* name;
  const char* description;
  void* config_map; /* NULL: the host accepts any property, and we check those that we know */
  int (*cb_pre_run)(struct flb_filter_instance*, struct flb_config*, void*);
  int (*cb_init)(struct flb_filter_instance*, struct flb_config*, void*);
  /* The output buffer comes from malloc; the host frees it. */
  int (*cb_filter)(const void* data, size_t bytes, const char* tag, int tag_len, void** out,
                   size_t* out_bytes, struct flb_filter_instance*, struct flb_input_instance*,
                   void* context, struct flb_config*);
  int (*cb_exit)(void* context, struct flb_config*); /* only if a context was set */
  void* later_members[32];
};

/* Exported by the executable. NULL when the property is not set. The host takes alias, match,
 * match_regex, log_level and log_suppress_interval out for itself: they are never properties. */
const char* flb_filter_get_property(const char* key, struct flb_filter_instance* instance);
/* The alias; without one "c2watch.N", N being the filter's place in the pipeline. */
const char* flb_filter_name(struct flb_filter_instance* instance);
void flb_filter_set_context(struct flb_filter_instance* instance, void* context);
void flb_log_print(int type, const char* file, int line, const char* format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
