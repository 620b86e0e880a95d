/* finding_fields: the few members of a finding's JSON that become name-value pairs of a message.
 *
 *   FindingFields fields;
 *   finding_fields_read(json, len, &fields);
 *   if (fields.host.len != 0) log_msg_set_value(message, LM_V_HOST, fields.host.data, ...);
 *
 * The JSON is our own engine's: one object, already valid. Only strings at its top level are taken,
 * and only those without escapes; what is absent, nested or escaped reads as empty.
 *
 * COST      one pass over the finding, no allocation.
 * LIFETIME  the texts point into the JSON.
 */
#pragma once

#include <stddef.h>

typedef struct FindingText {
  const char* data;
  size_t len;
} FindingText;

typedef struct FindingFields {
  FindingText detector;
  FindingText id;
  FindingText severity;
  FindingText host;
} FindingFields;

void finding_fields_read(const char* json, size_t len, FindingFields* out);
