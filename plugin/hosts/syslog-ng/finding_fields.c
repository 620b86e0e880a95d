#include "finding_fields.h"

#include <stdbool.h>
#include <string.h>

/* The string that opens at `at` (a quote); *after is set behind its closing quote. */
static FindingText read_string(const char* at, const char* end, const char** after) {
  const FindingText none = {"", 0};
  FindingText text = {at + 1, 0};
  bool escaped = false;
  const char* p = at + 1;
  while (p < end && *p != '"') {
    escaped = escaped || *p == '\\';
    p += *p == '\\' ? 2 : 1;
  }
  if (p >= end) {
    *after = end;
    return none;
  }
  *after = p + 1;
  text.len = (size_t)(p - text.data);
  return escaped ? none : text;
}

static FindingText* field_named(FindingFields* out, FindingText name) {
  const struct {
    const char* name;
    FindingText* field;
  } wanted[] = {{"detector", &out->detector},
                {"id", &out->id},
                {"severity", &out->severity},
                {"host", &out->host}};
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; ++i)
    if (strlen(wanted[i].name) == name.len && memcmp(wanted[i].name, name.data, name.len) == 0)
      return wanted[i].field;
  return NULL;
}

void finding_fields_read(const char* json, size_t len, FindingFields* out) {
  const FindingText none = {"", 0};
  *out = (FindingFields){none, none, none, none};

  if (len == 0) return;
  const char* end = json + len;
  int depth = 0;
  FindingText* awaiting = NULL; /* the field whose ':' we have passed */
  FindingText name = none;      /* the last string at the top level: a name if ':' follows */
  for (const char* p = json; p < end;) {
    switch (*p) {
      case '"': {
        const FindingText text = read_string(p, end, &p);
        if (depth == 1 && awaiting != NULL) *awaiting = text;
        name = depth == 1 ? text : none;
        awaiting = NULL;
        continue;
      }
      case ':':
        awaiting = depth == 1 ? field_named(out, name) : NULL;
        break;
      case '{':
      case '[':
        ++depth;
        awaiting = NULL;
        break;
      case '}':
      case ']':
        --depth;
        break;
      case ',':
        awaiting = NULL;
        break;
      default:
        break;
    }
    ++p;
  }
}
