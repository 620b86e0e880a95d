#include "keywords.h"

#include "c2watch-grammar.h"

int c2watch_parse(CfgLexer* lexer, LogParser** instance, gpointer arg);

/* The lexer turns '-' into '_' before it looks a word up. */
static CfgLexerKeyword c2watch_keywords[] = {
    {"c2watch", KW_C2WATCH, 0, 0},
    {"profile", KW_PROFILE, 0, 0},
    {"config_file", KW_CONFIG_FILE, 0, 0},
    {"prefix", KW_PREFIX, 0, 0},
    {"fields", KW_FIELDS, 0, 0},
    {"inject_mode", KW_INJECT_MODE, 0, 0},
    {"clock", KW_CLOCK, 0, 0},
    {"persist_name", KW_PERSIST_NAME, 0, 0},
    {NULL, 0, 0, 0},
};

static gint parse_block(CfgLexer* lexer, gpointer* instance, gpointer arg) {
  return c2watch_parse(lexer, (LogParser**)instance, arg);
}

static void drop_block(gpointer parser) { log_pipe_unref((LogPipe*)parser); }

CfgParser c2watch_block_parser = {
    .name = "c2watch",
    .keywords = c2watch_keywords,
    .parse = parse_block,
    .cleanup = drop_block,
};

CFG_PARSER_IMPLEMENT_LEXER_BINDING(c2watch_, C2WATCH_, LogParser**)
