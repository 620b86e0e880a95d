"""A real rsyslogd with the sidecar as its child."""
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from events import quiet, suspicious

PIPE = os.environ["C2WATCH_PIPE"]
RSYSLOGD = os.environ.get("C2WATCH_RSYSLOGD", "")
PATIENCE_S = 120

CONFIG = """
global(workDirectory="{dir}" maxMessageSize="64k")
module(load="imfile")
module(load="mmexternal")
main_queue(queue.workerThreads="1")
template(name="raw" type="string" string="%msg%\\n")
template(name="findings" type="list") {{ property(name="$!c2watch") constant(value="\\n") }}
input(type="imfile" File="{dir}/in" Tag="t:" Facility="local0" ruleset="main")
ruleset(name="main" queue.workerThreads="1") {{
  action(type="mmexternal" interface.input="msg" forceSingleInstance="on"
         binary="{pipe} --profile lab --mmexternal")
  action(type="omfile" file="{dir}/out" template="raw")
  if $!c2watch!hit == "true" then action(type="omfile" file="{dir}/findings" template="findings")
}}
"""


skip_without_rsyslogd = unittest.skipIf(
    RSYSLOGD in ("", "C2WATCH_RSYSLOGD-NOTFOUND"),
    "no rsyslogd: neither installed nor unpacked by scripts/setup")


def root():
    return pathlib.Path(RSYSLOGD).parents[2]


def module_path():
    return str(root() / "usr/lib/x86_64-linux-gnu/rsyslog")


def environment():
    """An unpacked daemon finds the libraries that were unpacked with it."""
    if root() == pathlib.Path("/"):
        return dict(os.environ)
    return {**os.environ, "LD_LIBRARY_PATH": str(root() / "usr/lib/x86_64-linux-gnu")}


def command(config, *options):
    return [RSYSLOGD, *options, "-M", module_path(), "-f", str(config)]


class Rsyslog(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="c2watch-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.daemon = None
        self.addCleanup(self.end)

    def start(self, text):
        (self.dir / "in").touch()
        config = self.dir / "rsyslog.conf"
        config.write_text(text)
        self.log = open(self.dir / "log", "wb")
        self.addCleanup(self.log.close)
        self.daemon = subprocess.Popen(
            command(config, "-n", "-i", str(self.dir / "pid")), env=environment(),
            stdout=self.log, stderr=self.log)

    def end(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.wait(PATIENCE_S)

    def feed(self, lines):
        with open(self.dir / "in", "a") as file:
            file.writelines(line + "\n" for line in lines)

    def lines(self, name):
        path = self.dir / name
        return path.read_text().splitlines() if path.exists() else []

    def wait_for(self, name, count):
        deadline = time.monotonic() + PATIENCE_S
        while len(self.lines(name)) < count:
            self.assertIsNone(self.daemon.poll(), (self.dir / "log").read_text())
            self.assertLess(time.monotonic(), deadline,
                            f"{len(self.lines(name))} of {count} in {name}\n"
                            + (self.dir / "log").read_text())
            time.sleep(0.05)

    def children(self):
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.daemon.pid)],
                                capture_output=True, text=True)
        return [int(pid) for pid in listed.stdout.split()]


