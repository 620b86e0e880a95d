"""`c2watch scan`: findings that cannot be written are said to be missing, and come with the next run."""
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import unittest

from events import quiet, suspicious

C2WATCH = os.environ["C2WATCH"]
LIBRARY = os.environ["C2WATCH_LIBRARY"]
RECORDS = 200
ONE_IN = 2  # raises a finding


def small_files():
    """The disk is full after 4 KiB of any file; the findings take more."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


class Delivery(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="c2watch-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.input = self.folder / "in.jsonl"
        self.input.write_text("".join(
            (quiet(i) if i % ONE_IN else suspicious(i)) + "\n" for i in range(1, RECORDS + 1)))
        self.output = self.folder / "findings.jsonl"

    def scan(self, *arguments, **options):
        return subprocess.run(
            [C2WATCH, "scan", "--plugin", LIBRARY, *arguments, self.input], text=True,
            stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, timeout=60,
            **options)

    def ids(self):
        return [json.loads(line)["id"] for line in self.output.read_text().splitlines()]

    def assert_all(self):
        ids = self.ids()
        self.assertEqual((len(ids), len(set(ids))), (RECORDS // ONE_IN,) * 2, "each once")

    def with_checkpoint(self):
        config = self.folder / "config.json"
        config.write_text(json.dumps({
            "extends": "lab", "checkpoint": {"path": str(self.folder / "state")}}))
        return ["--config", config, "--format", "json", "-o", self.output]

    def test_a_full_disk_is_an_error_and_leaves_nothing_half_written(self):
        done = self.scan("--profile", "lab", "--format", "json", "-o", self.output,
                         preexec_fn=small_files)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(f"{self.output}: File too large", done.stderr)
        self.assertEqual([p.name for p in self.folder.iterdir()], [self.input.name])

    def test_a_full_standard_output_is_an_error(self):
        for arguments in (["--format", "json"], ["--stream"], []):
            with self.subTest(arguments), open("/dev/full", "w") as full:
                done = self.scan("--profile", "lab", *arguments, stdout=full)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn("(standard output): No space left on device", done.stderr)

    def test_a_reader_that_left_is_no_success(self):
        for arguments in (["--format", "json"], ["--stream"]):
            with self.subTest(arguments):
                reader, writer = os.pipe()
                os.close(reader)
                with open(writer, "w") as gone:
                    self.assertNotEqual(
                        self.scan("--profile", "lab", *arguments, stdout=gone).returncode, 0)

    def test_what_could_not_be_written_comes_with_the_next_run(self):
        arguments = self.with_checkpoint()
        self.output.mkdir()
        done = self.scan(*arguments)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(str(self.output), done.stderr)
        self.output.rmdir()
        self.assertEqual(self.scan(*arguments).returncode, 0)
        self.assert_all()

    def test_a_kill_before_the_output_loses_nothing(self):
        arguments = self.with_checkpoint()
        fifo = self.folder / "more"
        os.mkfifo(fifo)
        # The second input never ends, so the process dies with all findings raised and none written.
        child = subprocess.Popen(
            [C2WATCH, "scan", "--plugin", LIBRARY, *arguments, self.input, fifo],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with open(fifo, "w") as writer:  # opened: the first input is read
                writer.flush()
                child.kill()
                child.wait()
        finally:
            child.kill()
            child.wait()
        self.assertFalse(self.output.exists())
        self.assertEqual(self.scan(*arguments).returncode, 0)
        self.assert_all()


if __name__ == "__main__":
    unittest.main()
