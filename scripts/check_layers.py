#!/usr/bin/env python3
"""Checks that the tree keeps to its architecture. usage: scripts/check_layers.py [PROJECT_ROOT]

1. Every #include "..." in plugin/ goes where the USES lists of plugin/CMakeLists.txt allow: to the
   file's own layer or to one that it uses, directly or through others. Never up, never sideways.
2. Hosts know the detection by abi/c2watch.h alone (and each host its own files).
3. Core knows no file, stream, clock, environment, signal, locale or thread: the rules below.
4. The same as 1 for harness/ with bench/ and for simulator/, whose layers list their files. Of the
   plugin they include abi/c2watch.h alone. No layer uses one that uses it.
"""
import pathlib
import re
import sys

# Of the headers below one file may include those that open and write files: checkpoints are the one
# thing for which the plugin touches any, and only when the config names one (abi/c2watch.h, 4).
THE_FILES = "core/engine/checkpoint.cpp"

# What core may not touch, and why. The door (abi/) keeps the same rules.
FORBIDDEN = [
    (r'#\s*include\s*<(fstream|filesystem|iostream|ostream|istream|sstream|streambuf)>',
     "no streams and no files: the collector owns the descriptors, and iostream runs constructors "
     "when we are loaded"),
    (r'#\s*include\s*<(thread|mutex|shared_mutex|condition_variable|future|atomic)>',
     "one engine, one thread at a time: sharding or a lock is the host's choice"),
    (r'#\s*include\s*<(regex)>',
     "std::regex recurses on its input and takes microseconds a record"),
    (r'#\s*include\s*<(csignal|signal\.h|locale|clocale|locale\.h)>',
     "signals and the locale belong to the process, which is not ours"),
    (r'#\s*include\s*<(unistd\.h|sys/socket\.h|netdb\.h|dlfcn\.h|fcntl\.h)>',
     "no descriptors, no network, no loading"),
    (r'\b(system|steady|high_resolution|utc|file)_clock\s*::\s*now\b|\b(time|gettimeofday|'
     r'clock_gettime|localtime|localtime_r|mktime|gmtime)\s*\(',
     "time comes from the event or from the host: a run must be repeatable"),
    (r'\b(getenv|secure_getenv|setenv|putenv)\s*\(',
     "no environment: settings come through the config"),
    (r'\b(abort|exit|_exit|quick_exit|terminate|raise|kill|fork|system|popen)\s*\(',
     "a guest does not end or spawn its host's process"),
    (r'\b(printf|puts|fprintf|perror|putchar)\s*\(',
     "a guest does not print: it has a log callback"),
    (r'\b(fopen|fread|fwrite|freopen|mmap)\s*\(',
     "core opens no files"),
    (r'\b(std::)?(rand|srand|random_device)\b\s*[({]',
     "no hidden randomness: a seed is handed in, and never shows in an answer"),
    (r'\b(tolower|toupper|isalpha|isdigit|isspace|strtod|strtol|atoi|atof|stoi|stod|stol)\s*\(',
     "the C library's answer depends on the locale: use ASCII comparisons and std::from_chars"),
    # Tidying up and throwing on is fine.
    (r'\bcatch\s*\([^{]*\{(?![^{}]*\bthrow;)',
     "the only catch that ends an exception is guarded() in abi/c2watch.cpp"),
]
# The one place where the last rule does not hold.
THE_DOOR = "abi/c2watch.cpp"


def read_layers(cmake_text):
    """{layer: {layers it uses}} from the c2watch_layer() calls."""
    layers = {}
    for name, body in re.findall(r'^c2watch_layer\(\s*(\w+)([^)]*)\)', cmake_text, re.MULTILINE):
        words = re.sub(r'#[^\n]*', '', body).split()
        uses, collecting = set(), False
        for word in words:
            if word in ("USES", "LINKS", "HEADERS", "SOURCES"):
                collecting = word == "USES"
            elif collecting:
                uses.add(word)
        layers[name] = uses
    return layers


def reachable(layers, name):
    """The layer itself and everything that it uses, however indirectly."""
    seen, todo = set(), [name]
    while todo:
        layer = todo.pop()
        if layer not in seen:
            seen.add(layer)
            todo.extend(layers.get(layer, ()))
    return seen


