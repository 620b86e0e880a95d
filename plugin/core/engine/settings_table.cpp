// Every setting there is, in the order of the shipped profiles. One row says all about one setting.
#include "core/engine/setting.h"

namespace c2watch::engine {
namespace {

using S = EngineSettings;

constexpr Setting kSettings[] = {
    {.path = "lateness_seconds",
     .value = at<&S::lateness>(),
     .range = {0, 86'400},
     .unit = "seconds",
     .description = "Hours close this long after they end, so that events which arrive late or out "
                    "of order still count.",
     .reason = "Twice the longest delay seen in real captures, where late batches trail by 150 s."},
    {.path = "max_future_seconds",
     .value = at<&S::max_future>(),
     .range = {0, 86'400},
     .unit = "seconds",
     .description = "An event further than this ahead of the collector's own time is not used, and "
                    "counted as bad_time.",
     .reason = "Kerberos refuses machines whose clocks differ by more than 5 minutes, so members "
               "of a domain do not."},
    {.path = "repeats.drop",
     .value = at<&S::drop_repeats>(),
     .description = "Records that were counted already (same computer, channel, record id and "
                    "time) are not counted again.",
     .reason = "Collectors deliver again after a crash or a retry; counting twice makes beacons of "
               "ordinary traffic. The seed's query counts every row.",
     .seed = "false"},
    {.path = "repeats.window_records",
     .value = at<&S::repeats, &SeenRecordsSettings::window_records>(),
     .range = {64, 65'536},
     .unit = "records",
     .description = "Records remembered for each computer and channel; rounded up to a power of "
                    "two.",
     .reason = "A quarter of an hour of a busy workstation; collectors retry within minutes."},
    {.path = "repeats.max_streams",
     .value = at<&S::repeats, &SeenRecordsSettings::max_streams>(),
     .range = {16, 1'048'576},
     .unit = "computers times channels",
     .description = "Computers and channels remembered at once.",
     .reason = "Five thousand computers with three channels each, in at most 36 MB."},
    {.path = "output.format",
     .value = at<&S::format>(),
     .description = "The form of a finding: our own JSON, OCSF Detection Finding, Elastic Common "
                    "Schema, or flat for a Sumo Logic HTTP source.",
     .reason = "Only the native form carries everything."},
};

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

}  // namespace c2watch::engine
