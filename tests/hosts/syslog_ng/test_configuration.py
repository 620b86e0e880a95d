"""What is wrong in a configuration is refused, with file, line and column, before anything runs."""
import unittest

from daemon import Daemon

# The block opens in column 3 of line 3: line 1 is @version.
PATH = """parser p_c2watch {
  c2watch(%s);
};
"""


class Configuration(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(self)

    def assert_refused(self, options, column, *said):
        status, output = self.daemon.check(PATH % options)
        self.assertEqual(status, 1, output)
        place = f"{self.daemon.path('syslog-ng.conf')}:3:{column}-"
        self.assertIn(place, output)
        for text in said:
            self.assertIn(text, output)

    def assert_accepted(self, options):
        status, output = self.daemon.check(PATH % options)
        self.assertEqual(status, 0, output)

    def test_no_option_is_needed(self):
        self.assert_accepted("")

    def test_every_option_together(self):
        self.assert_accepted('profile("seed") prefix(".x.") inject-mode("none") clock("events") '
                             'template("${MESSAGE}") persist-name("mine")')
        self.assert_accepted('profile("lab") fields(prefix(".sysmon."))')

    def test_unknown_profile(self):
        self.assert_refused('profile("nosuch")', 19, "nosuch")

    def test_not_even_the_name_of_a_profile(self):
        self.assert_refused('profile("a\\"b")', 19, "profile")

    def test_unknown_option(self):
        self.assert_refused('treshold(5)', 11, "syntax error")

    def test_unknown_inject_mode(self):
        self.assert_refused('inject-mode("clone")', 23, "pass-through, internal or none")

    def test_unknown_clock(self):
        self.assert_refused('clock("utc")', 17, "host or events")

    def test_empty_prefix(self):
        self.assert_refused('prefix("")', 18, "must not be empty")

    def test_bad_template(self):
        self.assert_refused('template("${MESSAGE")', 20, "Error compiling template")

    def test_template_and_fields(self):
        self.assert_refused('template("$MSG") fields(prefix(".x."))', 3,
                            "either template() or fields()")

    def test_profile_and_config_file(self):
        path = self.daemon.write("c2watch.json", '{"extends": "lab"}')
        self.assert_refused(f'profile("lab") config-file("{path}")', 38,
                            "either profile() or config-file()")

    def test_good_config_file(self):
        path = self.daemon.write("c2watch.json", '{"extends": "lab"} // comments are fine\n')
        self.assert_accepted(f'config-file("{path}")')

    def test_config_file_that_is_not_there(self):
        self.assert_refused('config-file("/nonexistent/c2watch.json")', 23,
                            "/nonexistent/c2watch.json")

    def test_config_file_with_a_relative_path(self):
        self.assert_refused('config-file("c2watch.json")', 23, "absolute path")

    def test_config_file_with_an_unknown_setting(self):
        path = self.daemon.write("c2watch.json", '{\n  "extends": "lab",\n  "no_such_setting": 1\n}\n')
        self.assert_refused(f'config-file("{path}")', 23, f"{path}:3", "no_such_setting")

    def test_config_file_that_is_not_json(self):
        path = self.daemon.write("c2watch.json", '{"extends": "lab"')
        self.assert_refused(f'config-file("{path}")', 23, f"{path}:1")

    def test_config_file_with_a_zero_byte(self):
        path = self.daemon.write("c2watch.json", b'{"extends": "lab"}\0')
        self.assert_refused(f'config-file("{path}")', 23, "zero byte")

    def test_two_blocks_that_would_share_their_state_by_accident(self):
        twice = ('source s { internal(); };\n'
                 'parser p { c2watch(persist-name("same")); };\n'
                 'parser q { c2watch(persist-name("same")); };\n'
                 'log { source(s); parser(p); parser(q); };\n')
        self.daemon.start(twice.replace('persist-name("same")', ""))
        self.daemon.stop()
        with self.assertRaises(AssertionError):
            self.daemon.start(twice)
        self.daemon.process = None
        self.assertIn("persist", self.daemon.log())


if __name__ == "__main__":
    unittest.main()
