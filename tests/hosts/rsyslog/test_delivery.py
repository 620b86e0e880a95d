"""The sidecar's promise: a finding is where it belongs before its record is confirmed, once by id; or
the process says that it is not, ends with status 4, and tells it again when the record comes again.
"""
import datetime
import json
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
import time
import unittest

from events import connection, quiet, suspicious

PIPE = os.environ["C2WATCH_PIPE"]
PATIENCE_S = 60
UNDELIVERED = 4
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def live(record_id, port=4444):
    """A second old: with reorder_seconds 1 it is the next look at the clock that raises its finding."""
    now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    record = json.loads(connection(record_id, port, f"WS-{record_id}"))
    record["UtcTime"] = now.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return json.dumps(record)


class Child:
    """One c2watch-pipe, spoken to a line at a time."""

    def __init__(self, add_cleanup, *arguments, **streams):
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, **streams}
        self.process = subprocess.Popen([PIPE, *map(str, arguments)], text=True, **streams)
        add_cleanup(self.end)

    def send(self, *lines):
        """As much as it takes before it ends."""
        try:
            self.process.stdin.write("".join(line + "\n" for line in lines))
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def say(self, line):
        self.send(line)
        return self.process.stdout.readline().rstrip("\n")

    def limit(self, bytes_of_a_file):
        """The disk is full for what lies behind so many bytes of a file; None: it has room."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, UNLIMITED
                         if bytes_of_a_file is None else (bytes_of_a_file, resource.RLIM_INFINITY))

    def close(self):
        """The end of the input: (status, the rest of stdout, stderr)."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err

    def end(self):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="c2watch-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "findings.jsonl"

    def config(self, **members):
        path = self.folder / "config.json"
        path.write_text(json.dumps({
            "extends": "lab", "checkpoint": {"path": str(self.folder / "state")}, **members}))
        return path

    def start(self, *arguments, **options):
        config = options.pop("config", None)
        return Child(self.addCleanup, *(["--config", config] if config else ["--profile", "lab"]),
                     *arguments, **options)

    def findings(self, text=None):
        """The whole lines of it; what a kill cut off is none."""
        found = []
        for line in (self.file.read_text() if text is None else text).splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
        return found

    def hosts(self, text=None):
        return sorted(f["host"] for f in self.findings(text))

    def wait_until(self, condition):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


