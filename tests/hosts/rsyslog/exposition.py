"""Prometheus' text exposition format 0.0.4, read strictly: what a lenient scraper would let through
is an error here."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"^({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)$")
COMMENT = re.compile(rf"^# (HELP|TYPE) ({NAME}) (.+)$")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}


def families(text):
    """{name: (type, {(sample name, labels): value})}; AssertionError where a rule is broken."""
    assert text.endswith("\n") and "\r" not in text, "every line ends with a line feed"
    found, current, helped = {}, None, set()
    for line in text.splitlines():
        comment = COMMENT.match(line)
        if comment:
            word, name, rest = comment.groups()
            if word == "HELP":
                assert name not in helped, f"two helps: {line}"
                helped.add(name)
            else:
                assert name in helped and name not in found, f"out of order: {line}"
                assert rest in ("counter", "gauge", "histogram"), line
                assert name.endswith("_total") == (rest == "counter"), line
                found[name] = (rest, {})
                current = name
            continue
        sample = SAMPLE.match(line)
        assert sample, f"no sample: {line}"
        name, labels, value = sample.groups()
        kind, samples = found[current]
        allowed = [current + s for s in SUFFIXES.get(kind, ("",))]
        assert name in allowed, f"{line} stands in family {current}"
        assert (name, labels) not in samples, f"twice: {line}"
        samples[name, labels] = float(value)
    for name, (kind, samples) in found.items():
        if kind == "histogram":
            check_histogram(name, samples)
    return found


def check_histogram(name, samples):
    buckets = [v for (n, _), v in samples.items() if n == name + "_bucket"]
    assert buckets == sorted(buckets), f"{name}: buckets are cumulative"
    assert samples[name + "_bucket", 'le="+Inf"'] == samples[name + "_count", None], name


def values(text):
    """{'c2watch_records_total{fate="used"}': 17.0, ...}"""
    return {name + (f"{{{labels}}}" if labels else ""): value
            for _, samples in families(text).values() for (name, labels), value in samples.items()}
