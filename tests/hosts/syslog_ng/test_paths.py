"""One parser in several log paths, and several sources into one parser."""
import unittest

import events
from daemon import Daemon

SINKS = """
destination d_out { file("{dir}/out" template("${MESSAGE}\\n")); };
destination d_findings { file("{dir}/findings" template("${MESSAGE}\\n")); };
"""
REST = """
  parser(p_c2watch);
  if { filter { tags("c2watch.finding"); }; destination(d_findings); }
  else { destination(d_out); };
  flags(flow-control);
"""


class Paths(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(self)

    def found(self):
        return sorted(events.computer_of(f) for f in self.daemon.lines("findings"))

    def wait_for_found(self, numbers):
        """Findings are written by another thread than records, so perhaps a little later."""
        self.daemon.wait_until(lambda: self.found() == list(numbers), f"findings {numbers}")

    def test_two_log_paths_share_one_engine(self):
        config = """
source s_a { file("{dir}/a" flags(no-parse)); };
source s_b { file("{dir}/b" flags(no-parse)); };
parser p_c2watch { c2watch(profile("lab")); };
""" + SINKS + "log { source(s_a);" + REST + "};\nlog { source(s_b);" + REST + "};\n"
        self.daemon.write("a", events.stream([events.trigger(1)]))
        self.daemon.write("b", b"")
        self.daemon.start(config)
        self.daemon.wait_until(lambda: len(self.daemon.lines("out")) == 1, "the first record out")
        # The other path's engine, were it another one, would see computer 1 for the first time.
        self.daemon.append("b", events.stream([events.trigger(1), events.trigger(2)]))
        self.daemon.wait_until(lambda: len(self.daemon.lines("out")) == 3, "all records out")
        self.wait_for_found([1, 2])
        self.assertEqual(self.daemon.reload(config)[0], 0)
        self.daemon.append("a", events.stream([events.trigger(2), events.trigger(3)]))
        self.daemon.wait_until(lambda: len(self.daemon.lines("out")) == 5, "all records out")
        self.wait_for_found([1, 2, 3])
        self.daemon.stop()
        self.assertEqual(self.found(), [1, 2, 3])

    def test_one_source_in_two_log_paths_finds_once(self):
        config = """
source s_in { stdin(flags(no-parse)); };
parser p_c2watch { c2watch(profile("lab")); };
""" + SINKS + "log { source(s_in);" + REST + "};\nlog { source(s_in);" + REST + "};\n"
        self.daemon.run(config, events.stream([events.trigger(n) for n in range(100)]))
        self.assertEqual(len(self.daemon.lines("out")), 200)
        self.assertEqual(self.found(), list(range(100)))

    def test_four_sources_at_once(self):
        sources = "".join(
            f'source s_{i} {{ file("{{dir}}/in{i}" flags(no-parse)); }};\n' for i in range(4))
        config = sources + """
parser p_c2watch { c2watch(profile("lab")); };
""" + SINKS + "log {" + "".join(f"source(s_{i});" for i in range(4)) + REST + "};\n"
        lines = [events.trigger(n) if n % 50 == 0 else events.ordinary(n) for n in range(8000)]
        for i in range(4):
            self.daemon.write(f"in{i}", events.stream(lines[i::4]))
        self.daemon.start(config)
        self.daemon.wait_until(lambda: len(self.daemon.lines("out")) == len(lines), "all out")
        self.wait_for_found(range(0, 8000, 50))
        self.daemon.stop()
        self.assertEqual(sorted(self.daemon.lines("out")), sorted(lines))
        self.assertEqual(self.found(), list(range(0, 8000, 50)))


if __name__ == "__main__":
    unittest.main()
