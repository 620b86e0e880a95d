"""Every test that SECURITY.md names for a promise is one that CTest runs.

usage: promises_test.py SECURITY.md BUILD_FOLDER
"""
import json
import re
import subprocess
import sys


def named_tests(text):
    """The names in backquotes in the last column of the table of promises."""
    table = text[text.index("## Each promise and its tests"):]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    return {row.split("|")[1].strip(): re.findall(r"`(\w+)`", row.split("|")[2]) for row in rows}


def main():
    security, build = sys.argv[1:]
    listed = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, check=True,
                            capture_output=True, text=True)
    known = {test["name"] for test in json.loads(listed.stdout)["tests"]}
    promises = named_tests(open(security, encoding="utf-8").read())
    if len(promises) < 10:
        sys.exit("SECURITY.md: the table of promises was not found")
    wrong = [f"SECURITY.md: no test {name!r}, named for: {promise}"
             for promise, names in promises.items() for name in names if name not in known]
    wrong += [f"SECURITY.md: no test is named for: {promise}"
              for promise, names in promises.items() if not names]
    print("\n".join(wrong) or f"{len(promises)} promises, each with tests that exist")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
