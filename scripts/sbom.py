#!/usr/bin/env python3
"""Writes what the built objects are made of, as SPDX 2.3 JSON. usage:

  scripts/sbom.py --build build/release --output build/release/c2watch.spdx.json

It looks at the objects, not at a list of wishes: every shared library that an object needs, with the
Debian package and version that provided it here, and the libraries that were compiled in (headers
and archives named by the compiler's dependency files and by the link lines). Each object is listed
with its SHA-1 and SHA-256. SOURCE_DATE_EPOCH sets the date, so that two builds give one document.

Exit codes: 0 written, 2 wrong arguments, 3 an object or a package could not be read.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What we ship, relative to the build folder.
OBJECTS = [
    "lib/libc2watch.so",
    "lib/flb-filter_c2watch.so",
    "lib/syslog-ng/libc2watch_syslogng.so",
    "bin/c2watch-pipe",
    "bin/c2watch",
    "bin/c2sim",
]

# Licences as SPDX expressions, by Debian source package; a package that is not here is written down
# as NOASSERTION, never guessed.
LICENSES = {
    "boost1.74": "BSL-1.0",
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "glib2.0": "LGPL-2.1-or-later",
    "glibc": "LGPL-2.1-or-later",
    "ivykis": "LGPL-2.1-only",
    "libarchive": "BSD-2-Clause",
    "libbfio": "LGPL-3.0-or-later",
    "libevtx": "LGPL-3.0-or-later",
    "libpsl": "MIT",
    "nlohmann-json3": "MIT",
    "pugixml": "MIT",
    "simdjson": "Apache-2.0",
    "syslog-ng": "LGPL-2.1-or-later AND GPL-2.0-or-later",
    "xxhash": "BSD-2-Clause",
}

# Where a daemon keeps its own libraries, which it has loaded before it loads us.
HOST_FOLDERS = [pathlib.Path("/usr/lib/syslog-ng")]

# The C and C++ run-time's own headers and the kernel's are part of the toolchain, not of us.
TOOLCHAIN_PACKAGES = re.compile(r"^(libc6-dev|linux-libc-dev|libstdc\+\+-.*-dev|libgcc-.*-dev)$")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:3])}: {done.stderr.strip() or 'failed'}")
    return done.stdout


def owners(paths):
    """The Debian packages that installed these files."""
    found = set()
    paths = sorted({os.path.realpath(p) for p in paths})
    for start in range(0, len(paths), 200):
        done = subprocess.run(["dpkg-query", "-S", *paths[start:start + 200]],
                              capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            packages, separator, _ = line.partition(": /")
            if separator and not packages.startswith("diversion"):
                found.update(p.strip() for p in packages.split(","))
    return found


def shared_libraries(target):
    """Where the run-time loader finds what `target` needs itself (not what those need in turn)."""
    needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "-dW", str(target))))
    resolved = {}
    for line in run("ldconfig", "-p").splitlines():
        name, arrow, path = line.strip().partition(" => ")
        if arrow and "x86-64" in name:
            resolved.setdefault(name.split()[0], path)
    for folder in HOST_FOLDERS:
        for path in folder.glob("*.so*"):
            resolved.setdefault(path.name, str(path))
    missing = sorted(needed - resolved.keys())
    if missing:
        raise RuntimeError(f"{target}: no shared library {', '.join(missing)} on this machine")
    return {resolved[name] for name in needed}


def compiled_in(build):
    """Headers from outside the project that the compiler read, and archives that were linked."""
    used = set()
    deps = run("ninja", "-C", str(build), "-t", "deps")
    wanted = False
    for line in deps.splitlines():
        if line and not line.startswith(" "):
            wanted = line.startswith(("plugin/", "harness/", "bench/", "simulator/")) and \
                not line.startswith("plugin/bench/")
        elif wanted and line.strip().startswith("/usr/include/"):
            used.add(line.strip())
    for line in run("ninja", "-C", str(build), "-t", "query", "lib/libc2watch.so").splitlines():
        if line.strip().endswith(".a") and line.strip().startswith("/"):
            used.add(line.strip())
    return used


def package_element(name, how):
    fields = run("dpkg-query", "-W", "-f=${Package}\t${Version}\t${source:Package}\t${Architecture}",
                 name).split("\t")
    package, version, source, architecture = fields
    return {
        "SPDXID": "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", package),
        "name": package,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": LICENSES.get(source, "NOASSERTION"),
        "copyrightText": "NOASSERTION",
        "comment": how,
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{package}@{version}?arch={architecture}&distro=debian-12",
        }],
    }


def digest(path, algorithm):
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


def document(build):
    version = re.search(r"project\(c2watch VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    objects = [build / name for name in OBJECTS if (build / name).exists()]
    if build / OBJECTS[0] not in objects:
        raise RuntimeError(f"{build / OBJECTS[0]} is not built: cmake --build {build}")

    files, relationships, packages = [], [], {}
    for target in objects:
        name = str(target.relative_to(build))
        identity = "SPDXRef-File-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)
        files.append({
            "SPDXID": identity,
            "fileName": "./" + name,
            "fileTypes": ["BINARY"],
            "checksums": [{"algorithm": "SHA1", "checksumValue": digest(target, "sha1")},
                          {"algorithm": "SHA256", "checksumValue": digest(target, "sha256")}],
            "licenseConcluded": "Apache-2.0",
            "licenseInfoInFiles": ["NOASSERTION"],
            "copyrightText": "NOASSERTION",
        })
        relationships.append(("SPDXRef-Package-c2watch", "CONTAINS", identity))
        for package in owners(shared_libraries(target)):
            element = packages.setdefault(package, package_element(package, "shared library"))
            relationships.append((identity, "DYNAMIC_LINK", element["SPDXID"]))

    for package in owners(compiled_in(build)):
        if TOOLCHAIN_PACKAGES.match(package.split(":")[0]):
            continue
        element = packages.setdefault(package, package_element(package, "headers or archive, compiled in"))
        relationships.append(("SPDXRef-Package-c2watch", "DEPENDS_ON", element["SPDXID"]))

    # As the specification computes it: SHA-1 over the sorted SHA-1s of the files.
    sha1s = sorted(f["checksums"][0]["checksumValue"] for f in files)
    verification = hashlib.sha1("".join(sha1s).encode()).hexdigest()
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", run("git", "-C", str(ROOT), "log", "-1", "--format=%ct")))
    ours = {
        "SPDXID": "SPDXRef-Package-c2watch",
        "name": "c2watch",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": verification},
        "licenseConcluded": "Apache-2.0",
        "licenseInfoFromFiles": ["NOASSERTION"],
        "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION",
    }
    relationships.append(("SPDXRef-DOCUMENT", "DESCRIBES", ours["SPDXID"]))
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"c2watch-{version}",
        "documentNamespace": f"urn:c2watch:spdx:{version}:{verification}",
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
            "creators": [f"Tool: c2watch-sbom-{version}"],
        },
        "packages": [ours] + sorted(packages.values(), key=lambda p: p["name"]),
        "files": files,
        "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b}
                          for a, kind, b in sorted(set(relationships))],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--output", type=pathlib.Path, help="default: standard output")
    arguments = parser.parse_args()
    try:
        text = json.dumps(document(arguments.build.resolve()), indent=1) + "\n"
        if arguments.output is None:
            sys.stdout.write(text)
            return 0
        with tempfile.NamedTemporaryFile("w", dir=arguments.output.resolve().parent, delete=False) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        os.replace(file.name, arguments.output)
        return 0
    except (OSError, RuntimeError) as error:
        print(f"sbom: {error}", file=sys.stderr)
        return 3


sys.exit(main())
