"""Every record that goes in comes out, byte for byte, whatever the module makes of it."""
import unittest

import events
from daemon import Daemon

PATH = """
source s_in { stdin(flags(no-parse) log-msg-size(4194304)); };
parser p_c2watch { c2watch(%s); };
destination d_out { file("{dir}/out" template("${MESSAGE}\\n")); };
destination d_findings { file("{dir}/findings" template("${MESSAGE}\\n")); };
log {
  source(s_in);
  %s
  parser(p_c2watch);
  if { filter { tags("c2watch.finding"); }; destination(d_findings); }
  else { destination(d_out); };
  flags(%s);
};
"""


def config(options='profile("lab")', before="", flags=""):
    return PATH % (options, before, flags)


class Records(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(self)

    def assert_all_out(self, lines):
        out = self.daemon.lines("out")
        self.assertEqual(len(out), len(lines))
        self.assertEqual(out, lines)

    def assert_found(self, numbers):
        found = sorted(events.computer_of(f) for f in self.daemon.lines("findings"))
        self.assertEqual(found, sorted(numbers))

    def test_json(self):
        lines = [events.trigger(n) if n % 100 == 0 else events.ordinary(n) for n in range(3000)]
        self.daemon.run(config(), events.stream(lines))
        self.assert_all_out(lines)
        self.assert_found(range(0, 3000, 100))

    def test_event_xml(self):
        lines = [events.xml_trigger(n) if n % 100 == 0 else events.xml_ordinary(n)
                 for n in range(3000)]
        self.daemon.run(config(), events.stream(lines))
        self.assert_all_out(lines)
        self.assert_found(range(0, 3000, 100))

    def test_with_flow_control(self):
        lines = [events.trigger(n) if n % 100 == 0 else events.ordinary(n) for n in range(3000)]
        self.daemon.run(config(flags="flow-control"), events.stream(lines))
        self.assert_all_out(lines)
        self.assert_found(range(0, 3000, 100))

    def test_unreadable_ones_pass_untouched_and_do_not_hide_others(self):
        trigger = events.trigger(7)
        lines = [
            b"not an event at all",
            b"{",
            b'{"winlog": {"event_id": "3"',
            trigger[:-1],
            b"{}",
            b"[]",
            b'{"event": "of something else", "n": 1}',
            b"<Event",
            b"<!DOCTYPE a [<!ENTITY b 'c'>]><Event>&b;</Event>",
            b"\xff\xfe\x80 not UTF-8",
            b'{"a": "\xc3\x28"}',
            b"[" * 5000,
            b'{"padding": "' + b"x" * (65 * 1024) + b'"}',
            b'{"padding": "' + b"y" * (2 * 1024 * 1024) + b'"}',
            trigger,
        ]
        self.daemon.run(config(flags="flow-control"), events.stream(lines))
        self.assert_all_out(lines)
        self.assert_found([7])

    def test_a_flood_of_bad_ones_is_a_few_log_lines_without_their_content(self):
        lines = [b'{"s3cr3t": ', b"s3cr3t", b"<Event s3cr3t", b'{"s3cr3t": 1}'] * 5000
        self.daemon.run(config(), events.stream(lines))
        self.assert_all_out(lines)
        said = [line for line in self.daemon.log().splitlines() if "cannot be read" in line]
        self.assertIn(len(said), range(2, 5), said)
        self.assertNotIn("s3cr3t", self.daemon.log())

    def test_large_but_readable(self):
        line = events.trigger(8)[:-1] + b', "padding": "' + b"z" * (100 * 1024) + b'"}'
        self.daemon.run(config(), events.stream([line]))
        self.assert_all_out([line])
        self.assert_found([8])

    def test_name_value_pairs_instead_of_text(self):
        lines = [events.trigger(1), events.ordinary(2), events.trigger(3)]
        self.daemon.run(
            config('profile("lab") fields(prefix(".event."))',
                   before='parser { json-parser(prefix(".event.")); };'),
            events.stream(lines))
        self.assert_all_out(lines)
        self.assert_found([1, 3])

    def test_text_from_a_template(self):
        lines = [events.trigger(1), events.ordinary(2)]
        self.daemon.run(
            config('profile("lab") template("${.raw}")',
                   before='rewrite { set("${MESSAGE}" value(".raw")); set("hidden" value("MESSAGE")); };'),
            events.stream(lines))
        self.assert_all_out([b"hidden", b"hidden"])
        self.assert_found([1])


if __name__ == "__main__":
    unittest.main()
