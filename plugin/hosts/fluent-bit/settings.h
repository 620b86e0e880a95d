/* What the user wrote in Fluent Bit's config about one instance.
 *
 *   profile      default | seed | lab; "default" unless config_file says otherwise
 *   config_file  a c2watch config, instead of profile
 *   tag_records  on | off (off): whether a record that raised a finding gets a field that says so
 *   clock        host | events (host): whether the engine hears the machine's time, or lives by the
 *                records' own, as for replaying what was stored
 *   alias        Fluent Bit's own; here also the name under which state survives a hot reload
 */
#ifndef C2WATCH_FLUENT_BIT_SETTINGS_H
#define C2WATCH_FLUENT_BIT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "host.h"

typedef struct filter_settings {
  const struct flb_filter_instance* instance;
  char* alias;  /* "" without one */
  char* config; /* JSON, checked */
  size_t config_len;
  bool tag_records;
  bool host_clock;
} filter_settings;

/* False: `why` is a sentence for the user. */
bool read_settings(struct flb_filter_instance* instance, filter_settings* out, char* why,
                   size_t why_size);
void free_settings(filter_settings* s);

#endif