def layer_of(path):
    """core/engine/x.h -> engine, abi/x.h -> abi, hosts/pipe/x.c -> hosts/pipe."""
    parts = path.split("/")
    if parts[0] == "core" and len(parts) > 2:
        return parts[1]
    if parts[0] == "hosts" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def without_comments(text):
    """Blanks out comments and string literals, keeping the line numbers."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
    return re.sub(pattern, lambda m: re.sub(r'[^\n]', ' ', m.group()), text, flags=re.DOTALL)


def check_includes(plugin, path, text, layers):
    mine = layer_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if not match:
            continue
        target = match.group(1)
        if mine.startswith("hosts/"):
            beside = (plugin / path).parent / target
            if target == "abi/c2watch.h" or beside.exists() or (plugin / target).exists() and \
                    layer_of(target) == mine:
                continue
            if not (plugin / target).exists():
                continue  # the host's own headers, or generated ones
            yield f"{path}:{number}: a host may include only abi/c2watch.h, not {target}"
        elif not (plugin / target).exists():
            yield f"{path}:{number}: {target} is not in plugin/ (write the path from plugin/ on)"
        elif mine not in layers:
            yield f"{path}:{number}: layer '{mine}' is not in plugin/CMakeLists.txt"
        elif layer_of(target) not in reachable(layers, mine):
            yield (f"{path}:{number}: layer '{mine}' does not use '{layer_of(target)}', "
                   f"so it may not include {target}")


def check_rules(path, text):
    if not path.startswith(("core/", "abi/")):
        return
    code = without_comments(text)
    for pattern, reason in FORBIDDEN[:-1] if path == THE_DOOR else FORBIDDEN:
        for match in re.finditer(pattern, code):
            if path == THE_FILES and re.search(r"<(unistd|fcntl)\.h>", match.group()):
                continue
            number = code.count("\n", 0, match.start()) + 1
            line = text.splitlines()[number - 1].strip()
            yield f"{path}:{number}: {line}\n    {reason}"


def read_files(cmake_text, folder):
    """{path from the project's root: layer} from the c2watch_layer() calls of one folder."""
    files = {}
    for name, body in re.findall(r'^c2watch_layer\(\s*(\w+)([^)]*)\)', cmake_text, re.MULTILINE):
        for word in re.sub(r'#[^\n]*', '', body).split():
            if word.endswith((".h", ".cpp")):
                files[f"{folder}/{word}"] = name
    return files


def check_listed(root, folders, includes_from):
    """The problems, files and layers of folders whose layers list their files."""
    layers, files = {}, {}
    for folder in folders:
        text = (root / folder / "CMakeLists.txt").read_text(encoding="utf-8")
        layers.update(read_layers(text))
        files.update(read_files(text, folder))
    problems = [f"{name}: uses {used}, which uses {name}" for name, uses in layers.items()
                for used in sorted(uses) if used == name or name in reachable(layers, used)]
    sources = {file for folder in folders for file in (root / folder).rglob("*")
               if file.suffix in (".h", ".cpp")}
    for file in sorted(sources):
        path = file.relative_to(root).as_posix()
        if file.name == "main.cpp":
            continue  # a program: it may use every layer, and nothing includes it
        if path not in files:
            problems.append(f"{path}: in no c2watch_layer() of {', '.join(folders)}")
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if not match or match.group(1) == "plugin/abi/c2watch.h":
                continue
            target = includes_from + match.group(1)
            if target not in files:
                problems.append(f"{path}:{number}: {match.group(1)} is in none of the layers")
            elif files[target] not in reachable(layers, files[path]):
                problems.append(f"{path}:{number}: layer '{files[path]}' does not use "
                                f"'{files[target]}', so it may not include {match.group(1)}")
    return problems, len(sources), layers


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    plugin = root / "plugin"
    layers = read_layers((plugin / "CMakeLists.txt").read_text(encoding="utf-8"))
    problems, count = [], 0
    for file in sorted(plugin.rglob("*")):
        if file.suffix not in (".h", ".cpp", ".c"):
            continue
        path = file.relative_to(plugin).as_posix()
        if path.startswith("bench/"):
            continue  # programs that measure single layers
        text = file.read_text(encoding="utf-8")
        problems += check_includes(plugin, path, text, layers)
        problems += check_rules(path, text)
        count += 1
    problems = [f"plugin/{problem}" for problem in problems]
    for folders, includes_from in ((("harness", "bench", "bench/cli"), ""),
                                   (("simulator",), "simulator/")):
        found, more, named = check_listed(root, folders, includes_from)
        problems += found
        count += more
        layers.update(named)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{count} files keep to the {len(layers)} layers: {', '.join(layers)}")
    return 1 if problems or count == 0 or not layers else 0


if __name__ == "__main__":
    sys.exit(main())
