"""No finding is lost while its destination is down or the disk is full, nor when the daemon ends or is
killed meanwhile, nor under twice the load that the destination takes."""
import json
import resource
import socket
import threading
import time
import unittest

import events
from daemon import FROM_A_FILE, Daemon

RECORDS = 2000

# The findings' destination has room for a hundred messages; the source may have 500 under way.
PATH = """
options { time-reopen(1); };
source s_in { file("{dir}/in" flags(no-parse) log-iw-size(500)); };
parser p_c2watch { c2watch(profile("lab")); };
destination d_out { file("{dir}/out" template("${MESSAGE}\\n")); };
destination d_findings {
  unix-stream("{dir}/siem" template("${MESSAGE}\\n") log-fifo-size(100) persist-name("siem"));
};
log {
  source(s_in);
  parser(p_c2watch);
  if { filter { tags("c2watch.finding"); }; destination(d_findings); }
  else { destination(d_out); };
  flags(flow-control);
};
"""


class Receiver:
    """The system that findings go to, once it is up."""

    def __init__(self, path):
        self.findings = set()
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.bind(str(path))
        self.server.listen()
        self.thread = threading.Thread(target=self._receive, daemon=True)
        self.thread.start()

    def _receive(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                for line in lines:
                    self.findings.add(events.computer_of(line))

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


class Loss(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(self)
        self.daemon.write("in", events.stream([events.trigger(n) for n in range(RECORDS)]))

    def receive_all(self):
        receiver = Receiver(self.daemon.path("siem"))
        self.addCleanup(receiver.close)
        self.daemon.wait_until(lambda: len(receiver.findings) == RECORDS, "all findings")
        self.daemon.wait_until(
            lambda: len(set(self.daemon.lines("out"))) == RECORDS, "all records")

    def wait_until_stuck(self):
        """Records come out until the window is full of findings that nobody takes."""
        self.daemon.wait_until(lambda: self.daemon.lines("out"), "the first record out")
        count = -1
        while count != len(self.daemon.lines("out")):
            count = len(self.daemon.lines("out"))
            threading.Event().wait(0.5)
        self.assertLess(count, RECORDS, "flow control let everything through")

    def test_a_destination_that_comes_up_late(self):
        self.daemon.start(PATH)
        self.wait_until_stuck()
        self.receive_all()
        self.daemon.stop()

    def test_a_kill_while_the_destination_is_down(self):
        self.daemon.start(PATH)
        self.wait_until_stuck()
        self.daemon.kill()
        self.daemon.start(PATH)
        self.receive_all()
        self.daemon.stop()

    def test_kills_again_and_again(self):
        for _ in range(4):
            self.daemon.start(PATH)
            self.daemon.wait_until(lambda: self.daemon.lines("out"), "the first record out")
            self.daemon.kill()
        self.daemon.start(PATH)
        self.receive_all()
        self.daemon.stop()


# Everything on one disk: records, findings, and the checkpoint.
ON_DISK = "options { time-reopen(1); };" + FROM_A_FILE % ("log-iw-size(200)", 'config-file("{dir}/c2watch.json")')


class FullDisk(unittest.TestCase):
    RECORDS = 300

    def setUp(self):
        self.daemon = Daemon(self)
        self.daemon.write("c2watch.json", json.dumps({
            "extends": "lab", "checkpoint": {"path": str(self.daemon.path("state"))}}))
        self.daemon.write("in", b"")
        self.daemon.start(ON_DISK)
        self.limit(30_000)
        self.records = [events.trigger(n) for n in range(self.RECORDS)]
        self.daemon.append("in", events.stream(self.records))

    def limit(self, bytes_of_a_file):
        resource.prlimit(self.daemon.process.pid, resource.RLIMIT_FSIZE,
                         (bytes_of_a_file, resource.RLIM_INFINITY))

    def found(self):
        """(host, id) of whole findings. Where a write was cut off, syslog-ng itself goes on in the same line."""
        found = set()
        begin = b'{"schema":"c2watch.finding/1"'
        for line in self.daemon.lines("findings"):
            try:
                finding = begin + line.split(begin)[-1]
                found.add((events.computer_of(finding), json.loads(finding)["id"]))
            except ValueError:
                pass
        return found

    def wait_for_all(self):
        self.daemon.wait_until(lambda: len(self.found()) >= self.RECORDS, "all findings")
        self.assertEqual(sorted(host for host, _ in self.found()), list(range(self.RECORDS)),
                         "each under one id")
        self.daemon.wait_until(
            lambda: all(r in self.daemon.path("out").read_bytes() for r in self.records),
            "all records")

    def wait_until_full(self):
        self.daemon.wait_until(lambda: "File too large" in self.daemon.log(), "a full disk")
        self.assertLess(len(self.found()), self.RECORDS)

    def test_findings_come_once_there_is_room(self):
        self.wait_until_full()
        self.limit(resource.RLIM_INFINITY)
        self.wait_for_all()
        self.daemon.stop()

    def test_or_with_the_start_after_a_kill(self):
        self.wait_until_full()
        self.daemon.kill()
        self.daemon.start(ON_DISK)
        self.wait_for_all()
        self.daemon.stop()

    def test_or_after_an_end_in_good_order(self):
        self.wait_until_full()
        self.daemon.stop()
        self.daemon.start(ON_DISK)
        self.wait_for_all()
        self.daemon.stop()


# Records and findings go to one destination; the sender feels it when that one is slow.
BACK_PRESSURE = """
source s_in { unix-stream("{dir}/source" flags(no-parse) log-iw-size(500)); };
parser p_c2watch { c2watch(profile("lab")); };
destination d_siem {
  unix-stream("{dir}/siem" template("${MESSAGE}\\n") log-fifo-size(500) so-sndbuf(65536));
};
log { source(s_in); parser(p_c2watch); destination(d_siem); flags(flow-control); };
"""


class SlowReceiver(Receiver):
    """Takes so many lines a second and no more."""

    def __init__(self, path, lines_per_s):
        self.lines_per_s = lines_per_s
        self.records = []
        super().__init__(path)

    def _receive(self):
        connection, _ = self.server.accept()
        with connection, connection.makefile("rb") as lines:
            started = time.monotonic()
            for taken, line in enumerate(lines, 1):
                if b'"schema":"c2watch.finding' in line:
                    self.findings.add(events.computer_of(line))
                else:
                    self.records.append(line.rstrip(b"\n"))
                ahead = taken / self.lines_per_s - (time.monotonic() - started)
                if ahead > 0.01:
                    time.sleep(ahead)


class Load(unittest.TestCase):
    SENT_PER_S = 4000
    RECORDS = 12000
    ONE_IN = 20  # raises a finding

    def send(self, records):
        """At the wanted rate, unless held back; the seconds that it took."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sender:
            sender.connect(str(self.daemon.path("source")))
            started = time.monotonic()
            for sent, record in enumerate(records):
                ahead = sent / self.SENT_PER_S - (time.monotonic() - started)
                if ahead > 0.01:
                    time.sleep(ahead)
                sender.sendall(record + b"\n")
            return time.monotonic() - started

    def test_twice_the_load_that_the_destination_takes(self):
        self.daemon = Daemon(self)
        receiver = SlowReceiver(self.daemon.path("siem"), self.SENT_PER_S / 2)
        self.addCleanup(receiver.close)
        self.daemon.start(BACK_PRESSURE)
        records = [(events.ordinary if n % self.ONE_IN else events.trigger)(n)
                   for n in range(self.RECORDS)]
        took = self.send(records)
        self.assertGreater(took, 1.5 * self.RECORDS / self.SENT_PER_S, "the sender was held back")
        self.daemon.wait_until(lambda: len(receiver.records) >= self.RECORDS, "all records")
        self.daemon.wait_until(
            lambda: len(receiver.findings) >= self.RECORDS // self.ONE_IN, "all findings")
        self.daemon.stop()
        self.assertEqual(receiver.records, records, "each once, in order, as it was")
        self.assertEqual(receiver.findings, set(range(0, self.RECORDS, self.ONE_IN)))


if __name__ == "__main__":
    unittest.main()
