"""verify --watch on a terminal: the table that is drawn again and again, as somebody sees it."""
import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import tempfile
import termios
import unittest

BIN = pathlib.Path(os.environ["C2WATCH_BIN"])
PATIENCE_S = 60


class Screen:
    """As much of a terminal as the program asks for: text, line ends, up, erase below."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines, self.at = [""], 0
        self.too_wide, self.too_far_up = [], 0

    def feed(self, text):
        for part in re.split(r"(\x1b\[[0-9;]*[A-Za-z]|\r|\n)", text):
            up = re.fullmatch(r"\x1b\[(\d+)A", part)
            if up:
                self.at -= int(up[1])
                self.too_far_up = max(self.too_far_up, int(up[1]) - (self.rows - 1))
            elif part == "\x1b[J":
                del self.lines[self.at + 1:]
                self.lines[self.at] = ""
            elif part == "\n":
                self.at += 1
                if self.at == len(self.lines):
                    self.lines.append("")
            elif not part.startswith("\x1b") and part != "\r":
                self.lines[self.at] += part
                if len(self.lines[self.at]) > self.columns:
                    self.too_wide.append(self.lines[self.at])


class Watch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="c2watch-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def simulated(self, tests):
        subprocess.run([BIN / "c2sim", "--scenario", "atomic", "--tests", tests, "--shape", "nxlog",
                        "--out", self.dir / "all"], check=True)
        return (self.dir / "all").read_bytes().splitlines(True)

    def watch(self, columns, rows, tests, profiles):
        """The frames that are drawn while telemetry arrives in three parts, and what is left at the end."""
        lines = self.simulated(tests)
        live = self.dir / "live"
        live.write_bytes(b"")
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
            os.environ.pop("NO_COLOR", None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execv(BIN / "c2watch", ["c2watch", "verify", "--watch", "--telemetry", str(live),
                                       "--tests", tests, "--duration", f"{PATIENCE_S}s", *profiles])
        output = b""
        third = len(lines) // 3
        parts = [lines[:third], lines[third:2 * third], lines[2 * third:]]
        while True:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:  # the other side is closed
                break
            if not chunk:
                break
            output += chunk
            if parts and output.count(b"detection: ") > 3 - len(parts):  # drawn anew: more happens
                with open(live, "ab") as file:
                    file.writelines(parts.pop(0))
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, output.decode())
        text = output.decode()
        screen = Screen(columns, rows)
        screen.feed(text)
        return text.split("\x1b[J"), screen

    def test_the_table_is_drawn_in_place_and_gives_way_to_the_report(self):
        for columns in 80, 120:
            with self.subTest(columns=columns):
                frames, screen = self.watch(columns, 40, "1,3", ["--profile", "lab"])
                self.assertGreater(len(frames), 3)
                self.assertIn("EID 1: powershell.exe with its command line: none", frames[0])
                self.assertIn("\x1b[", frames[0], "colours")
                self.assertIn("interval_beacon, at the fifth connection: not yet", frames[0])
                self.assertIn("telemetry: 0 of 4 signals found", frames[0])
                # What was found is there although its line is too long.
                self.assertRegex(frames[-2], r"EID 3: five connections.*: 5 events on WS-0001")
                self.assertIn("telemetry: 4 of 4 signals found", frames[-2])
                self.assertEqual(screen.too_wide, [])
                shown = "\n".join(screen.lines)
                self.assertIn("Verdicts", shown)
                self.assertNotIn("not yet", shown, "nothing of the table is left")
                self.assertEqual(shown.count("c2watch verify"), 1)

    def test_it_is_never_higher_than_the_terminal(self):
        frames, screen = self.watch(80, 12, "1,2,3,4", ["--profile", "lab"])
        self.assertLessEqual(screen.too_far_up, 0)
        self.assertIn("not shown: passed already, or no room", frames[0])
        self.assertIn("detection: 4 of 4 runs passed", "\n".join(frames[-2:]))


if __name__ == "__main__":
    unittest.main()
