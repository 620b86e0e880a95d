"""The real syslog-ng in a folder of its own: its own configuration, state, control socket and log.

    daemon = Daemon(self)                       # a unittest.TestCase; cleaned up with it
    daemon.run(CONFIG, stdin=b"line\\n")         # until the end of the input
    daemon.start(CONFIG); daemon.reload(CONFIG2); daemon.stop()

`{dir}` in a configuration is the folder. No ports, no files outside of the folder, and only processes
that were started here are signalled.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

DAEMON = os.environ["C2WATCH_SYSLOG_NG"]
CTL = os.environ["C2WATCH_SYSLOG_NG_CTL"]
MODULE_PATH = os.environ["C2WATCH_SYSLOG_NG_MODULE_PATH"]
# Sanitizer run-times that must be in the process before the module is loaded; empty otherwise.
PRELOAD = os.environ.get("C2WATCH_SYSLOG_NG_PRELOAD", "")
SUPPRESSIONS = pathlib.Path(__file__).parent / "tsan.supp"

VERSION = "@version: 3.38\n"

# A log path through the module, its options at %s: records end in `out`, findings in `findings`.
FROM_A_FILE = """
source s_in { file("{dir}/in" flags(no-parse) %s); };
parser p_c2watch { c2watch(%s); };
destination d_out { file("{dir}/out" template("${MESSAGE}\\n")); };
destination d_findings { file("{dir}/findings" template("${MESSAGE}\\n")); };
log {
  source(s_in);
  parser(p_c2watch);
  if { filter { tags("c2watch.finding"); }; destination(d_findings); }
  else { destination(d_out); };
  flags(flow-control);
};
"""
# Far above what any step takes, also under a sanitizer on a busy machine.
PATIENCE_S = 60


class Daemon:
    def __init__(self, test):
        self.test = test
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="c2watch-"))
        self.process = None
        self.starts = 0
        test.addCleanup(self._clean_up)

    def path(self, name):
        return self.dir / name

    def write(self, name, data):
        self.path(name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return self.path(name)

    def append(self, name, data):
        with open(self.path(name), "ab") as file:
            file.write(data)

    def lines(self, name):
        """Complete lines of a file that the daemon writes; [] while there is none."""
        if not self.path(name).exists():
            return []
        return self.path(name).read_bytes().split(b"\n")[:-1]

    def log(self):
        return self.path("log").read_text(errors="replace") if self.path("log").exists() else ""

    def check(self, config):
        """`syslog-ng -s`: exit status and all that it printed."""
        self._configure(config)
        done = subprocess.run(
            self._command("-s"), env=self._environment(), capture_output=True, text=True,
            timeout=PATIENCE_S)
        return done.returncode, done.stdout + done.stderr

    def run(self, config, stdin=b""):
        """Until the end of the input; for configurations with a stdin() source."""
        self._configure(config)
        with open(self.path("log"), "ab") as log:
            done = subprocess.run(
                self._command("-F", "-e"), env=self._environment(), input=stdin, stdout=log,
                stderr=log, timeout=PATIENCE_S * 4)
        self.test.assertEqual(done.returncode, 0, self.log())

    def start(self, config):
        self._configure(config)
        before = self.log().count("syslog-ng starting up")
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                self._command("-F", "-e"), env=self._environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
                restore_signals=False)  # Python ignores SIGXFSZ: a file limit fails like a full disk
        self.wait_until(
            lambda: self.log().count("syslog-ng starting up") > before or self._exited(), "started")
        self.test.assertIsNone(self.process.poll(), self.log())

    def reload(self, config):
        """`syslog-ng-ctl reload`: exit status and what it printed."""
        self._configure(config)
        done = subprocess.run(
            [CTL, "reload", "-c", str(self.path("ctl"))], env=self._environment(sanitized=False),
            capture_output=True, text=True, timeout=PATIENCE_S)
        return done.returncode, done.stdout + done.stderr

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
            if time.monotonic() > deadline:
                self.test.fail(f"waited {PATIENCE_S} s for: {what}\n{self.log()}")
            time.sleep(0.01)

    def _exited(self):
        return self.process.poll() is not None

    def _configure(self, config):
        self.write("syslog-ng.conf", VERSION + config.replace("{dir}", str(self.dir)))

    def _command(self, *options):
        return [
            DAEMON, *options, "--no-caps", f"--module-path={MODULE_PATH}",
            "-f", str(self.path("syslog-ng.conf")), "-R", str(self.path("persist")),
            "-c", str(self.path("ctl")), "-p", str(self.path("pid"))]

    def _environment(self, sanitized=True):
        environment = dict(os.environ)
        if PRELOAD and sanitized:
            environment["LD_PRELOAD"] = PRELOAD
            # What the daemon leaves unfreed and unjoined at its end is not ours to judge.
            environment["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=1"
            environment["TSAN_OPTIONS"] = f"report_thread_leaks=0:suppressions={SUPPRESSIONS}"
        return environment

    def _clean_up(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.dir)