@skip_without_rsyslogd
class Sidecar(Rsyslog):
    def setUp(self):
        super().setUp()
        self.start(CONFIG.format(dir=self.dir, pipe=PIPE))

    def test_twenty_thousand_records_all_out_and_findings_enriched(self):
        records = [suspicious(i) if i % 1000 == 0 else quiet(i) for i in range(1, 20001)]
        self.feed(records)
        self.wait_for("out", len(records))
        self.wait_for("findings", 20)
        self.assertEqual([json.loads(line)["RecordNumber"] for line in self.lines("out")],
                         list(range(1, 20001)))
        findings = [json.loads(line) for line in self.lines("findings")]
        self.assertEqual({f["findings"][0]["host"] for f in findings},
                         {f"WS-{i}" for i in range(1000, 20001, 1000)})
        self.assertNotIn("invalid reply", (self.dir / "log").read_text())

    def test_killing_the_child_fails_open_and_loses_no_record(self):
        self.feed(quiet(i) for i in range(1, 501))
        self.wait_for("out", 500)
        for pid in self.children():
            os.kill(pid, signal.SIGKILL)
        self.feed(quiet(i) for i in range(501, 1001))
        self.wait_for("out", 1000)
        self.feed([suspicious(1001)])
        self.wait_for("findings", 1)  # a new child serves
        self.assertEqual([json.loads(line)["RecordNumber"] for line in self.lines("out")][:1000],
                         list(range(1, 1001)))


CONFIRMED = """
global(workDirectory="{dir}" maxMessageSize="64k")
module(load="imfile")
module(load="omprog")
template(name="raw" type="string" string="%msg%\\n")
input(type="imfile" File="{dir}/in" Tag="t:" Facility="local0" ruleset="main")
ruleset(name="main" queue.type="linkedList" queue.dequeueBatchSize="64"
        queue.workerThreads="1") {{
  action(type="omprog" template="raw" confirmMessages="on" useTransactions="on"
         binary="{pipe} --omprog --config {dir}/c2watch.json --findings {dir}/findings"
         output="{dir}/sidecar" action.resumeRetryCount="-1" action.resumeInterval="1")
}}
"""


@skip_without_rsyslogd
class Confirmed(Rsyslog):
    """omprog: what the sidecar does not confirm, rsyslog sends again."""
    RECORDS = 300

    def setUp(self):
        super().setUp()
        (self.dir / "c2watch.json").write_text(json.dumps({
            "extends": "lab", "checkpoint": {"path": str(self.dir / "state")}}))
        self.start(CONFIRMED.format(dir=self.dir, pipe=PIPE))
        self.feed([quiet(1000)])  # rsyslog starts the child with the first message
        self.wait_for_child()

    def wait_for_child(self):
        deadline = time.monotonic() + PATIENCE_S
        while not self.children():
            self.assertLess(time.monotonic(), deadline, (self.dir / "log").read_text())
            time.sleep(0.02)

    def assert_all(self):
        """Each finding once, in a line of its own."""
        findings = [json.loads(line) for line in self.lines("findings")]
        self.assertEqual(sorted(f["host"] for f in findings),
                         sorted(f"WS-{i}" for i in range(1, self.RECORDS + 1)))

    def test_a_full_disk_loses_no_finding_and_doubles_none(self):
        child = self.children()[0]
        resource.prlimit(child, resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
        self.feed(suspicious(i) for i in range(1, self.RECORDS + 1))
        deadline = time.monotonic() + PATIENCE_S
        while "wait for room" not in "".join(self.lines("sidecar")):
            self.assertLess(time.monotonic(), deadline, (self.dir / "log").read_text())
            time.sleep(0.02)
        self.assertLess(len(self.lines("findings")), self.RECORDS)
        resource.prlimit(child, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.wait_for("findings", self.RECORDS)
        self.assert_all()

    def test_a_killed_child_loses_no_finding(self):
        self.feed(suspicious(i) for i in range(1, self.RECORDS // 2))
        self.wait_for("findings", 10)
        os.kill(self.children()[0], signal.SIGKILL)
        self.feed(suspicious(i) for i in range(self.RECORDS // 2, self.RECORDS + 1))
        self.wait_for("findings", self.RECORDS)
        found = {}
        for line in self.lines("findings"):
            try:
                finding = json.loads(line)
            except ValueError:  # cut off by the kill
                continue
            found.setdefault(finding["host"], set()).add(finding["id"])
        self.assertEqual(len(found), self.RECORDS)
        self.assertTrue(all(len(ids) == 1 for ids in found.values()), "each under one id")


if __name__ == "__main__":
    unittest.main()
