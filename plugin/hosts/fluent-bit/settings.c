#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "abi/c2watch.h"

enum { MAX_CONFIG_BYTES = 4 * 1024 * 1024 };

static bool read_file(const char* path, filter_settings* out, char* why, size_t why_size) {
  FILE* f = fopen(path, "rb");
  if (f == NULL) {
    snprintf(why, why_size, "config_file %s: %s", path, strerror(errno));
    return false;
  }
  out->config = malloc(MAX_CONFIG_BYTES + 1);
  out->config_len = out->config == NULL ? 0 : fread(out->config, 1, MAX_CONFIG_BYTES + 1, f);
  const bool failed = out->config == NULL || ferror(f);
  fclose(f);
  if (failed || out->config_len > MAX_CONFIG_BYTES) {
    snprintf(
        why, why_size, "config_file %s: %s", path,
        failed ? "cannot be read" : "is larger than 4 MiB; allowlists belong in fewer entries");
    return false;
  }
  char* fitted = realloc(out->config, out->config_len + 1);
  if (fitted != NULL) out->config = fitted;
  return true;
}

static bool use_profile(const char* profile, filter_settings* out, char* why, size_t why_size) {
  if (strcmp(profile, "default") != 0 && strcmp(profile, "seed") != 0 &&
      strcmp(profile, "lab") != 0) {
    snprintf(why, why_size, "profile '%s' is unknown; choose default, seed or lab", profile);
    return false;
  }
  char text[64];
  out->config_len = (size_t)snprintf(text, sizeof text, "{\"extends\": \"%s\"}", profile);
  out->config = strdup(text);
  if (out->config == NULL) snprintf(why, why_size, "out of memory");
  return out->config != NULL;
}

static bool read_switch(const char* text, const char* name, bool* out, char* why, size_t why_size) {
  if (text == NULL) return true;
  static const char* const kOn[] = {"on", "true", "yes"};
  static const char* const kOff[] = {"off", "false", "no"};
  for (int i = 0; i < 3; ++i) {
    if (strcasecmp(text, kOn[i]) == 0) return *out = true, true;
    if (strcasecmp(text, kOff[i]) == 0) return *out = false, true;
  }
  snprintf(why, why_size, "%s '%s' is neither on nor off", name, text);
  return false;
}

static bool read_clock(const char* text, bool* host_clock, char* why, size_t why_size) {
  *host_clock = text == NULL || strcmp(text, "host") == 0;
  if (*host_clock || strcmp(text, "events") == 0) return true;
  snprintf(why, why_size, "clock '%s' is unknown; choose host or events", text);
  return false;
}

/* "" for a name that the host made up: it changes when another filter is put in front. */
static const char* alias_of(struct flb_filter_instance* instance) {
  static const char kMadeUp[] = "c2watch.";
  const char* name = flb_filter_name(instance);
  if (strncmp(name, kMadeUp, sizeof kMadeUp - 1) != 0) return name;
  const char* number = name + sizeof kMadeUp - 1;
  return number[0] != '\0' && number[strspn(number, "0123456789")] == '\0' ? "" : name;
}

bool read_settings(struct flb_filter_instance* instance, filter_settings* out, char* why,
                   size_t why_size) {
  const char* profile = flb_filter_get_property("profile", instance);
  const char* file = flb_filter_get_property("config_file", instance);
  out->instance = instance;
  if (profile != NULL && file != NULL) {
    snprintf(why, why_size,
             "profile and config_file exclude each other: the file says \"extends\"");
    return false;
  }
  if (!read_switch(flb_filter_get_property("tag_records", instance), "tag_records",
                   &out->tag_records, why, why_size) ||
      !read_clock(flb_filter_get_property("clock", instance), &out->host_clock, why, why_size)) {
    return false;
  }
  out->alias = strdup(alias_of(instance));
  if (out->alias == NULL) {
    snprintf(why, why_size, "out of memory");
    return false;
  }
  const bool read = file != NULL
                        ? read_file(file, out, why, why_size)
                        : use_profile(profile != NULL ? profile : "default", out, why, why_size);
  if (!read) return false;

  char reason[400];
  if (c2watch_check(out->config, out->config_len, reason, sizeof reason) == C2WATCH_OK) return true;
  snprintf(why, why_size, "%s%s%s", file != NULL ? file : "", file != NULL ? ": " : "", reason);
  return false;
}

void free_settings(filter_settings* s) {
  free(s->alias);
  free(s->config);
  *s = (filter_settings){0};
}
