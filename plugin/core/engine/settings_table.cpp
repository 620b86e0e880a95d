// Every setting there is, in the order of the shipped profiles. One row says all about one setting.
#include <algorithm>
#include <iterator>

#include "core/engine/setting.h"

namespace c2watch::engine {
namespace {

using S = EngineSettings;

using analytics::C2PortSettings;
using analytics::DnsBurstSettings;
using analytics::EpisodeSettings;
using analytics::HourlyBeaconSettings;
using analytics::IntervalBeaconSettings;
using analytics::LineageSettings;
using analytics::ScopeSettings;
using analytics::TaskCallbackSettings;

constexpr double kMinute = 60, kDay = 86'400;     // seconds
constexpr double kMiB = 1 << 20, kGiB = 1 << 30;  // bytes

constexpr Setting kSettings[] = {
    {.path = "lateness_seconds",
     .value = at<&S::lateness>(),
     .range = {0, 86'400},
     .unit = "seconds",
     .description = "Detectors hear of the time this late, so that events which arrive late or out "
                    "of order still find their window open.",
     .reason = "Twice the longest delay seen in real captures, where late batches trail by 150 s."},
    {.path = "reorder_seconds",
     .value = at<&S::reorder>(),
     .range = {0, 3'600},
     .unit = "seconds",
     .description = "Events are held back this long by their own clock, and seen in the order of "
                    "their times: findings then do not depend on the order in which events within "
                    "that bound arrive. A finding comes that much later, with another record.",
     .reason = "Off: sooner counts for more, and detectors bear disorder. On where two runs must "
               "agree to the byte."},
    {.path = "reorder_bytes",
     .value = at<&S::reorder_bytes>(),
     .range = {65'536, kGiB},
     .unit = "bytes",
     .description = "The most that is held back; beyond, the earliest events go early.",
     .reason = "20,000 events; a snapshot writes them at one go, in 5 ms."},
    {.path = "max_future_seconds",
     .value = at<&S::max_future>(),
     .range = {0, 86'400},
     .unit = "seconds",
     .description = "An event further than this ahead of the collector's own time is not used, and "
                    "counted as bad_time.",
     .reason = "Kerberos refuses machines whose clocks differ by more than 5 minutes, so members "
               "of a domain do not."},
    {.path = "metrics_seconds",
     .value = at<&S::metrics>(),
     .range = {0, 86'400},
     .unit = "seconds",
     .description = "This often, by the collector's clock, the counters go where findings go, as a "
                    "record of schema c2watch.metrics/1; 0 for never.",
     .reason = "Off: nobody's index receives what was not asked for. 60 suits dashboards."},
    {.path = "repeats.drop",
     .value = at<&S::drop_repeats>(),
     .description = "Records that were counted already (same computer, channel, record id and "
                    "time) are not counted again.",
     .reason = "Collectors deliver again after a crash or a retry; counting twice makes beacons of "
               "ordinary traffic. The seed's query counts every row."},
    {.path = "repeats.window_records",
     .value = at<&S::repeats, &SeenRecordsSettings::window_records>(),
     .range = {64, 1'048'576},
     .unit = "records",
     .description = "Record ids remembered for each computer and channel, as far as they are "
                    "neighbours: 16 share a page, and a stream has as many pages as that makes.",
     .reason =
         "What a collector's default queue delivers again after a crash, 60,000 lines, even if "
         "all are of one machine."},
    {.path = "repeats.max_bytes",
     .value = at<&S::repeats, &SeenRecordsSettings::max_bytes>(),
     .range = {65'536, 4 * kGiB},
     .unit = "bytes",
     .description = "Memory for all of them. When it is full, the computer and channel with most "
                    "gives up its oldest.",
     .reason = "9 million records, or a thousand of each of 8,192 computers and channels."},
    {.path = "repeats.max_streams",
     .value = at<&S::repeats, &SeenRecordsSettings::max_streams>(),
     .range = {16, 1'048'576},
     .unit = "computers times channels",
     .description = "Computers and channels remembered at once.",
     .reason = "Four thousand computers with Sysmon and Security."},

    {.path = "checkpoint.path",
     .value = at<&S::checkpoint, &CheckpointSettings::path>(),
     .description = "The file that keeps what the detectors know over a restart; \"\" for none. "
                    "Its folder must exist, and nobody but the collector should be able to write "
                    "there. Names beside it (.new, .lock, .journal-N, .damaged-N) are used too.",
     .reason = "Nobody's disk is written to without being asked."},
    {.path = "checkpoint.every_seconds",
     .value = at<&S::checkpoint, &CheckpointSettings::every>(),
     .range = {10, 86'400},
     .unit = "seconds",
     .description = "A snapshot of everything is written this often.",
     .reason = "What happened since is replayed in a second; a disk hardly notices 100 MB every "
               "five minutes."},
    {.path = "checkpoint.journal",
     .value = at<&S::checkpoint, &CheckpointSettings::journal>(),
     .description = "Each record that detectors use is kept until the next snapshot, so that a "
                    "crash loses none that the collector has forgotten already.",
     .reason = "Collectors acknowledge a record at once: without it a crash loses up to "
               "every_seconds of them."},
    {.path = "checkpoint.journal_bytes",
     .value = at<&S::checkpoint, &CheckpointSettings::journal_bytes>(),
     .range = {kMiB, 4 * kGiB},
     .unit = "bytes",
     .description = "With so many kept, the next snapshot comes early. Four times as many is the "
                    "most.",
     .reason = "150,000 records, replayed in half a second."},

    // Which destinations and processes all detectors look at.
    {.path = "scope.matching",
     .value = at<&S::scope, &ScopeSettings::matching>(),
     .description = "How the three lists are read: as text patterns with '*', byte by byte, or as "
                    "networks, domains and file names.",
     .reason = "Text patterns have holes: \"*live.com\" drops olive.com, and \"10.*\" is no help "
               "against ::ffff:10.0.0.1. The seed has them, so profile seed keeps them."},
    {.path = "scope.excluded_networks",
     .value = at<&S::scope, &ScopeSettings::excluded_networks>(),
     .unit = "networks",
     .description = "Destinations that are not looked at.",
     .reason = "Nobody rents a server at a special-purpose address (RFC 6890). Profile lab leaves "
               "loopback and private networks in, where tests have theirs."},
    {.path = "scope.excluded_domains",
     .value = at<&S::scope, &ScopeSettings::excluded_domains>(),
     .unit = "domains",
     .description = "Destinations that are not looked at, each with every name below it.",
     .reason = "Windows' own services. The seed also excludes clouds in which anyone can rent a "
               "server; that is what this detection is about, so only profile seed does."},
    {.path = "scope.excluded_processes",
     .value = at<&S::scope, &ScopeSettings::excluded_processes>(),
     .unit = "file names",
     .description = "Programs that are not looked at.",
     .reason = "Browsers, mail and chat talk to everybody all day. Whole file names in any case: "
               "the seed's patterns miss OUTLOOK.EXE and drop notchrome.exe."},

    {.path = "lineage.processes",
     .value = at<&S::lineage, &LineageSettings::processes>(),
     .range = {64, 16'777'216},
     .unit = "processes",
     .description = "Started processes remembered, to tell later where a connection came from.",
     .reason = "What 200 busy hosts start in half an hour; script engines that come back to the "
               "network stay longer."},
    {.path = "lineage.text_bytes",
     .value = at<&S::lineage, &LineageSettings::text_bytes>(),
     .range = {65'536, 4 * kGiB},
     .unit = "bytes",
     .description = "Memory for their names and command lines.",
     .reason = "512 bytes a process; ordinary ones share their names and need none."},

    {.path = "detectors.hourly_beacon.enabled",
     .value = at<&S::hourly_beacon_enabled>(),
     .description = "Are the hourly counts of a connection too even? The seed's query.",
     .reason = "It is what everything began with."},
    {.path = "detectors.hourly_beacon.application",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::application>(),
     .description = "Whose connection it is: the record's application only, or else the image.",
     .reason = "Raw Sysmon never fills application, which kills the seed's process exclusions and "
               "its suspicious-process test there. Profile seed keeps that."},
    {.path = "detectors.hourly_beacon.source_fallback",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::source_fallback>(),
     .description = "A row without a source host gets its Computer.",
     .reason = "Sysmon leaves SourceHostname empty when it does not resolve; without this all such "
               "hosts become one. Profile seed takes rows as they are."},
    {.path = "detectors.hourly_beacon.initiated_only",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::initiated_only>(),
     .description = "Of EID 3, only connections that this host opened.",
     .reason = "A fifth of EID 3 in real captures is inbound. The seed's query does not look."},
    {.path = "detectors.hourly_beacon.window_hours",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::window_hours>(),
     .range = {1, 168},
     .unit = "hours",
     .description = "How many clock hours, ending with the current one, are counted.",
     .reason = "A day: the time range that the seed's query is scheduled with."},
    {.path = "detectors.hourly_beacon.from",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::from>(),
     .description = "For batch scans: with `to`, a fixed window that begins here.",
     .reason = "A collector's window slides."},
    {.path = "detectors.hourly_beacon.to",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::to>(),
     .description = "For batch scans: with `from`, a fixed window that ends before this.",
     .reason = "A collector's window slides."},
    {.path = "detectors.hourly_beacon.min_total",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::min_total>(),
     .range = {1, 1e9},
     .unit = "connections",
     .description = "Fewer in the window are not considered.",
     .reason = "The seed's number."},
    {.path = "detectors.hourly_beacon.min_hours",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::min_hours>(),
     .range = {1, 168},
     .unit = "hours",
     .description = "Connections in fewer different hours are not considered.",
     .reason = "The seed's number: one hour says nothing about evenness."},
    {.path = "detectors.hourly_beacon.max_ratio_percent",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::max_ratio_percent>(),
     .range = {1, 200},
     .unit = "percent",
     .description = "Below this ratio of deviation to mean, hourly counts are a beacon.",
     .reason = "The seed's number."},
    {.path = "detectors.hourly_beacon.deviation",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::deviation>(),
     .description = "The standard deviation of a whole population, or of a sample.",
     .reason = "Sumo does not say which its stddev is; population flags more."},
    {.path = "detectors.hourly_beacon.partial_edge_hours",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::partial_edge_hours>(),
     .description = "The first and the last hour may be cut short: the hours between may decide "
                    "alone.",
     .reason = "A beacon that starts at ten to twelve is no less even for it. The seed's query "
               "counts all hours alike."},
    {.path = "detectors.hourly_beacon.volume_above",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::volume_above>(),
     .range = {0, 1e9},
     .unit = "connections",
     .description = "More in the window raise the risk score by one.",
     .reason = "The seed's number."},
    {.path = "detectors.hourly_beacon.volume_alone",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::volume_alone>(),
     .description = "Whether many connections alone make a finding.",
     .reason = "Every busy program has many. In the seed's query they do."},
    {.path = "detectors.hourly_beacon.severity",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::severity>(),
     .description =
         "What decides how grave a finding is: the risk score alone, or, unless the process "
         "is suspicious, who calls where.",
     .reason =
         "Evenly busy programs are what every office is full of. By the risk score alone they "
         "are medium or high, as the seed has them.",
     .only_told = true},
    {.path = "detectors.hourly_beacon.capacity",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::capacity>(),
     .range = {1, kGiB},
     .unit = "keys",
     .description = "Hosts, applications and destinations remembered at once.",
     .reason = "What 300 workstations make in a day, in 36 MB."},
    {.path = "detectors.hourly_beacon.max_detail_bytes",
     .value = at<&S::hourly_beacon, &HourlyBeaconSettings::max_detail_bytes>(),
     .range = {16 * kMiB, 64 * kGiB},
     .unit = "bytes",
     .description = "Memory for their names, and for hours and ports beyond the first.",
     .reason = "250 bytes for each of 250,000 keys."},

    {.path = "detectors.interval_beacon.enabled",
     .value = at<&S::interval_beacon_enabled>(),
     .description = "Would random traffic look this regular?",
     .reason = "Hourly counts say nothing about regularity: random traffic of 6 an hour passes the "
               "seed's test 94 times in 100. No part of the seed's query."},
    {.path = "detectors.interval_beacon.fp_budget",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::fp_budget>(),
     .range = {0.000001, 0.5},
     .unit = "of keys a day",
     .description = "Share of keys with random traffic that may seem regular.",
     .reason = "With the context that a finding needs besides, less than one a day on a thousand "
               "hosts; at 0.001 wide jitter takes another dozen check-ins."},
    {.path = "detectors.interval_beacon.coalesce_seconds",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::coalesce>(),
     .range = {0, 60},
     .unit = "seconds",
     .description = "Connections this close together are one check-in.",
     .reason = "Retries and pairs of connections; the fastest framework sleeps 2 s."},
    {.path = "detectors.interval_beacon.min_check_ins",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::min_check_ins>(),
     .range = {5, 64},
     .unit = "check-ins",
     .description = "So many before the first look at a key that is not slow.",
     .reason = "Atomic test 1 has five."},
    {.path = "detectors.interval_beacon.slow_gap_seconds",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::slow_gap>(),
     .range = {kMinute, kDay},
     .unit = "seconds",
     .description = "A key this slow is judged at 3 and 4 check-ins too.",
     .reason = "At 20 minutes the fifth check-in is more than an hour away."},
    {.path = "detectors.interval_beacon.max_silence_seconds",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::max_silence>(),
     .range = {3600, 20 * kDay},
     .unit = "seconds",
     .description = "A key begins anew after this.",
     .reason = "A night, and the day before a first login."},
    {.path = "detectors.interval_beacon.report_from",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::report_from>(),
     .description = "Lowest severity that is told.",
     .reason = "Informational is regular without context, which every updater is."},
    {.path = "detectors.interval_beacon.dns",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::dns>(),
     .description = "Whether lookups (EID 22) are watched as well as connections.",
     .reason = "Implants that speak DNS open no connection of their own."},
    {.path = "detectors.interval_beacon.usual_ports",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::usual_ports>(),
     .range = {1, 65'535},
     .unit = "ports",
     .description = "Ports that count nothing towards severity.",
     .reason = "Web, mail, names, time, FTP, SSH, Squid, and the push services of phones."},
    {.path = "detectors.interval_beacon.rare_hosts",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::rare_hosts>(),
     .range = {1, 8},
     .unit = "hosts",
     .description = "A destination of at most so many hosts is rare.",
     .reason = "An update server is everybody's, an implant's server is one victim's or two's."},
    {.path = "detectors.interval_beacon.min_fleet",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::min_fleet>(),
     .range = {1, 1000},
     .unit = "hosts",
     .description = "With fewer hosts, rarity counts nothing.",
     .reason = "Among a few hosts everything is rare."},
    {.path = "detectors.interval_beacon.episode.quiet_seconds",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::episode, &EpisodeSettings::quiet>(),
     .range = {kMinute, 30 * kDay},
     .unit = "seconds",
     .description = "After this long without news the finding is over.",
     .reason = "The longest sleep between check-ins that frameworks ship with."},
    {.path = "detectors.interval_beacon.episode.re_alert_seconds",
     .value =
         at<&S::interval_beacon, &IntervalBeaconSettings::episode, &EpisodeSettings::re_alert>(),
     .range = {kMinute, 30 * kDay},
     .unit = "seconds",
     .description = "An open finding without news is told again after this long.",
     .reason = "Once a day: what is still open must not be forgotten."},
    {.path = "detectors.interval_beacon.capacity",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::capacity>(),
     .range = {64, kGiB},
     .unit = "keys",
     .description = "Hosts, processes and destinations remembered at once.",
     .reason = "30 MB, or 150 if every one of them is busy."},
    {.path = "detectors.interval_beacon.max_destinations",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::max_destinations>(),
     .range = {64, kGiB},
     .unit = "destinations",
     .description = "Destinations whose number of hosts is counted.",
     .reason = "6 MB."},
    {.path = "detectors.interval_beacon.max_open",
     .value = at<&S::interval_beacon, &IntervalBeaconSettings::max_open>(),
     .range = {16, 1'000'000},
     .unit = "findings",
     .description = "Open findings at once.",
     .reason = "12 MB."},

    {.path = "detectors.dns_burst.enabled",
     .value = at<&S::dns_burst_enabled>(),
     .description = "Does a script engine look up one domain after the other?",
     .reason = "Implants try their list of servers. No part of the seed's query."},
    {.path = "detectors.dns_burst.distinct_domains",
     .value = at<&S::dns_burst, &DnsBurstSettings::distinct_domains>(),
     .range = {2, 16},
     .unit = "registered domains",
     .description = "Fires on this many, when at least one lookup failed.",
     .reason = "An administrator's script talks to one or two parties; atomic test 2 tries five."},
    {.path = "detectors.dns_burst.window_seconds",
     .value = at<&S::dns_burst, &DnsBurstSettings::window>(),
     .range = {10, kDay},
     .unit = "seconds",
     .description = "Within this time.",
     .reason = "A failing lookup takes up to 15 s, and an implant waits between its servers."},
    {.path = "detectors.dns_burst.lateness_seconds",
     .value = at<&S::dns_burst, &DnsBurstSettings::lateness>(),
     .range = {0, kDay},
     .unit = "seconds",
     .description = "Lookups that arrive this late still count. At most window_seconds.",
     .reason = "Twice the 150 s by which late batches trail in real captures."},
    {.path = "detectors.dns_burst.corroboration_seconds",
     .value = at<&S::dns_burst, &DnsBurstSettings::corroboration>(),
     .range = {1, kMinute},
     .unit = "seconds",
     .description = "A DNS-Client event this close to Sysmon's speaks of the same lookup.",
     .reason = "Sysmon logs when the answer is there, the DNS client when it gives up."},
    {.path = "detectors.dns_burst.episode.quiet_seconds",
     .value = at<&S::dns_burst, &DnsBurstSettings::episode, &EpisodeSettings::quiet>(),
     .range = {kMinute, 30 * kDay},
     .unit = "seconds",
     .description = "After this long without news the finding is over.",
     .reason = "The longest sleep between check-ins that frameworks ship with."},
    {.path = "detectors.dns_burst.episode.re_alert_seconds",
     .value = at<&S::dns_burst, &DnsBurstSettings::episode, &EpisodeSettings::re_alert>(),
     .range = {kMinute, 30 * kDay},
     .unit = "seconds",
     .description = "An open finding without news is told again after this long.",
     .reason = "Once a day: what is still open must not be forgotten."},
    {.path = "detectors.dns_burst.max_keys",
     .value = at<&S::dns_burst, &DnsBurstSettings::max_keys>(),
     .range = {16, 1'000'000},
     .unit = "processes",
     .description = "Programs and machines remembered at once.",
     .reason = "Script engines that look names up, on a thousand machines at once."},

    {.path = "detectors.c2_port.enabled",
     .value = at<&S::c2_port_enabled>(),
     .description = "Does a script engine connect to a port where it has no business?",
     .reason = "Refused connections count as well. No part of the seed's query."},
    {.path = "detectors.c2_port.ports",
     .value = at<&S::c2_port, &C2PortSettings::ports>(),
     .range = {1, 65'535},
     .description = "Those ports, with a reason each. The first that matches counts.",
     .reason = "Defaults of frameworks and of hand-made back doors. 80 and 443 are refused: there "
               "is no telling."},
    {.path = "detectors.c2_port.window_seconds",
     .value = at<&S::c2_port, &C2PortSettings::window>(),
     .range = {kMinute, 7 * kDay},
     .unit = "seconds",
     .description = "Ports within this time count together.",
     .reason = "Ports that one operator tries by hand or one script tries in turn."},
    {.path = "detectors.c2_port.many_ports",
     .value = at<&S::c2_port, &C2PortSettings::many_ports>(),
     .range = {2, 16},
     .unit = "ports",
     .description = "So many distinct ones raise the severity.",
     .reason = "Atomic test 3 tries three; two may still be a developer's habit."},
    {.path = "detectors.c2_port.episode.quiet_seconds",
     .value = at<&S::c2_port, &C2PortSettings::episode, &EpisodeSettings::quiet>(),
     .range = {kMinute, 30 * kDay},
     .unit = "seconds",
     .description = "After this long without news the finding is over.",
     .reason = "The longest sleep between check-ins that frameworks ship with."},
    {.path = "detectors.c2_port.episode.re_alert_seconds",
     .value = at<&S::c2_port, &C2PortSettings::episode, &EpisodeSettings::re_alert>(),
     .range = {kMinute, 30 * kDay},
     .unit = "seconds",
     .description = "An open finding without news is told again after this long.",
     .reason = "Once a day: what is still open must not be forgotten."},
    {.path = "detectors.c2_port.max_keys",
     .value = at<&S::c2_port, &C2PortSettings::max_keys>(),
     .range = {16, 1'000'000},
     .unit = "programs",
     .description = "Programs and machines remembered at once.",
     .reason = "Sixteen programs on a thousand machines, each of them misbehaving."},

    {.path = "detectors.task_callback.enabled",
     .value = at<&S::task_callback_enabled>(),
     .description =
         "Does a scheduled task, or a server program, run something hidden that calls out?",
     .reason = "One finding for the whole chain. No part of the seed's query."},
    {.path = "detectors.task_callback.report_hidden_tasks",
     .value = at<&S::task_callback, &TaskCallbackSettings::report_hidden_tasks>(),
     .description = "Whether a hidden task that runs a script engine is told, as low.",
     .reason = "It is how ATexec works; Windows' own hidden tasks run no script engines."},
    {.path = "detectors.task_callback.server_programs",
     .value = at<&S::task_callback, &TaskCallbackSettings::server_programs>(),
     .description = "Server programs that have no reason to start a hidden or encoded script "
                    "engine; file names in any case. An empty list turns that chain off.",
     .reason = "Whoever makes one of them do so has most likely broken in through it. node and "
               "python are absent: developers' tools on them start encoded PowerShell all day."},
    {.path = "detectors.task_callback.episode.quiet_seconds",
     .value = at<&S::task_callback, &TaskCallbackSettings::episode, &EpisodeSettings::quiet>(),
     .range = {kMinute, 30 * kDay},
     .unit = "seconds",
     .description = "After this long without a further stage the chain is over.",
     .reason = "Eight days: tasks run weekly, and next week's run still belongs to the creation."},
    {.path = "detectors.task_callback.episode.re_alert_seconds",
     .value = at<&S::task_callback, &TaskCallbackSettings::episode, &EpisodeSettings::re_alert>(),
     .range = {kMinute, 30 * kDay},
     .unit = "seconds",
     .description = "An open finding without news is told again after this long.",
     .reason = "Once a day: what is still open must not be forgotten."},
    {.path = "detectors.task_callback.max_chains",
     .value = at<&S::task_callback, &TaskCallbackSettings::max_chains>(),
     .range = {16, 1'000'000},
     .unit = "tasks",
     .description = "Suspicious tasks remembered at once.",
     .reason = "Eight on each of a thousand machines."},
    {.path = "detectors.task_callback.max_processes",
     .value = at<&S::task_callback, &TaskCallbackSettings::max_processes>(),
     .range = {16, 4'000'000},
     .unit = "processes",
     .description = "Runs of those tasks, and their children, remembered at once.",
     .reason = "Those that may still call out."},

    {.path = "output.format",
     .value = at<&S::format>(),
     .description = "The form of a finding: our own JSON, OCSF Detection Finding, Elastic Common "
                    "Schema, or flat for a Sumo Logic HTTP source.",
     .reason = "Only the native form carries everything."},
};

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

// What the profiles `seed` and `lab` change; `default` is the initialisers of the settings structs.
EngineSettings profile_settings(Profile profile) {
  EngineSettings s;
  s.profile = profile;
  switch (profile) {
    case Profile::standard:
      break;
    case Profile::lab:
      s.scope = ScopeSettings::lab();
      break;
    case Profile::seed:
      s.scope = ScopeSettings::seed();
      s.hourly_beacon = HourlyBeaconSettings::seed();
      s.interval_beacon_enabled = s.dns_burst_enabled = s.c2_port_enabled =
          s.task_callback_enabled = false;
      s.drop_repeats = false;
      break;
  }
  return s;
}

namespace detail {

nlohmann::json rules_json(const std::vector<analytics::PortRule>& rules) {
  nlohmann::json list = nlohmann::json::array();
  for (const analytics::PortRule& rule : rules) {
    nlohmann::json& entry = list.emplace_back();
    if (rule.first == rule.last)
      entry["port"] = rule.first;
    else
      entry["first"] = rule.first, entry["last"] = rule.last;
    entry["confidence"] = std::string(kConfidences[static_cast<std::size_t>(rule.confidence)]);
    entry["reason"] = rule.reason;
  }
  return list;
}

// In the order of nlohmann/json, which sorts.
void write_rules(JsonWriter& w, const std::vector<analytics::PortRule>& rules) {
  w.list([&] {
    for (const analytics::PortRule& rule : rules) {
      w.object([&] {
        w.member("confidence", kConfidences[static_cast<std::size_t>(rule.confidence)]);
        if (rule.first == rule.last) {
          w.member("port", rule.first);
        } else {
          w.member("first", rule.first);
          w.member("last", rule.last);
        }
        w.member("reason", rule.reason);
      });
    }
  });
}

void write_number(JsonWriter& w, double value) {
  std::string text;
  JsonWriter(text).value(value);
  if (text.find_first_of(".en") == text.npos) text += ".0";
  w.raw(text);
}

std::vector<analytics::PortRule> rules_from(const LocatedJson& written) {
  std::vector<analytics::PortRule> rules;
  for (const LocatedJson& entry : written.children) {
    analytics::PortRule& rule = rules.emplace_back();
    const LocatedJson* const port = entry.find("port");
    rule.first = (port != nullptr ? port : entry.find("first"))->value.get<std::uint16_t>();
    rule.last = (port != nullptr ? port : entry.find("last"))->value.get<std::uint16_t>();
    if (const LocatedJson* confidence = entry.find("confidence")) {
      const auto hit = std::ranges::find(kConfidences, confidence->text());
      rule.confidence = static_cast<Confidence>(hit - std::begin(kConfidences));
    }
    rule.reason = entry.find("reason")->text();
  }
  return rules;
}

bool same_rules(const std::vector<analytics::PortRule>& a,
                const std::vector<analytics::PortRule>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.first == y.first && x.last == y.last && x.confidence == y.confidence &&
           x.reason == y.reason;
  });
}

}  // namespace detail

}  // namespace c2watch::engine
