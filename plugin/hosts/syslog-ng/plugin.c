/* What syslog-ng looks for in a module: module_info, and the function that registers the plugins.
 * Apart from keywords.c: the host's plugin-types.h and our generated grammar header define the same
 * enumerators and must not meet in one file. */
#include <cfg-parser.h>
#include <plugin-types.h>
#include <plugin.h>
#include <syslog-ng-config.h>

#include "abi/c2watch.h"

#define C2WATCH_EXPORT __attribute__((visibility("default")))

extern CfgParser c2watch_block_parser;

static Plugin plugins[] = {{
    .type = LL_CONTEXT_PARSER,
    .name = "c2watch",
    .parser = &c2watch_block_parser,
}};

C2WATCH_EXPORT gboolean c2watch_syslogng_module_init(PluginContext* context, CfgArgs* args);

gboolean c2watch_syslogng_module_init(PluginContext* context, CfgArgs* args) {
  (void)args;
  plugin_register(context, plugins, G_N_ELEMENTS(plugins));
  return TRUE;
}

extern C2WATCH_EXPORT const ModuleInfo module_info;

const ModuleInfo module_info = {
    .canonical_name = "c2watch-syslogng",
    .version = C2WATCH_MODULE_VERSION " for syslog-ng " SYSLOG_NG_VERSION,
    .description = "Finds the use of adversary-rented servers in Sysmon and Security events.",
    .core_revision = SYSLOG_NG_SOURCE_REVISION,
    .plugins = plugins,
    .plugins_len = G_N_ELEMENTS(plugins),
};
