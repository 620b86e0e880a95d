"""The bill of materials must describe the very objects of this build, and close under its own names.

usage: sbom_test.py SBOM_SCRIPT BUILD_FOLDER
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT, BUILD = sys.argv[1], pathlib.Path(sys.argv[2])


def sbom(*arguments, **environment):
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True,
                          check=False, env={**os.environ, **environment})


class Sbom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = sbom("--build", str(BUILD), SOURCE_DATE_EPOCH="1700000000")
        assert done.returncode == 0, done.stderr
        cls.document = json.loads(done.stdout)
        cls.text = done.stdout

    def test_it_is_spdx_with_what_the_standard_requires(self):
        for field in ("spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace",
                      "creationInfo"):
            self.assertIn(field, self.document)
        self.assertEqual(self.document["spdxVersion"], "SPDX-2.3")
        self.assertEqual(self.document["creationInfo"]["created"], "2023-11-14T22:13:20Z")
        for package in self.document["packages"]:
            for field in ("name", "SPDXID", "downloadLocation", "versionInfo", "licenseDeclared"):
                self.assertIn(field, package)

    def test_checksums_are_those_of_the_files(self):
        self.assertGreaterEqual(len(self.document["files"]), 5)
        for file in self.document["files"]:
            content = (BUILD / file["fileName"]).read_bytes()
            self.assertEqual({c["algorithm"]: c["checksumValue"] for c in file["checksums"]},
                             {"SHA1": hashlib.sha1(content).hexdigest(),
                              "SHA256": hashlib.sha256(content).hexdigest()})

    def test_every_name_in_a_relationship_is_defined_once(self):
        elements = self.document["packages"] + self.document["files"]
        names = [e["SPDXID"] for e in elements] + [self.document["SPDXID"]]
        self.assertEqual(len(names), len(set(names)))
        for relation in self.document["relationships"]:
            self.assertIn(relation["spdxElementId"], names)
            self.assertIn(relation["relatedSpdxElement"], names)

    def test_what_is_linked_and_what_is_compiled_in_are_both_there(self):
        names = {p["name"] for p in self.document["packages"]}
        for package in ("libsimdjson14", "libpsl5", "libpugixml-dev", "nlohmann-json3-dev",
                        "libxxhash-dev", "libarchive13", "libevtx1"):
            self.assertIn(package, names)

    def test_no_licence_was_forgotten(self):
        self.assertEqual([p["name"] for p in self.document["packages"]
                          if p["licenseDeclared"] == "NOASSERTION"], [])

    def test_two_runs_give_one_document(self):
        again = sbom("--build", str(BUILD), SOURCE_DATE_EPOCH="1700000000")
        self.assertEqual(again.stdout, self.text)

    def test_the_file_is_written_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "c2watch.spdx.json")
            done = sbom("--build", str(BUILD), "--output", str(path), SOURCE_DATE_EPOCH="1700000000")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(path.read_text(), self.text)
            self.assertEqual(os.listdir(folder), ["c2watch.spdx.json"])

    def test_an_empty_folder_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            done = sbom("--build", folder)
            self.assertEqual(done.returncode, 3)
            self.assertIn("is not built", done.stderr)


unittest.main(argv=sys.argv[:1])