class Omprog(Case):
    def start(self, *arguments, **options):
        child = super().start("--omprog", "--findings", self.file, *arguments, **options)
        self.assertEqual(child.process.stdout.readline(), "OK\n")
        return child

    def test_a_retry_is_confirmed_only_when_its_finding_is_on_disk(self):
        child = self.start()
        child.limit(100)  # in the middle of a line
        for _ in range(3):
            self.assertNotEqual(child.say(suspicious(1)), "OK")
        child.limit(None)
        self.assertEqual(child.say(suspicious(1)), "OK")
        self.assertEqual(self.hosts(), ["WS-1"])
        status, _, log = child.close()
        self.assertEqual(status, 0)
        self.assertEqual(log.count("File too large"), 1, log)
        self.assertEqual(len(self.file.read_text().splitlines()), 1, "no part of a line left")

    def test_so_is_a_transaction(self):
        child = self.start()
        child.limit(0)
        for _ in range(2):
            self.assertEqual(child.say("BEGIN TRANSACTION"), "OK")
            for line in (suspicious(1), quiet(2), suspicious(3)):
                self.assertEqual(child.say(line), "DEFER_COMMIT")
            self.assertNotEqual(child.say("COMMIT TRANSACTION"), "OK")
        child.limit(None)
        self.assertEqual(child.say("BEGIN TRANSACTION"), "OK")
        self.assertEqual(child.say(suspicious(1)), "DEFER_COMMIT")
        self.assertEqual(child.say("COMMIT TRANSACTION"), "OK")
        self.assertEqual(self.hosts(), ["WS-1", "WS-3"])

    def test_a_disk_that_is_full_to_the_end_is_no_success(self):
        for end in ("input", "SIGTERM"):
            with self.subTest(end):
                child = self.start()
                child.limit(0)
                self.assertNotEqual(child.say(suspicious(1)), "OK")
                if end == "SIGTERM":
                    child.process.send_signal(signal.SIGTERM)
                status, _, log = child.close()
                self.assertEqual(status, UNDELIVERED)
                self.assertIn(f"{self.file}: File too large; findings were not delivered", log)

    def test_what_was_not_confirmed_comes_with_its_next_delivery(self):
        for end in ("kill", "input"):
            with self.subTest(end):
                config = self.config()
                child = self.start(config=config)
                child.limit(self.file.stat().st_size + 100)
                self.assertNotEqual(child.say(suspicious(1)), "OK")
                if end == "kill":
                    child.process.kill()
                child.close()
                child = self.start(config=config)
                self.assertEqual(child.say(suspicious(1)), "OK")
                self.assertEqual(child.close()[0], 0)
                self.assertEqual(self.hosts(), ["WS-1"], "once, behind the torn line")
                for path in self.folder.iterdir():
                    path.unlink()

    def test_a_confirmed_finding_survives_a_kill(self):
        child = self.start()
        self.assertEqual(child.say(suspicious(1)), "OK")
        child.process.kill()
        self.assertEqual(self.hosts(), ["WS-1"])

    def test_a_peer_that_is_gone_ends_it(self):
        child = self.start()
        child.process.stdout.close()
        child.process.stdout = None
        child.send(suspicious(1))
        child.process.wait(PATIENCE_S)
        self.assertEqual(child.process.returncode, UNDELIVERED)
        self.assertIn("(standard output): Broken pipe", child.process.stderr.read())

    def test_findings_wait_no_longer_than_the_engine_could_tell_them_again(self):
        child = self.start()
        child.limit(0)
        self.assertEqual(child.say("BEGIN TRANSACTION"), "OK")
        for i in range(1, 1030):
            child.say(suspicious(i))
        child.send("COMMIT TRANSACTION")
        self.assertEqual(child.close()[0], UNDELIVERED)


def found(answer):
    return answer["$!"]["c2watch"]["findings"] if answer else []


class OfTheClock(Case):
    """mmexternal's findings that no message raised: reorder_seconds leaves it to the clock to raise
    that of a recent event. The clock is looked at once a second, so all wait for it together."""
    EVENTS = {"next": 1, "many": 300, "end": 1, "file": 1, "kill": 1}

    @classmethod
    def setUpClass(cls):
        cls.children = {}
        for name, count in cls.EVENTS.items():
            folder = tempfile.TemporaryDirectory(prefix="c2watch-")
            cls.addClassCleanup(folder.cleanup)
            cls.children[name] = cls.serve(name, pathlib.Path(folder.name))
            for i in range(1, count + 1):
                assert cls.children[name].say(live(i)) == "{}"
        time.sleep(1.5)

    @classmethod
    def serve(cls, name, folder):
        config = folder / "config.json"
        config.write_text(json.dumps({"extends": "lab", "reorder_seconds": 1,
                                      "checkpoint": {"path": str(folder / "state")}}))
        file = ["--findings", folder / "findings.jsonl"] if name == "file" else []
        child = Child(cls.addClassCleanup, "--mmexternal", "--config", config, *file)
        child.folder = folder
        return child

    def assert_told_again(self, folder):
        answer = json.loads(self.serve("again", folder).say("no event at all"))
        self.assertEqual([f["host"] for f in found(answer)], ["WS-1"])

    def test_the_next_message_of_any_kind_carries_them(self):
        child = self.children["next"]
        answer = json.loads(child.say("no event at all"))
        self.assertEqual([f["host"] for f in found(answer)], ["WS-1"])
        self.assertEqual(answer["$!"]["c2watch"]["hit"], "true")
        self.assertEqual(answer["$!"]["c2watch"]["severity"], found(answer)[0]["severity"])
        self.assertEqual(child.say("no event at all"), "{}")
        self.assertEqual(child.close()[0], 0)

    def test_an_answer_stays_below_what_rsyslog_reads(self):
        answers = []
        while True:
            line = self.children["many"].say("no event at all")
            self.assertLess(len(line), 256 << 10)
            if line == "{}":
                break
            answers.append(found(json.loads(line)))
        self.assertGreater(len(answers), 1)
        self.assertEqual(sorted(f["host"] for a in answers for f in a),
                         sorted(f"WS-{i}" for i in range(1, self.EVENTS["many"] + 1)))

    def test_at_the_end_they_are_said_with_their_text_and_told_again(self):
        child = self.children["end"]
        status, out, err = child.close()
        self.assertEqual((status, out), (UNDELIVERED, ""))
        self.assertEqual(self.hosts(err), ["WS-1"])
        self.assertIn("findings were not delivered", err)
        self.assert_told_again(child.folder)

    def test_a_file_of_their_own_takes_them_at_once(self):
        child = self.children["file"]
        self.assertEqual(self.hosts((child.folder / "findings.jsonl").read_text()), ["WS-1"])
        child.process.send_signal(signal.SIGTERM)
        status, _, err = child.close()
        self.assertEqual((status, err), (0, ""))

    def test_a_kill_loses_none_of_them(self):
        child = self.children["kill"]
        child.process.kill()
        child.close()
        self.assert_told_again(child.folder)


