/* The c2watch() parser: looks at each record, tags those that raise findings, and sends the
 * findings out as messages. README.md tells what a user sees.
 *
 * ORDER     a finding reaches the next element of the log path before the record that triggered it.
 * LOSS      such a finding holds the acknowledgement of its trigger: the source does not move on
 *           before the finding is delivered, so after a crash both come again.
 * UNTOUCHED a record that raises nothing, or cannot be read, is not even copied.
 */
#pragma once

#include <parser/parser-expr.h>

#include "definition.h"

LogParser* c2watch_parser_new(GlobalConfig* cfg);

/* What the grammar fills in. */
C2watchDefinition* c2watch_parser_definition(LogParser* parser);

/* After the last option: NULL, or which options exclude each other (the caller frees it). */
gchar* c2watch_parser_check(LogParser* parser);
