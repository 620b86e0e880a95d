"""The sidecar over restarts: the time is known before the first record, and what reorder_seconds buffers is
neither lost at the end of the input nor reported twice."""
import datetime
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from events import connection, suspicious

PIPE = os.environ["C2WATCH_PIPE"]
PATIENCE_S = 60


def now(record_id):
    """A record of this moment that raises a finding."""
    record = json.loads(connection(record_id, 4444, f"WS-{record_id}"))
    record["UtcTime"] = datetime.datetime.now(datetime.timezone.utc).strftime(
        "%Y-%m-%d %H:%M:%S.%f")[:-3]
    return json.dumps(record)


class Restart(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="c2watch-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_pipe(self, lines, *arguments, checkpoint=True, **members):
        """The hosts of the findings that came."""
        if checkpoint:
            members["checkpoint"] = {"path": str(self.folder / "state")}
        config = self.folder / "config.json"
        config.write_text(json.dumps({"extends": "lab", **members}))
        done = subprocess.run(
            [PIPE, "--config", config, *arguments], input="".join(l + "\n" for l in lines),
            text=True, capture_output=True, timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return sorted(json.loads(line)["host"] for line in done.stdout.splitlines())

    def test_records_after_a_stop_are_used_and_bounded_by_the_new_time(self):
        for arguments in ([], ["--live"]):
            with self.subTest(arguments):
                number = 1 + 10 * len(arguments)
                self.assertEqual(
                    self.run_pipe([now(number)], *arguments, max_future_seconds=0),
                    [f"WS-{number}"])
                ahead = json.loads(now(number + 2))
                ahead["UtcTime"] = "2099-01-01 00:00:00.000"
                config = self.folder / "config.json"
                done = subprocess.run(
                    [PIPE, "--config", config, *arguments, "--stats", self.folder / "stats"],
                    input=now(number + 1) + "\n" + json.dumps(ahead) + "\n", text=True,
                    capture_output=True, timeout=PATIENCE_S)
                self.assertEqual([json.loads(l)["host"] for l in done.stdout.splitlines()],
                                 [f"WS-{number + 1}"])
                stats = json.loads((self.folder / "stats").read_text())
                self.assertEqual(stats["unreadable"], {"bad_time": 1})

    def test_a_run_by_the_events_clock_over_a_live_checkpoint_uses_all(self):
        self.run_pipe([now(1)], "--live")
        record = json.loads(suspicious(2))
        record["UtcTime"] = "2090-01-01 00:00:00.000"
        self.assertEqual(self.run_pipe([json.dumps(record)], "--clock", "events"), ["WS-2"])

    def test_the_end_of_stored_events_releases_the_buffer(self):
        for arguments in ([], ["--clock", "events"]):
            for checkpoint in (False, True):
                with self.subTest(arguments, checkpoint=checkpoint):
                    self.assertEqual(
                        self.run_pipe([suspicious(1), suspicious(2)], *arguments,
                                      checkpoint=checkpoint, reorder_seconds=600),
                        ["WS-1", "WS-2"])
                    for file in self.folder.glob("state*"):
                        file.unlink()

    def test_a_live_buffer_is_released_without_a_checkpoint_and_kept_by_one(self):
        self.assertEqual(
            self.run_pipe([now(1)], "--live", checkpoint=False, reorder_seconds=3600), ["WS-1"])
        self.assertEqual(self.run_pipe([now(2)], "--live", reorder_seconds=3600), [])
        self.assertEqual(self.run_pipe([now(3)], "--live", reorder_seconds=0), ["WS-2", "WS-3"])


if __name__ == "__main__":
    unittest.main()
