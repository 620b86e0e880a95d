"""The configurations that users paste: each source with each sink, read by the real host."""
import pathlib
import re
import shutil
import subprocess
import unittest

import events  # the records of the syslog-ng tests
from fluent_bit import FILTER, PROGRAM, WHY_SKIPPED, FluentBit

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "plugin/hosts/fluent-bit/examples"
SOURCES = sorted(path.name for path in (EXAMPLES / "sources").iterdir())


@unittest.skipIf(PROGRAM == "", WHY_SKIPPED)
class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plugins = set(re.findall(r"^  (\w+)  ", subprocess.run(
            [PROGRAM, "--help"], capture_output=True, text=True).stdout, re.MULTILINE))

    def setUp(self):
        self.host = FluentBit(self)
        self.host.path("parsers.conf").unlink()
        shutil.copytree(EXAMPLES, self.host.dir, dirs_exist_ok=True)

    def missing(self, *names):
        """The first plugin that one of these files asks for and this host was built without."""
        for name in names:
            for plugin in re.findall(r"- name: (\w+)", self.host.path(name).read_text()):
                if plugin not in self.plugins:
                    return plugin
        return None

    def config(self, source, sink):
        text = (EXAMPLES / "c2watch.yaml").read_text()
        for shipped, ours in (("/usr/local/lib/c2watch/flb-filter_c2watch.so", FILTER),
                              ("/etc/fluent-bit/c2watch", "{dir}"),
                              ("sources/winlogbeat.yaml", f"sources/{source}"),
                              ("sinks/file.yaml", f"sinks/{sink}")):
            self.assertIn(shipped, text)
            text = text.replace(shipped, ours)
        return text

    def every_source_with(self, sink):
        self.assertEqual(len(SOURCES), 6)
        for source in SOURCES:
            with self.subTest(source):
                missing = self.missing(f"sources/{source}", f"sinks/{sink}")
                if missing:
                    self.skipTest(f"this fluent-bit was built without {missing}")
                self.host.write("pasted.yaml", self.config(source, sink))
                status, log = self.host.command("--dry-run", "-c", "{dir}/pasted.yaml")
                self.assertEqual(status, 0, log)

    def test_file(self):
        self.every_source_with("file.yaml")

    def test_sumologic(self):
        self.every_source_with("sumologic.yaml")

    def test_elasticsearch(self):
        self.every_source_with("elasticsearch.yaml")

    def test_kafka(self):
        self.every_source_with("kafka.yaml")

    def test_the_first_finding(self):
        for name, shipped in (("sources/wef_xml.yaml", "/var/log/openwec"),
                              ("sinks/file.yaml", "/var/log/c2watch")):
            text = self.host.path(name).read_text()
            self.assertIn(shipped, text)
            self.host.write(name, text.replace(shipped, str(self.host.dir)))
        self.host.write("in.log", b"")
        config = self.config("wef_xml.yaml", "file.yaml").replace(
            "service:\n", "service:\n  flush: 0.1\n  grace: 1\n  http_server: on\n"
            "  http_listen: 127.0.0.1\n  http_port: {port}\n")
        self.host.start(config)
        with open(self.host.path("in.log"), "ab") as file:
            file.write(events.stream([events.xml_ordinary(1), events.xml_trigger(2).replace(
                b"127.0.0.1", b"203.0.113.10")]))
        self.host.wait_until(lambda: self.host.records("findings.json"), "a finding")
        self.host.wait_until(lambda: len(self.host.records("records.json")) == 2, "the records")
        self.host.stop()
        self.assertEqual([f["host"] for f in self.host.records("findings.json")],
                         ["WS-2.corp.example"])


if __name__ == "__main__":
    unittest.main()
