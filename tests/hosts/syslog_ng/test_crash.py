"""kill -9 of the real daemon, again and again, while telemetry flows: with a checkpoint the findings
are those of an uninterrupted run, by id and in their final form, and every record comes out.

Each of 300 computers connects to three ports, far apart in the stream: one finding each, told three
times. A daemon that forgot the first port would open another finding, or tell too few updates. What
may happen is that a record or a finding comes twice, unchanged: nothing is lost, nothing invented.
"""
import datetime
import json
import os
import random
import unittest

import events
from daemon import FROM_A_FILE, Daemon

COMPUTERS = 300
PORTS = (4444, 1177, 31337)
# 12 take half a minute; C2WATCH_KILLS=100 for a hundred.
KILLS = int(os.environ.get("C2WATCH_KILLS", "12"))

PATH = FROM_A_FILE % ("log-iw-size(200)", 'config-file("{dir}/c2watch.json")')


def stream():
    """The daemon's own clock counts, so the events are of the last hour."""
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=40)
    lines = []
    for place, port in enumerate(PORTS):
        for n in range(COMPUTERS):
            count = place * COMPUTERS + n
            record = json.loads(events.trigger(n))
            time = start + datetime.timedelta(seconds=count)
            winlog = record["winlog"]
            winlog["record_id"] = 1000 + count
            winlog["event_data"]["UtcTime"] = time.strftime("%Y-%m-%d %H:%M:%S.123")
            winlog["event_data"]["DestinationPort"] = str(port)
            record["@timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%S.123Z")
            lines.append(json.dumps(record).encode())
    return lines


class Crash(unittest.TestCase):
    def setUp(self):
        self.records = stream()

    def prepare(self):
        daemon = Daemon(self)
        daemon.write("c2watch.json", json.dumps({
            "extends": "lab",
            "checkpoint": {"path": str(daemon.path("state")), "every_seconds": 10}}))
        daemon.write("in", b"")
        return daemon

    def findings(self, daemon):
        """id -> its final form."""
        final = {}
        for line in daemon.lines("findings"):
            finding = json.loads(line)
            if finding["update"] >= final.get(finding["id"], {"update": -1})["update"]:
                final[finding["id"]] = finding
        return final

    def wait_for_all(self, daemon):
        daemon.wait_until(
            lambda: set(daemon.lines("out")) >= set(self.records), "all records")
        daemon.wait_until(
            lambda: len(self.findings(daemon)) >= COMPUTERS and all(
                f["update"] >= len(PORTS) - 1 for f in self.findings(daemon).values()),
            "all findings in their final form")

    def test_findings_equal_those_of_an_uninterrupted_run(self):
        calm = self.prepare()
        calm.start(PATH)
        calm.append("in", b"\n".join(self.records) + b"\n")
        self.wait_for_all(calm)
        calm.stop()
        expected = self.findings(calm)
        self.assertEqual(len(expected), COMPUTERS)

        rough = self.prepare()
        chance = random.Random(5)
        rough.start(PATH)
        share = len(self.records) // (KILLS + 1)
        for kill in range(KILLS + 1):
            end = len(self.records) if kill == KILLS else (kill + 1) * share
            rough.append("in", b"\n".join(self.records[kill * share:end]) + b"\n")
            if kill == KILLS:
                break
            wanted = kill * share + chance.randrange(share)
            rough.wait_until(
                lambda wanted=wanted: len(set(rough.lines("out"))) >= wanted, "some records out")
            rough.kill()
            rough.start(PATH)
        self.wait_for_all(rough)
        rough.stop()
        out, told = rough.lines("out"), rough.lines("findings")
        print(f"{KILLS} kills: {len(self.records)} records, {len(out) - len(set(out))} came twice; "
              f"{len(set(told))} findings and updates, {len(told) - len(set(told))} told twice")
        self.assertEqual(set(out), set(self.records))
        self.assertEqual(set(told), set(calm.lines("findings")), "none lost, none invented")
        self.assertEqual(self.findings(rough), expected)

    def test_records_that_came_while_it_was_down_are_used(self):
        """They are newer than all that the first life was told, and read before the first tick."""
        daemon = self.prepare()
        daemon.write("c2watch.json", json.dumps({
            "extends": "lab", "max_future_seconds": 0,
            "checkpoint": {"path": str(daemon.path("state"))}}))

        def now(n):
            record = json.loads(events.trigger(n))
            time = datetime.datetime.now(datetime.timezone.utc)
            record["winlog"]["event_data"]["UtcTime"] = time.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
            record["@timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            return json.dumps(record).encode() + b"\n"

        for life in (0, 1):
            daemon.append("in", b"".join(now(100 * life + n) for n in range(100)))
            daemon.start(PATH)
            daemon.wait_until(lambda: len(daemon.lines("out")) >= 100 * (life + 1), "all records")
            daemon.stop()
            self.assertEqual(len(self.findings(daemon)), 100 * (life + 1), daemon.log()[-2000:])


if __name__ == "__main__":
    unittest.main()
