"""The configurations that users paste: each source with each sink, read by the real rsyslogd."""
import json
import pathlib
import shutil
import subprocess
import unittest

import test_rsyslog
from events import quiet, suspicious
from test_rsyslog import PIPE, RSYSLOGD, Rsyslog, skip_without_rsyslogd

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "plugin/hosts/pipe/examples"
SOURCES = sorted(path.name for path in (EXAMPLES / "sources").iterdir())
PACKAGES = {"omkafka": "rsyslog-kafka", "omelasticsearch": "rsyslog-elasticsearch",
            "omhttp": "omhttp, which Debian does not have,"}


@skip_without_rsyslogd
class Examples(Rsyslog):
    def setUp(self):
        super().setUp()
        shutil.copytree(EXAMPLES, self.dir, dirs_exist_ok=True)
        for path in self.dir.rglob("*.conf"):
            path.write_text(path.read_text().replace("/etc/rsyslog-c2watch", str(self.dir))
                            .replace("/var/spool/rsyslog", str(self.dir))
                            .replace("/var/log/c2watch/records.log", str(self.dir / "out"))
                            .replace("/var/log/c2watch/findings.json", str(self.dir / "findings"))
                            .replace("/var/log/openwec/forwarded.log", str(self.dir / "in"))
                            .replace("/usr/bin/c2watch-pipe", PIPE))

    def config(self, source, sink):
        text = (self.dir / "c2watch.conf").read_text()
        for shipped, ours in (("sources/winlogbeat.conf", f"sources/{source}"),
                              ("sinks/file.conf", f"sinks/{sink}")):
            self.assertIn(shipped, text)
            text = text.replace(shipped, ours)
        return text

    def every_source_with(self, sink, module=None):
        if module and not any(pathlib.Path(p, module + ".so").exists()
                              for p in test_rsyslog.module_path().split(":")):
            self.skipTest(f"{PACKAGES[module]} is not installed")
        self.assertEqual(len(SOURCES), 5)
        for source in SOURCES:
            with self.subTest(source):
                config = self.dir / "pasted.conf"
                config.write_text(self.config(source, sink))
                done = subprocess.run(test_rsyslog.command(config, "-N1"), capture_output=True,
                                      text=True, env=test_rsyslog.environment())
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("error", done.stderr)

    def test_file(self):
        self.every_source_with("file.conf")

    def test_sumologic(self):
        self.every_source_with("sumologic.conf", "omhttp")

    def test_elasticsearch(self):
        self.every_source_with("elasticsearch.conf", "omelasticsearch")

    def test_kafka(self):
        self.every_source_with("kafka.conf", "omkafka")

    def test_the_first_finding(self):
        self.start(self.config("wef_xml.conf", "file.conf"))  # JSON lines do as well
        self.feed([quiet(1), suspicious(2)])
        self.wait_for("findings", 1)
        self.wait_for("out", 2)
        self.assertEqual(json.loads(self.lines("findings")[0])["findings"][0]["host"], "WS-2")
        self.assertEqual(self.lines("out"), [quiet(1), suspicious(2)])


if __name__ == "__main__":
    unittest.main()
