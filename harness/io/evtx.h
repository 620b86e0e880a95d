// Windows event log files, rendered as the Event XML that Windows itself would show.
#pragma once

#include <string>
#include <string_view>

#include "harness/io/source.h"

namespace c2watch::harness {

inline constexpr std::string_view kEvtxMagic{"ElfFile\0", 8};

// Hands every record of the .evtx file at `path` to the sink, in file order; a record's offset is
// its index. Without libevtx at build time, says so as trouble.
void read_evtx(const std::string& path, SourceSink& sink);

}  // namespace c2watch::harness
