"""The CI examples must be what their systems read, and their commands must do what they say.

usage: ci_examples_test.py EXAMPLES_FOLDER BUILD_FOLDER

Every script in them is run, by bash as the systems run it, in a folder of its own with the built
programs in the PATH.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

import yaml

EXAMPLES, BUILD = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
HOSTED = {"ubuntu-latest"}  # runners that every account has

HOLDS = {"schema": "c2watch.gate/1",
         "coverage": {"minimum": [{"test": 3, "profile": "lab", "detection_percent": 100}]}}
DOES_NOT = {"schema": "c2watch.gate/1",
            "coverage": {"minimum": [{"test": 3, "profile": "seed", "detection_percent": 100}]}}


def load(name):
    with open(EXAMPLES / name, encoding="utf-8") as file:
        return yaml.safe_load(file)


class Job:
    """A folder in which the scripts of a job run one after the other."""

    def __init__(self, test, gate):
        self.folder = tempfile.TemporaryDirectory()
        test.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        (self.path / "gate.json").write_text(json.dumps(gate), encoding="utf-8")
        self.summary = self.path / "summary"
        self.environment = {**os.environ, "GATE": "gate.json",
                            "PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}",
                            "GITHUB_STEP_SUMMARY": str(self.summary),
                            "GITHUB_PATH": str(self.path / "path")}

    def run(self, script):
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=self.path,
                              env=self.environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class Common:
    text = ""

    def check_files(self, job, names):
        for name in names:
            content = (job.path / name).read_text(encoding="utf-8")
            self.assertNotEqual(content, "", name)
            if name.endswith(".xml"):
                self.assertEqual(xml.dom.minidom.parseString(content).documentElement.tagName,
                                 "testsuites")
            if name.endswith((".json", ".sarif")):
                json.loads(content)

    def test_it_names_no_machine_of_ours(self):
        for pattern in (r"self-hosted", r"https?://", r"\btags:", r"\d+\.\d+\.\d+\.\d+", r"/home/",
                        r"/root/"):
            self.assertIsNone(re.search(pattern, self.text), pattern)


class GitHub(Common, unittest.TestCase):
    text = (EXAMPLES / "github.yml").read_text(encoding="utf-8")

    def setUp(self):
        self.workflow = load("github.yml")
        self.job = self.workflow["jobs"]["gate"]

    def test_it_is_a_workflow_on_a_hosted_runner_in_a_container(self):
        self.assertEqual(set(self.workflow[True]), {"push", "pull_request"})  # YAML 1.1: on
        self.assertIn(self.job["runs-on"], HOSTED)
        self.assertEqual(self.job["container"], "debian:12")
        self.assertEqual(self.workflow["permissions"], {"contents": "read"})
        self.assertLessEqual(self.job["timeout-minutes"], 60)
        for step in self.job["steps"]:
            self.assertEqual(("uses" in step) + ("run" in step), 1, step)
        used = [s["uses"] for s in self.job["steps"] if "uses" in s]
        self.assertEqual([u.split("@")[0] for u in used],
                         ["actions/checkout", "actions/upload-artifact",
                          "github/codeql-action/upload-sarif"])
        for name in used:
            self.assertRegex(name, r"@v\d+$")

    def run_steps(self, gate):
        """Exit codes by the step's name; like the runner, only always() goes on after a failure."""
        job, codes, failed = Job(self, gate), {}, False
        for step in self.job["steps"]:
            if "run" not in step or (failed and step.get("if") != "always()"):
                continue
            code, said = job.run(step["run"])
            codes[step["name"]] = code
            failed = failed or code != 0
            self.assertIn(code, (0, 1), said)
        return job, codes

    def test_what_it_uploads_is_there_whether_the_gate_holds_or_not(self):
        steps = self.job["steps"]
        uploaded = next(s["with"]["path"] for s in steps if "artifact" in s.get("uses", "")).split()
        sarif = next(s["with"]["sarif_file"] for s in steps if "sarif" in s.get("uses", ""))
        for gate, held in ((HOLDS, True), (DOES_NOT, False)):
            job, codes = self.run_steps(gate)
            self.assertEqual(codes["Gate"], 0 if held else 1)
            self.assertEqual(codes["Four tests, in full"], 0)
            self.check_files(job, [*uploaded, sarif])
            self.assertIn("✅ pass" if held else "❌ fail", job.summary.read_text())

    def test_steps_after_the_gate_run_always(self):
        names = [s.get("name") for s in self.job["steps"]]
        for step in self.job["steps"][names.index("Gate") + 1:]:
            self.assertEqual(step["if"], "always()", step)


class GitLab(Common, unittest.TestCase):
    text = (EXAMPLES / "gitlab.yml").read_text(encoding="utf-8")

    def setUp(self):
        self.job = load("gitlab.yml")["detection"]

    def test_it_is_a_job_in_a_container_with_rules(self):
        self.assertEqual(self.job["image"], "debian:12")
        self.assertEqual(self.job["stage"], "test")
        self.assertEqual(self.job["artifacts"]["when"], "always")
        for rule in self.job["rules"]:
            self.assertRegex(rule["if"], r"^\$CI_")

    def test_what_it_keeps_is_there_whether_the_gate_holds_or_not(self):
        artifacts = self.job["artifacts"]
        kept = [*artifacts["reports"]["junit"], *artifacts["paths"]]
        for gate, code in ((HOLDS, 0), (DOES_NOT, 1), ({"schema": "wrong"}, 3)):
            job = Job(self, gate)
            got, said = job.run("\n".join([*self.job["before_script"], *self.job["script"]]))
            self.assertEqual(got, code, said)
            self.check_files(job, kept if code != 3 else ["verify.xml"])


class Both(unittest.TestCase):
    def test_they_run_the_same_commands(self):
        def commands(text):
            return sorted(c.rstrip() for c in re.findall(r"c2watch (?:gate|verify) [^|\n]*", text))

        self.assertEqual(len(commands(GitHub.text)), 2)
        self.assertEqual(commands(GitHub.text), commands(GitLab.text))

    def test_they_build_what_the_commands_need(self):
        for text in (GitHub.text, GitLab.text):
            for target in ("bin/c2watch", "bin/c2sim", "lib/libc2watch.so"):
                self.assertIn(target, text)
                self.assertTrue((BUILD / target).exists(), target)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
