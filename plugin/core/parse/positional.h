// Positional: values that arrive without their names.
//
// A count that fits a known schema is believed only if every value looks like its column. Forwarded
// events lose their empty values and the rest shifts; then the values are laid over the full schema
// with gaps, and taken if there is exactly one way to do so.
//
// COST      a known schema: about 100 ns. A shifted record: a few microseconds, bounded by
//           kMaxAlignmentSteps.
#pragma once

#include "core/model/event.h"
#include "core/parse/raw_record.h"

namespace c2watch::parse {

// Names the inserts of `record`. False, and nothing changed, if no schema fits.
bool name_inserts(Kind kind, RawRecord& record);

// The same for shifted values.
bool align_inserts(Kind kind, RawRecord& record);

}  // namespace c2watch::parse
