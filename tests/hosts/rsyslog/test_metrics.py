"""What the sidecar counts, in Prometheus' text form and as records among its findings."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import exposition
from events import quiet, suspicious

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:  # Debian's package, where another Python comes first
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ImportError:
        text_string_to_metric_families = None

PIPE = os.environ["C2WATCH_PIPE"]
REASON = 'back\\slash, "quotes" and\nanother line'


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="c2watch-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.prom = self.folder / "c2watch.prom"

    def config(self, **members):
        path = self.folder / "config.json"
        path.write_text(json.dumps({"extends": "lab", **members}))
        return path

    def run_pipe(self, lines, *arguments, config=None):
        return subprocess.run([PIPE, "--config", config or self.config(), *arguments],
                              input="".join(line + "\n" for line in lines), text=True,
                              capture_output=True, timeout=60)


class TextForm(Case):
    LINES = [quiet(1), suspicious(2), suspicious(3), suspicious(3), "no event", "", "{}", "<Event"]

    def setUp(self):
        super().setUp()
        self.allow = self.config(allowlist=[{"host": "WS-2", "reason": REASON}])

    def counted(self):
        stats = self.folder / "stats.json"
        done = self.run_pipe(self.LINES, "--metrics-file", self.prom, "--stats", stats,
                             config=self.allow)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.prom.read_text(), json.loads(stats.read_text())

    def test_it_keeps_every_rule_and_says_what_the_stats_say(self):
        text, stats = self.counted()
        values = exposition.values(text)
        for fate in ("used", "ignored", "suppressed", "repeated", "unreadable"):
            self.assertEqual(values[f'c2watch_records_total{{fate="{fate}"}}'],
                             stats["records"][fate], fate)
        self.assertEqual(stats["records"]["unreadable"], 4)
        reasons = {name: value for name, value in values.items()
                   if name.startswith("c2watch_unreadable_records_total") and value}
        self.assertEqual({f'c2watch_unreadable_records_total{{reason="{r}"}}': n
                          for r, n in stats["unreadable"].items()}, reasons)
        for name, detector in stats["detectors"].items():
            for family, member in (("findings_total", "findings"), ("keys", "entries"),
                                   ("findings_suppressed_total", "suppressed"),
                                   ("evictions_total", "evictions")):
                self.assertEqual(values[f'c2watch_{family}{{detector="{name}"}}'],
                                 detector[member], (name, member))
        self.assertGreater(stats["detectors"]["c2_port"]["findings"], 0)
        self.assertGreater(stats["detectors"]["c2_port"]["suppressed"], 0)

    def test_prometheus_own_reader_agrees(self):
        if text_string_to_metric_families is None:
            self.skipTest("python3-prometheus-client is not installed; scripts/setup installs it")
        text, _ = self.counted()
        read = {(s.name, frozenset(s.labels.items())): s.value
                for family in text_string_to_metric_families(text) for s in family.samples}
        self.assertEqual(len(read), len(exposition.values(text)))
        self.assertGreater(
            read["c2watch_allowlist_suppressed_total",
                 frozenset({"entry": "0", "reason": REASON}.items())], 0)

    def test_it_is_there_while_records_come_and_counters_never_fall(self):
        child = subprocess.Popen([PIPE, "--profile", "lab", "--metrics-file", self.prom],
                                 stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        try:
            deadline = time.monotonic() + 30
            while not self.prom.exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            first = exposition.families(self.prom.read_text())
            child.stdin.write("".join(suspicious(i) + "\n" for i in range(1, 200)))
            child.stdin.close()
            self.assertEqual(child.wait(30), 0)
        finally:
            child.kill()
            child.wait()
        last = exposition.families(self.prom.read_text())
        for name, (kind, samples) in first.items():
            for key, value in samples.items() if kind != "gauge" else ():
                self.assertGreaterEqual(last[name][1][key], value, key)
        self.assertEqual(last["c2watch_records_total"][1]["c2watch_records_total", 'fate="used"'],
                         199)
        self.assertEqual(list(self.folder.glob("*.part")), [])

    def test_a_file_that_cannot_be_written_is_told_once_and_records_go_on(self):
        done = self.run_pipe([suspicious(1)], "--metrics-file", self.folder / "missing" / "x.prom")
        self.assertEqual(done.returncode, 0)
        self.assertIn("c2_port", done.stdout)
        self.assertEqual(done.stderr.count("x.prom"), 1, done.stderr)


class Records(Case):
    def serve(self, arguments, lines=(), seconds=2.5):
        """Standard output of a run with metrics_seconds 1 that lasts a while before its lines."""
        child = subprocess.Popen([PIPE, "--config", self.config(metrics_seconds=1), *arguments],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(seconds)
            out, _ = child.communicate("".join(line + "\n" for line in lines), timeout=30)
        finally:
            child.kill()
            child.wait()
        return [json.loads(line) for line in out.splitlines()]

    def test_they_come_among_findings_of_stored_and_of_live_events(self):
        for mode in ([], ["--live"]):
            found = self.serve(mode, [suspicious(1)])
            metrics = [f for f in found if f["schema"] == "c2watch.metrics/1"]
            self.assertGreaterEqual(len(metrics), 1, mode)
            self.assertLessEqual(len(metrics), 3, mode)
            self.assertEqual([f["detector"] for f in found if f not in metrics], ["c2_port"])

    def test_rsyslog_gets_them_with_the_next_message(self):
        answers = self.serve(["--mmexternal"], [quiet(1), quiet(2), suspicious(3)])
        self.assertEqual([list(a["$!"]["c2watch"]) if a else [] for a in answers],
                         [["metrics"], [], ["hit", "severity", "findings"]])
        self.assertEqual(answers[0]["$!"]["c2watch"]["metrics"]["schema"], "c2watch.metrics/1")

    def test_nobody_gets_them_unasked(self):
        child = subprocess.run([PIPE, "--profile", "lab", "--live"], input="", text=True,
                               capture_output=True, timeout=30)
        self.assertEqual(child.stdout, "")


if __name__ == "__main__":
    unittest.main()
