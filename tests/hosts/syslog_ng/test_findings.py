"""What a finding looks like as a message, and what its trigger carries."""
import json
import pathlib
import unittest

import events
from daemon import Daemon

SCL = pathlib.Path(__file__).parents[3] / "plugin/hosts/syslog-ng/scl/c2watch/plugin.conf"

# One line a message: what the tests ask about, then the text.
SEEN = ('file("{dir}/seen" template("$(format-json tags=\\"${TAGS}\\" program=${PROGRAM} host=${HOST} '
        'level=${LEVEL} facility=${FACILITY} detector=${.c2watch.detector} id=${.c2watch.id} '
        'severity=${.c2watch.severity} finding=${.c2watch.finding} text=${MESSAGE})\\n"))')

PATH = """
source s_in { stdin(flags(no-parse) host-override("collector")); };
parser p_c2watch { c2watch(profile("lab") %s); };
destination d_seen { """ + SEEN + """; };
log { source(s_in); parser(p_c2watch); destination(d_seen); %s };
"""


class Findings(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(self)

    def seen(self, config, lines):
        self.daemon.run(config, events.stream(lines))
        return [json.loads(line) for line in self.daemon.lines("seen")]

    def test_a_finding_is_a_message_of_its_own_before_its_trigger(self):
        seen = self.seen(PATH % ("", ""), [events.ordinary(1), events.trigger(2), events.ordinary(3)])
        self.assertEqual(len(seen), 4)
        before, finding, trigger, after = seen

        body = json.loads(finding["text"])
        self.assertEqual(body["detector"], "c2_port")
        self.assertEqual(finding["tags"], "c2watch.finding")
        self.assertEqual(finding["program"], "c2watch")
        self.assertEqual(finding["host"], "WS-2.corp.example")
        self.assertEqual(finding["facility"], "auth")
        self.assertEqual((finding["detector"], finding["id"], finding["severity"]),
                         (body["detector"], body["id"], body["severity"]))

        self.assertIn("c2watch.hit", trigger["tags"].split(","))
        self.assertNotIn("c2watch.finding", trigger["tags"].split(","))
        self.assertEqual(trigger["text"].encode(), events.trigger(2))
        self.assertEqual(trigger["host"], "collector")
        self.assertEqual((trigger["detector"], trigger["id"], trigger["severity"]),
                         (body["detector"], body["id"], body["severity"]))
        self.assertEqual(json.loads(trigger["finding"]), body)

        for other in before, after:
            self.assertNotIn("c2watch.hit", other["tags"].split(","))
            self.assertEqual((other["detector"], other["id"], other["severity"]), ("", "", ""))

    def test_levels_follow_the_severity(self):
        levels = {"informational": "info", "low": "notice", "medium": "warning", "high": "err",
                  "critical": "crit"}
        seen = self.seen(PATH % ("", ""), [events.trigger(1)])
        self.assertEqual(seen[0]["level"], levels[json.loads(seen[0]["text"])["severity"]])

    def test_another_prefix(self):
        config = (PATH % ('prefix(".watch.")', "")).replace(".c2watch.id", ".watch.id")
        seen = self.seen(config, [events.trigger(1)])
        self.assertEqual(len(seen), 2)
        for message in seen:
            self.assertNotEqual(message["id"], "")
            self.assertEqual(message["detector"], "")

    def test_inject_none_leaves_all_at_the_trigger(self):
        seen = self.seen(PATH % ("inject-mode(none)", ""), [events.trigger(1)])
        self.assertEqual(len(seen), 1)
        self.assertIn("c2watch.hit", seen[0]["tags"].split(","))
        self.assertEqual(json.loads(seen[0]["finding"])["id"], seen[0]["id"])

    def test_inject_internal_goes_to_the_internal_source(self):
        config = PATH % ("inject-mode(internal)", "") + """
destination d_internal { file("{dir}/internal" template("${MESSAGE}\\n")); };
log { source { internal(); }; filter { tags("c2watch.finding"); }; destination(d_internal); };
"""
        # stdin() ends the daemon when it is read, perhaps before internal() is; a file goes on.
        config = config.replace('stdin(', 'file("{dir}/in" ')
        self.daemon.write("in", events.stream([events.trigger(1)]))
        self.daemon.start(config)
        self.daemon.wait_until(lambda: self.daemon.lines("internal"), "the finding")
        self.daemon.stop()
        self.assertEqual([events.computer_of(f) for f in self.daemon.lines("internal")], [1])
        seen = [json.loads(line) for line in self.daemon.lines("seen")]
        self.assertEqual(len(seen), 1)
        self.assertIn("c2watch.hit", seen[0]["tags"].split(","))

    def test_a_dropped_finding_does_not_count_as_an_unmatched_trigger(self):
        config = PATH % ("", "") + """
destination d_fallback { file("{dir}/fallback" template("${MESSAGE}\\n")); };
log { source(s_in); destination(d_fallback); flags(fallback); };
"""
        config = config.replace("destination(d_seen);",
                                'filter { not tags("c2watch.finding"); }; destination(d_seen);')
        seen = self.seen(config, [events.trigger(1), events.ordinary(2)])
        self.assertEqual(len(seen), 2)
        self.assertEqual(self.daemon.lines("fallback"), [])

    def test_what_changes_the_trigger_later_leaves_the_finding_alone(self):
        config = (PATH % ("", "")).replace(
            "destination(d_seen);",
            """if { filter { tags("c2watch.hit"); }; rewrite { set("changed" value("MESSAGE"));
               set("changed" value("PROGRAM")); set("0123456789" value(".padding")); }; };
               destination(d_seen);""")
        seen = self.seen(config, [events.trigger(n) for n in range(200)])
        self.assertEqual(len(seen), 400)
        self.assertEqual({events.computer_of(m["text"]) for m in seen[0::2]}, set(range(200)))
        self.assertEqual({m["text"] for m in seen[1::2]}, {"changed"})

    def test_the_scl_block_keeps_findings_out_of_the_stream(self):
        config = f'@include "{SCL}"' + """
source s_in { stdin(flags(no-parse)); };
destination d_out { file("{dir}/out" template("${TAGS} ${MESSAGE}\\n")); };
log {
  source(s_in);
  parser { c2watch-to-file(findings("{dir}/sub/findings") profile("lab")); };
  destination(d_out);
  flags(flow-control);
};
"""
        lines = [events.ordinary(1), events.trigger(2), events.ordinary(3)]
        self.daemon.run(config, events.stream(lines))
        out = [line.split(b" ", 1) for line in self.daemon.lines("out")]
        self.assertEqual([text for _, text in out], lines)
        self.assertEqual([b"c2watch.hit" in tags for tags, _ in out], [False, True, False])
        self.assertEqual([events.computer_of(f) for f in self.daemon.lines("sub/findings")], [2])

    def test_metrics_come_as_messages_of_their_own_and_are_no_findings(self):
        config = self.daemon.write("c2watch.json", '{"extends": "lab", "metrics_seconds": 1}')
        path = PATH.replace('stdin(flags', 'file("{dir}/in" flags')
        path = path.replace('profile("lab")', f'config-file("{config}")')
        self.daemon.write("in", b"")
        self.daemon.start(path % ("", ""))

        def metrics():
            seen = [json.loads(line) for line in self.daemon.lines("seen")]
            return [s for s in seen if s["tags"] == "c2watch.metrics"]

        self.daemon.wait_until(lambda: len(metrics()) >= 2, "two metrics records")
        self.daemon.stop()
        for record in metrics():
            self.assertEqual(json.loads(record["text"])["schema"], "c2watch.metrics/1")
            self.assertEqual((record["program"], record["level"], record["facility"]),
                             ("c2watch", "info", "auth"))
            self.assertEqual((record["detector"], record["id"]), ("", ""))


if __name__ == "__main__":
    unittest.main()
