"""A real Fluent Bit in a folder of its own.

    host = FluentBit(self)                         # a unittest.TestCase; cleaned up with it
    host.write("in", b"line\\n")
    status, log = host.run(YAML)                   # until exit_on_eof, or until a timeout
    host.start(YAML); host.reload(YAML2); host.stop()
    host.records("out")                            # what an output of the file plugin wrote

`{dir}` in a configuration is the folder, `{filter}` the filter's object, `{port}` a free port of the
loopback. The program is the one that C2WATCH_FLUENT_BIT names, else `fluent-bit` on the PATH.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAM = os.environ.get("C2WATCH_FLUENT_BIT") or shutil.which("fluent-bit") or ""
FILTER = os.environ["C2WATCH_FLUENT_BIT_FILTER"]
WHY_SKIPPED = "no fluent-bit: neither on the PATH nor named by C2WATCH_FLUENT_BIT"
PATIENCE_S = 60

PARSERS = "[PARSER]\n    Name   json\n    Format json\n"
SERVICE = """
service:
  flush: 0.1
  grace: 1
  log_level: info
  parsers_file: {dir}/parsers.conf
  hot_reload: on
  http_server: on
  http_listen: 127.0.0.1
  http_port: {port}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class FluentBit:
    def __init__(self, test):
        self.test = test
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="c2watch-"))
        self.port = free_port()
        self.process = None
        test.addCleanup(self._clean_up)
        self.write("parsers.conf", PARSERS)

    def path(self, name):
        return self.dir / name

    def write(self, name, data):
        self.path(name).write_bytes(data if isinstance(data, bytes) else self.fill(data).encode())
        return self.path(name)

    def fill(self, text):
        for name, value in (("dir", self.dir), ("filter", FILTER), ("port", self.port)):
            text = text.replace("{%s}" % name, str(value))
        return text

    def records(self, name):
        """Records of a file output with `format: plain`; complete lines only."""
        if not self.path(name).exists():
            return []
        return [json.loads(line) for line in self.path(name).read_bytes().split(b"\n")[:-1]]

    def findings(self, name="out"):
        return [r for r in self.records(name) if r.get("c2watch") == "finding"]

    def log(self):
        return self.path("log").read_text(errors="replace") if self.path("log").exists() else ""

    def command(self, *options):
        with open(self.path("log"), "ab") as log:
            done = subprocess.run([PROGRAM, *map(self.fill, options)], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, timeout=PATIENCE_S)
        return done.returncode, self.log()

    def run(self, config, name="fluent-bit.yaml"):
        self.write(name, config)
        return self.command("-c", str(self.path(name)))

    def start(self, config, name="fluent-bit.yaml"):
        self.write(name, config)
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "-c", str(self.path(name))], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        self.wait_until(lambda: "http_server" in self.log() or self.process.poll() is not None,
                        "started")
        self.test.assertIsNone(self.process.poll(), self.log())

    def hang_up(self, config, name="fluent-bit.yaml"):
        """A hot reload by signal, given again while the host drops it: up to a second after another."""
        self.write(name, config)
        begun = "reloading instance"
        before = self.log().count(begun)
        sent = 0.0

        def taken():
            nonlocal sent
            if time.monotonic() - sent > 1:
                self.process.send_signal(signal.SIGHUP)
                sent = time.monotonic()
            return self.log().count(begun) > before
        self.wait_until(taken, "the reload to begin")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE_S)
        self.process = None
        self.test.assertEqual(status, 0, self.log())

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self.process = None

    def wait_until(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            alive = self.process is None or self.process.poll() is None
            if not alive or time.monotonic() > deadline:
                self.test.fail(f"waited for: {what}; the host {'lives' if alive else 'is gone'}\n"
                               + self.log())
            time.sleep(0.02)

    def _clean_up(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.dir)
