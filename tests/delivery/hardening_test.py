"""check_hardening.sh must refuse an object for each property that it lacks, and name it.

usage: hardening_test.py CHECK_HARDENING C_COMPILER
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK, COMPILER = sys.argv[1:3]

SOURCE = """
#include <string.h>
#include <stdio.h>
void fill(char *text);
int door(const char *name);
int door(const char *name) {
  char copy[64];
  fill(copy);
  strcpy(copy, name);
  return printf("%s", copy);
}
void fill(char *text) { text[0] = 'x'; }
"""
COMPILE = ["-O2", "-fPIC", "-shared", "-fstack-protector-strong", "-fcf-protection=full",
           "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"]
LINK = ["-Wl,-z,relro,-z,now,-z,noexecstack"]


class Hardening(unittest.TestCase):
    def verdict(self, options):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "door.c")
            source.write_text(SOURCE)
            built = pathlib.Path(folder, "door.so")
            subprocess.run([COMPILER, "-w", *options, str(source), "-o", str(built)], check=True)
            return subprocess.run([CHECK, str(built)], capture_output=True, text=True, check=False)

    def without(self, *left_out, add=()):
        return self.verdict([o for o in COMPILE + LINK if o not in left_out] + list(add))

    def test_all_of_it_passes(self):
        done = self.without()
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_each_missing_property_is_named(self):
        cases = {
            "relro": self.without(*LINK, add=["-Wl,-z,norelro"]),
            "stack": self.without(add=["-Wl,-z,execstack"]),
            "pie": self.without("-fPIC", "-shared", add=["-no-pie", "-Dfill=main"]),
            "canary": self.without("-fstack-protector-strong", add=["-fno-stack-protector"]),
            "fortify": self.without("-D_FORTIFY_SOURCE=2"),
            "cet": self.without("-fcf-protection=full", add=["-fcf-protection=none"]),
            "path": self.without(add=["-Wl,-rpath,/usr/lib/host:"]),
        }
        for word, done in cases.items():
            with self.subTest(word):
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(f": {word}: ", done.stderr)

    def test_no_object_is_a_wrong_call(self):
        self.assertEqual(subprocess.run([CHECK], capture_output=True, check=False).returncode, 2)


unittest.main(argv=sys.argv[:1])
