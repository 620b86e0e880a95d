"""The configurations that users paste: each source with each sink, read by the real daemon."""
import pathlib
import shutil
import unittest

import events
from daemon import Daemon, MODULE_PATH

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "plugin/hosts/syslog-ng/examples"
SOURCES = sorted(path.name for path in (EXAMPLES / "sources").iterdir())
PACKAGES = {"libhttp.so": "syslog-ng-mod-http", "libkafka.so": "syslog-ng-mod-rdkafka"}


class Examples(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(self)
        for name in ("sources", "sinks"):
            shutil.copytree(EXAMPLES / name, self.daemon.path(name))
        shutil.copy(EXAMPLES / "c2watch.json", self.daemon.dir)

    def config(self, source, sink):
        text = (EXAMPLES / "c2watch.conf").read_text()
        for shipped, ours in (("@version: 3.38\n", ""),
                              ("/etc/syslog-ng/c2watch\"\n", "{dir}\"\n"),
                              ("sources/winlogbeat.conf", f"sources/{source}"),
                              ("sinks/file.conf", f"sinks/{sink}")):
            self.assertIn(shipped, text)
            text = text.replace(shipped, ours)
        return text

    def every_source_with(self, sink, module=None):
        if module and not any(pathlib.Path(p, module).exists() for p in MODULE_PATH.split(":")):
            self.skipTest(f"{PACKAGES[module]} is not installed")
        self.assertEqual(len(SOURCES), 5)
        for source in SOURCES:
            with self.subTest(source):
                status, output = self.daemon.check(self.config(source, sink))
                self.assertEqual(status, 0, output)

    def test_file(self):
        self.every_source_with("file.conf")

    def test_sumologic(self):
        self.every_source_with("sumologic.conf", "libhttp.so")

    def test_elasticsearch(self):
        self.every_source_with("elasticsearch.conf", "libhttp.so")

    def test_kafka(self):
        self.every_source_with("kafka.conf", "libkafka.so")

    def test_the_first_finding(self):
        for name, shipped in (("sources/wef_xml.conf", "/var/log/openwec/forwarded.log"),
                              ("sinks/file.conf", "/var/log/c2watch")):
            text = self.daemon.path(name).read_text()
            self.assertIn(shipped, text)
            self.daemon.write(name, text.replace(shipped, str(self.daemon.path(
                "in" if "openwec" in shipped else "out"))))
        self.daemon.write("in", events.stream([
            events.xml_ordinary(1), events.xml_trigger(2).replace(b"127.0.0.1", b"203.0.113.10")]))
        self.daemon.start(self.config("wef_xml.conf", "file.conf"))
        self.daemon.wait_until(lambda: self.daemon.lines("out/findings.json"), "a finding")
        self.daemon.stop()
        self.assertEqual([events.computer_of(f) for f in self.daemon.lines("out/findings.json")], [2])
        records = list(self.daemon.path("out").glob("records-*.log"))
        self.assertEqual(len(records[0].read_bytes().splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
