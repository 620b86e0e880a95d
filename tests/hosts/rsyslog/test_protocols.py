"""The sidecar's protocols, spoken to it directly."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

from events import quiet, suspicious

PIPE = os.environ["C2WATCH_PIPE"]


def run(arguments, lines):
    text = "".join(line + "\n" for line in lines)
    return subprocess.run([PIPE, "--profile", "lab", *arguments], input=text, text=True,
                          capture_output=True, timeout=60)


class Mmexternal(unittest.TestCase):
    def test_one_answer_a_line_in_order(self):
        lines = [quiet(1), suspicious(2), "no event at all", "", suspicious(3)]
        done = run(["--mmexternal"], lines)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([bool(a) for a in answers], [False, True, False, False, True])
        watch = answers[1]["$!"]["c2watch"]
        self.assertEqual(watch["hit"], "true")
        self.assertEqual(watch["findings"][0]["detector"], "c2_port")
        self.assertEqual(watch["severity"], watch["findings"][0]["severity"])

    def test_nothing_on_stderr_while_serving(self):
        self.assertEqual(run(["--mmexternal"], [suspicious(1), "\x00\xff{", "<Event"]).stderr, "")

    def test_a_flood_of_bad_records_is_answered_and_says_nothing_else(self):
        done = run(["--mmexternal"], ["{\"s3cr3t\":", "s3cr3t"] * 20_000)
        self.assertEqual(done.stdout, "{}\n" * 40_000)
        self.assertEqual(done.stderr, "")

    def test_a_line_longer_than_any_record_gets_one_answer(self):
        done = run(["--mmexternal"], ["x" * 5_000_000, suspicious(1)])
        answers = done.stdout.splitlines()
        self.assertEqual(len(answers), 2)
        self.assertEqual(answers[0], "{}")
        self.assertIn("c2_port", answers[1])

    def test_the_answer_comes_before_the_next_line_is_sent(self):
        child = subprocess.Popen([PIPE, "--profile", "lab", "--mmexternal"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True)
        try:
            for i in range(1, 50):
                child.stdin.write((suspicious(i) if i % 2 else quiet(i)) + "\n")
                child.stdin.flush()
                self.assertEqual("c2watch" in child.stdout.readline(), bool(i % 2))
            child.stdin.close()
            self.assertEqual(child.wait(30), 0)
        finally:
            child.kill()
            child.wait()
            child.stdout.close()

    def test_fulljson_reads_the_text_of_the_message(self):
        message = json.dumps({"msg": " " + suspicious(1), "hostname": "relay", "syslogtag": "x:"})
        self.assertIn("c2_port", run(["--mmexternal", "--input", "fulljson"], [message]).stdout)

    def test_fulljson_prefers_properties_that_rsyslog_parsed(self):
        message = json.dumps({"msg": "unreadable", "$!": json.loads(suspicious(1))})
        self.assertIn("c2_port", run(["--mmexternal", "--input", "fulljson"], [message]).stdout)

    def test_clock_events_replays_what_was_stored(self):
        # Ten connections over two hours of last March: a beacon then, nothing to a clock of today.
        self.assertNotIn("hourly_beacon", run(["--mmexternal"], beacon("2026-03-02")).stdout)
        done = run(["--mmexternal", "--clock", "events"], beacon("2026-03-02"))
        self.assertIn("hourly_beacon", done.stdout)


def beacon(day):
    return [json.dumps({**json.loads(suspicious(1)), "RecordNumber": i, "DestinationPort": "443",
                        "UtcTime": f"{day} {7 + i // 5:02}:{10 * (i % 5):02}:00.000"})
            for i in range(10)]


class Log(unittest.TestCase):
    def test_a_flood_of_bad_records_is_one_line_a_reason_without_their_content(self):
        done = run([], ["{\"s3cr3t\":", "s3cr3t", "<Event s3cr3t", "{\"s3cr3t\":1}"] * 10_000)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        lines = done.stderr.splitlines()
        self.assertGreaterEqual(len(lines), 2)
        self.assertEqual(len(lines), len(set(lines)), lines)
        for line in lines:
            self.assertRegex(line, r"^c2watch-pipe: a record that cannot be read passes untouched: "
                                   r"[a-z_]+$")

    def test_a_checkpoint_that_cannot_be_written_is_told(self):
        with tempfile.TemporaryDirectory(prefix="c2watch-") as folder:
            config = pathlib.Path(folder) / "c.json"
            state = pathlib.Path(folder) / "state"
            config.write_text(json.dumps({"checkpoint": {"path": str(state)}}))
            state.with_suffix(".new").mkdir()
            done = subprocess.run([PIPE, "--config", config], input=suspicious(1), text=True,
                                  capture_output=True, timeout=60)
        self.assertIn("checkpoint: cannot create", done.stderr)


class Omprog(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="c2watch-")
        self.addCleanup(folder.cleanup)
        self.findings = pathlib.Path(folder.name) / "findings.jsonl"

    def test_every_message_is_confirmed(self):
        done = run(["--omprog", "--findings", self.findings], [quiet(1), suspicious(2)])
        self.assertEqual(done.stdout.splitlines(), ["OK", "OK", "OK"])
        self.assertIn("c2_port", self.findings.read_text())

    def test_a_transaction_is_deferred_and_confirmed_at_its_commit(self):
        lines = ["BEGIN TRANSACTION", suspicious(1), quiet(2), "COMMIT TRANSACTION"]
        done = run(["--omprog", "--findings", self.findings], lines)
        self.assertEqual(done.stdout.splitlines(),
                         ["OK", "OK", "DEFER_COMMIT", "DEFER_COMMIT", "OK"])

    def test_findings_that_cannot_be_stored_are_not_confirmed(self):
        done = run(["--omprog", "--findings", "/dev/full"], [suspicious(1)])
        self.assertNotEqual(done.stdout.splitlines()[1], "OK")

    def test_findings_are_appended(self):
        self.findings.write_text("before\n")
        run(["--omprog", "--findings", self.findings], [suspicious(1)])
        self.assertEqual(self.findings.read_text().splitlines()[0], "before")


class Plain(unittest.TestCase):
    def test_findings_alone(self):
        done = run([], [quiet(1), suspicious(2)])
        self.assertEqual([json.loads(line)["detector"] for line in done.stdout.splitlines()],
                         ["c2_port"])

    def test_stored_events_are_judged_by_their_own_time(self):
        lines = beacon("2026-03-02")
        done = run([], lines)
        self.assertIn("hourly_beacon", done.stdout)
        self.assertNotIn("hourly_beacon", run(["--live"], lines).stdout)

    def test_an_event_of_the_future_is_used_by_its_own_clock_alone(self):
        self.assertNotIn("hourly_beacon", run([], beacon("2099-03-02")).stdout)
        self.assertIn("hourly_beacon", run(["--clock", "events"], beacon("2099-03-02")).stdout)

    def test_pass_through_repeats_every_record(self):
        with tempfile.TemporaryDirectory(prefix="c2watch-") as folder:
            lines = [quiet(1), "not an event", suspicious(2)]
            done = run(["--pass-through", "--findings", f"{folder}/f"], lines)
            self.assertEqual(done.stdout.splitlines(), lines)

    def test_sigterm_ends_it_cleanly(self):
        child = subprocess.Popen([PIPE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.stdin.write(quiet(1).encode() + b"\n")
        child.stdin.flush()
        try:
            with self.assertRaises(subprocess.TimeoutExpired):
                child.wait(0.5)
            child.send_signal(signal.SIGTERM)
            self.assertEqual(child.wait(30), 0)
        finally:
            child.stdin.close()
            child.stdout.close()


class Usage(unittest.TestCase):
    def expect(self, arguments, status, words):
        done = run(arguments, [])
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr)

    def test_statuses(self):
        self.expect(["--frob"], 2, "--help")
        self.expect(["--omprog"], 2, "--findings")
        self.expect(["--mmexternal", "--input", "json"], 2, "fulljson")
        self.expect(["--clock", "utc"], 2, "host or events")
        self.expect(["--clock", "events", "--live"], 2, "exclude each other")
        self.expect(["--config", "/nonexistent.json"], 3, "/nonexistent.json")


if __name__ == "__main__":
    unittest.main()
