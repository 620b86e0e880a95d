/* The words of c2watch() for syslog-ng's lexer, and the parser that the plugin table points to. */
#pragma once

#include <cfg-lexer.h>
#include <cfg-parser.h>
#include <parser/parser-expr.h>

extern CfgParser c2watch_block_parser;

CFG_PARSER_DECLARE_LEXER_BINDING(c2watch_, C2WATCH_, LogParser**)