class Mmexternal(Case):
    def start(self, *arguments):
        return super().start("--mmexternal", *arguments, config=self.config())

    def test_an_answer_that_nobody_takes_is_said(self):
        child = self.start()
        child.process.stdout.close()
        child.process.stdout = None
        child.send(suspicious(1))
        child.process.wait(PATIENCE_S)
        self.assertEqual(child.process.returncode, UNDELIVERED)
        self.assertEqual(self.hosts(child.process.stderr.read()), ["WS-1"])
        answer = json.loads(self.start().say(suspicious(1)))
        self.assertEqual([f["host"] for f in found(answer)], ["WS-1"], "it comes again")

    def test_a_full_disk_holds_no_message_up_and_is_said_at_the_end(self):
        child = self.start("--findings", self.file)
        child.limit(100)
        self.assertIn("c2_port", child.say(suspicious(1)))
        child.limit(None)
        self.assertEqual(child.say(quiet(2)), "{}")
        self.assertEqual(self.hosts(), ["WS-1"], "once there is room")
        child.limit(self.file.stat().st_size)
        self.assertIn("c2_port", child.say(suspicious(3)))
        status, _, err = child.close()
        self.assertEqual(status, UNDELIVERED)
        self.assertIn("File too large; findings were not delivered", err)


class Plain(Case):
    LINES = [suspicious(i) if i % 2 else quiet(i) for i in range(1, 201)]
    HOSTS = sorted(f"WS-{i}" for i in range(1, 201, 2))

    def test_a_full_disk_is_no_success(self):
        with open("/dev/full", "w") as full:
            for arguments, streams in (([], {"stdout": full}), (["--findings", "/dev/full"], {})):
                with self.subTest(arguments):
                    child = self.start(*arguments, **streams)
                    child.send(*self.LINES)
                    status, _, err = child.close()
                    self.assertEqual(status, UNDELIVERED)
                    self.assertIn("No space left on device; findings were not delivered", err)

    def test_a_reader_that_left_is_no_success(self):
        child = self.start()
        child.process.stdout.close()
        child.process.stdout = None
        child.send(suspicious(1))
        child.process.wait(PATIENCE_S)
        self.assertEqual(child.process.returncode, UNDELIVERED)

    def test_an_input_that_cannot_be_read_on_is_no_success(self):
        folder = os.open(self.folder, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        child = self.start(stdin=folder)
        status, _, err = child.close()
        self.assertEqual(status, 3)
        self.assertIn("(standard input): Is a directory", err)

    def test_what_did_not_fit_comes_when_the_records_do(self):
        config = self.config()
        child = self.start("--findings", self.file, config=config)
        child.limit(2000)
        child.send(*self.LINES)
        child.process.wait(PATIENCE_S)
        self.assertEqual(child.process.returncode, UNDELIVERED)
        child = self.start("--findings", self.file, config=config)
        child.send(*self.LINES)
        self.assertEqual(child.close()[0], 0)
        final = {f["id"]: f["host"] for f in self.findings()}
        self.assertEqual(sorted(final.values()), self.HOSTS, "each under one id")

    def test_a_kill_loses_nothing_that_comes_again(self):
        config = self.config()
        child = self.start("--findings", self.file, config=config)
        child.send(*self.LINES[:100])
        self.wait_until(lambda: self.file.exists() and self.findings())
        child.process.kill()
        child.process.wait()
        child = self.start("--findings", self.file, config=config)
        child.send(*self.LINES)
        self.assertEqual(child.close()[0], 0)
        self.assertEqual(sorted({f["id"]: f["host"] for f in self.findings()}.values()), self.HOSTS)

    def test_asked_to_stop_it_does_not_hang_on_a_reader_that_sleeps(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        child = self.start(stdout=writer)
        os.close(writer)
        child.send(*self.LINES)  # their findings are more than the pipe takes
        time.sleep(0.3)
        self.assertIsNone(child.process.poll())
        child.process.send_signal(signal.SIGTERM)
        status, _, err = child.close()
        self.assertEqual(status, UNDELIVERED)
        self.assertIn("(standard output): Connection timed out", err)

    def test_asked_to_stop_it_hands_on_all_that_it_read(self):
        stats = self.folder / "stats"
        child = self.start("--stats", stats)
        child.send(*self.LINES)
        time.sleep(0.3)  # their findings are more than the pipe takes
        child.process.send_signal(signal.SIGTERM)
        status, out, err = child.close()
        self.assertEqual(status, 0, err)
        used = json.loads(stats.read_text())["records"]["used"]
        self.assertGreater(used, 50)
        self.assertEqual(self.hosts(out), sorted(f"WS-{i}" for i in range(1, used + 1, 2)))


class PassThrough(Case):
    def start(self, *arguments, **options):
        return super().start("--pass-through", "--findings", self.file, *arguments, **options)

    def test_no_record_passes_before_its_findings(self):
        child = self.start(stderr=subprocess.DEVNULL)
        passed = []
        for i in range(1, 200):
            child.send(suspicious(i))
            passed.append(json.loads(child.process.stdout.readline())["Hostname"])
            if i % 50 == 0:
                self.assertEqual(self.hosts(), sorted(passed))
        child.process.kill()
        child.process.wait()
        self.assertEqual(self.hosts(), sorted(passed))

    def test_nor_in_a_stream_that_is_cut_off(self):
        child = self.start(stderr=subprocess.DEVNULL)
        lines = [suspicious(i) for i in range(1, 1001)]
        with open(self.folder / "in", "w") as file:
            file.writelines(line + "\n" for line in lines)
        child.end()
        with open(self.folder / "in") as stdin:
            child = self.start(stdin=stdin, stderr=subprocess.DEVNULL)
            passed = [json.loads(child.process.stdout.readline())["Hostname"] for _ in range(300)]
            child.process.kill()
            rest = child.process.stdout.read().split("\n")[:-1]  # what was in the pipe
        child.process.wait()
        passed += [json.loads(line)["Hostname"] for line in rest]
        self.assertLessEqual(set(passed), set(self.hosts()))

    def test_records_go_on_while_the_disk_is_full(self):
        child = self.start()
        child.limit(100)
        for i in range(1, 4):
            self.assertEqual(child.say(suspicious(i)), suspicious(i))
        child.limit(None)
        self.assertEqual(child.say(quiet(4)), quiet(4))
        self.assertEqual(self.hosts(), ["WS-1", "WS-2", "WS-3"])
        status, _, err = child.close()
        self.assertEqual(status, 0)
        self.assertEqual(err.count("File too large; findings wait for room"), 1, err)

    def test_a_disk_that_is_full_to_the_end_is_no_success(self):
        child = self.start()
        child.limit(0)
        self.assertEqual(child.say(suspicious(1)), suspicious(1))
        status, _, err = child.close()
        self.assertEqual(status, UNDELIVERED)
        self.assertIn("File too large; findings were not delivered", err)

    def test_the_next_program_is_gone(self):
        child = self.start()
        child.process.stdout.close()
        child.process.stdout = None
        child.send(suspicious(1))
        child.process.wait(PATIENCE_S)
        self.assertEqual(child.process.returncode, UNDELIVERED)
        self.assertIn("(standard output): Broken pipe", child.process.stderr.read())
        self.assertEqual(self.hosts(), ["WS-1"])


if __name__ == "__main__":
    unittest.main()
