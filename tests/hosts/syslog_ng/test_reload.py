"""What the engine knows survives a reload of the configuration, whether it succeeds or not.

The probe: a record that was looked at before (same computer, channel and record id) raises no
second finding, as long as the engine remembers. After a restart it does, since nothing here names a
checkpoint.
"""
import unittest

import events
from daemon import FROM_A_FILE, Daemon

PATH = FROM_A_FILE % ("follow-freq(0.1)", "%s")
GOOD = PATH % 'profile("lab")'
OTHER_PIPE_FAILS = GOOD + """
source s_bad { unix-stream("{dir}/no/such/folder/socket"); };
log { source(s_bad); };
"""


class Reload(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(self)
        self.sent = 0

    def send(self, *lines):
        self.daemon.append("in", events.stream(lines))
        self.sent += len(lines)
        self.daemon.wait_until(lambda: len(self.daemon.lines("out")) == self.sent, "all out")

    def found(self):
        return [events.computer_of(f) for f in self.daemon.lines("findings")]

    def wait_for_found(self, numbers):
        """Findings are written by another thread than records, so perhaps a little later."""
        self.daemon.wait_until(lambda: self.found() == numbers, f"findings {numbers}")

    def stop_with_found(self, numbers):
        self.wait_for_found(numbers)
        self.daemon.stop()
        self.assertEqual(self.found(), numbers)

    def start_with_one_finding(self):
        self.daemon.start(GOOD)
        self.send(events.trigger(1))
        self.wait_for_found([1])

    def assert_remembers(self):
        self.send(events.trigger(1), events.trigger(2))
        self.stop_with_found([1, 2])

    def test_a_good_one(self):
        self.start_with_one_finding()
        self.assertEqual(self.daemon.reload(GOOD)[0], 0)
        self.assert_remembers()

    def test_several_in_a_row(self):
        self.start_with_one_finding()
        for _ in range(5):
            self.assertEqual(self.daemon.reload(GOOD)[0], 0)
        self.assert_remembers()

    def test_a_syntax_error(self):
        self.start_with_one_finding()
        status, output = self.daemon.reload(GOOD + "nonsense {")
        self.assertEqual(status, 1)
        self.assertIn("previous config remained intact", output)
        self.assert_remembers()

    def test_a_mistake_in_our_own_options(self):
        self.start_with_one_finding()
        status, output = self.daemon.reload(PATH % 'profile("nosuch")')
        self.assertEqual(status, 1)
        self.assertIn("previous config remained intact", output)
        self.assert_remembers()

    def test_another_pipe_that_cannot_start(self):
        self.start_with_one_finding()
        status, output = self.daemon.reload(OTHER_PIPE_FAILS)
        self.assertEqual(status, 1)
        self.assertIn("reverted to previous config", output)
        self.assert_remembers()

    def test_failures_and_successes_mixed(self):
        self.start_with_one_finding()
        self.assertEqual(self.daemon.reload(OTHER_PIPE_FAILS)[0], 1)
        self.assertEqual(self.daemon.reload(GOOD)[0], 0)
        self.assertEqual(self.daemon.reload(OTHER_PIPE_FAILS)[0], 1)
        self.assertEqual(self.daemon.reload(OTHER_PIPE_FAILS)[0], 1)
        self.assert_remembers()

    def test_new_settings_apply_at_once_and_old_ones_come_back(self):
        silent = self.daemon.write(
            "c2watch.json",
            '{"extends": "lab", "allowlist": [{"host": "WS-5.corp.example", "reason": "test"}]}')
        self.start_with_one_finding()
        self.assertEqual(self.daemon.reload(PATH % f'config-file("{silent}")')[0], 0)
        self.send(events.trigger(5), events.trigger(6))
        self.wait_for_found([1, 6])
        self.assertEqual(self.daemon.reload(GOOD)[0], 0)
        self.send(events.trigger(1), events.trigger(7))
        self.stop_with_found([1, 6, 7])

    def test_a_restart_forgets(self):
        self.start_with_one_finding()
        self.daemon.stop()
        self.daemon.start(GOOD)
        self.send(events.trigger(1))
        self.stop_with_found([1, 1])


if __name__ == "__main__":
    unittest.main()
