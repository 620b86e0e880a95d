"""The filter in a real Fluent Bit, wherever one is found."""
import json
import unittest
import urllib.error
import urllib.request

import events  # the records of the syslog-ng tests
from fluent_bit import FluentBit, PROGRAM, SERVICE, WHY_SKIPPED, free_port

PLUGINS = "plugins:\n  - {filter}\n"
WATCH = "    - {name: c2watch, match: '*', profile: lab}\n"
OUTPUT = "  outputs:\n    - {name: file, match: '*', path: '{dir}', file: out, format: plain}\n"


def tail(options="", name="in"):
    return ("    - {name: tail, path: '{dir}/%s', parser: json, tag: windows, read_from_head: on, "
            "exit_on_eof: on%s}\n" % (name, options))


def pipeline(inputs, filters=WATCH, outputs=OUTPUT):
    return (SERVICE + PLUGINS + "pipeline:\n  inputs:\n" + inputs
            + ("  filters:\n" + filters if filters else "") + outputs)


STAYING = tail().replace("exit_on_eof: on", "exit_on_eof: off")


@unittest.skipIf(PROGRAM == "", WHY_SKIPPED)
class RealHost(unittest.TestCase):
    def setUp(self):
        self.host = FluentBit(self)
        self.put("in", events.trigger(1), events.ordinary(2), events.trigger(3))

    def put(self, name, *lines):
        self.host.write(name, events.stream(lines))

    def assert_found(self, computers, name="out"):
        found = {events.computer_of(json.dumps(f)) for f in self.host.findings(name)}
        self.assertEqual(found, set(computers), self.host.log())
        self.assertEqual(len(self.host.findings(name)), len(computers), "each once")

    def wait_for_findings(self, count, name="out"):
        self.host.wait_until(lambda: len(self.host.findings(name)) >= count, f"{count} findings")


class Configuration(RealHost):
    def test_yaml_with_a_plugins_list(self):
        status, log = self.host.run(pipeline(tail()))
        self.assertEqual(status, 0, log)
        self.assert_found({1, 3})
        self.assertEqual(len(self.host.records("out")), 5)

    CLASSIC = """
[SERVICE]
    Flush        0.1
    Grace        1
    Parsers_File {dir}/parsers.conf
    %s
[INPUT]
    Name tail
    Path {dir}/in
    Parser json
    Tag  windows
    Read_From_Head on
    Exit_On_Eof on
[FILTER]
    Name    c2watch
    Match   windows
    profile lab
[OUTPUT]
    Name   file
    Match  *
    Path   {dir}
    File   out
    Format plain
"""

    def test_classic_with_a_plugins_file(self):
        self.host.write("plugins.conf", "[PLUGINS]\n    Path {filter}\n")
        status, log = self.host.run(self.CLASSIC % "Plugins_File {dir}/plugins.conf", "a.conf")
        self.assertEqual(status, 0, log)
        self.assert_found({1, 3})

    def test_classic_with_the_plugin_on_the_command_line(self):
        self.host.write("a.conf", self.CLASSIC % "")
        status, log = self.host.command("-e", "{filter}", "-c", "{dir}/a.conf")
        self.assertEqual(status, 0, log)
        self.assert_found({1, 3})

    def test_all_on_the_command_line(self):
        status, log = self.host.command(
            "-e", "{filter}", "-R", "{dir}/parsers.conf", "-f", "0.1", "-i", "tail",
            "-p", "path={dir}/in", "-p", "parser=json", "-p", "read_from_head=on",
            "-p", "exit_on_eof=on", "-F", "c2watch", "-m", "*", "-p", "profile=lab",
            "-o", "file", "-m", "*", "-p", "path={dir}", "-p", "file=out", "-p", "format=plain")
        self.assertEqual(status, 0, log)
        self.assert_found({1, 3})

    def test_a_processor_of_a_threaded_input_beside_one_of_another(self):
        watched = """    - name: tail
      path: '{dir}/%s'
      parser: json
      tag: %s
      read_from_head: on
      threaded: %s
      processors:
        logs:
          - {name: c2watch, profile: lab, alias: %s}
"""
        self.put("in2", events.trigger(4))
        self.host.start(pipeline(watched % ("in", "a", "on", "a") + watched % ("in2", "b", "off", "b"),
                                 filters=""))
        self.wait_for_findings(3)
        self.host.stop()
        self.assert_found({1, 3, 4})

    def test_two_instances_know_nothing_of_each_other(self):
        both = ("    - {name: c2watch, match: windows, profile: lab, alias: one}\n"
                "    - {name: c2watch, match: windows, profile: lab, alias: two}\n")
        status, log = self.host.run(pipeline(tail(), both))
        self.assertEqual(status, 0, log)
        self.assertEqual(len(self.host.findings()), 4)

    def test_what_is_wrong_stops_the_start_with_one_sentence(self):
        bad = self.host.write("bad.json", '{\n  "extends": "lab",\n  "detektors": {}\n}\n')
        cases = {
            "profile: prod": "choose default, seed or lab",
            "clock: utc": "choose host or events",
            "tag_records: maybe": "neither on nor off",
            f"config_file: {bad}": f"{bad}: config:3",
        }
        for wrong, said in cases.items():
            with self.subTest(wrong):
                self.host.path("log").unlink(missing_ok=True)
                status, log = self.host.run(pipeline(
                    tail(), "    - {name: c2watch, match: '*', %s}\n" % wrong))
                self.assertNotEqual(status, 0)
                self.assertIn(said, log)
                self.assertEqual(log.count("[filter:c2watch]"), 1, log)


class Checkpoint(RealHost):
    def config_file(self, folder):
        return self.host.write("c2watch.json", json.dumps({
            "extends": "lab", "checkpoint": {"path": str(self.host.path(folder) / "state")}}))

    def filters(self, *aliases):
        return "".join("    - {name: c2watch, match: '*', config_file: '{dir}/c2watch.json', "
                       "alias: %s}\n" % alias for alias in aliases)

    def test_one_that_cannot_be_used_stops_the_start(self):
        self.config_file("missing")
        status, log = self.host.run(pipeline(tail(), self.filters("one")))
        self.assertNotEqual(status, 0)
        self.assertIn("No such file or directory", log)
        self.assertEqual(log.count("[filter:c2watch]"), 1, log)

    def test_one_for_two_instances_stops_the_start(self):
        self.config_file(".")
        status, log = self.host.run(pipeline(tail(), self.filters("one", "two")))
        self.assertNotEqual(status, 0)
        self.assertIn("another engine uses", log)

    def test_it_goes_to_another_alias_when_its_own_left(self):
        self.config_file(".")
        self.host.start(pipeline(STAYING, self.filters("one")))
        self.wait_for_findings(2)
        self.host.hang_up(pipeline(STAYING, self.filters("two")))
        self.host.wait_until(lambda: len(self.host.records("out")) >= 8, "8 records")
        self.host.stop()
        self.assertNotIn("another engine", self.host.log())

    def test_findings_that_an_end_kept_from_the_output_come_with_their_records(self):
        self.config_file(".")
        for kill in (True, False):
            with self.subTest(kill=kill):
                self.host.path("out").unlink(missing_ok=True)
                # No output takes them, and what a clean end gives its output is a folder.
                self.host.path("out").mkdir()
                self.host.start(pipeline(STAYING, self.filters("one")))
                journal = lambda: any(p.stat().st_size > 0 for p in
                                      self.host.dir.glob("state.journal-*"))
                self.host.wait_until(journal, "records that were looked at")
                if kill:
                    self.host.kill()
                else:
                    self.host.stop()
                self.host.path("out").rmdir()
                status, log = self.host.run(pipeline(tail(), self.filters("one")))
                self.assertEqual(status, 0, log)
                self.assert_found({1, 3})
                for path in self.host.dir.glob("state*"):
                    path.unlink()


class Records(RealHost):
    def test_what_was_there_is_the_same_with_and_without_the_filter(self):
        wanted = [json.loads(line) for line in self.host.path("in").read_bytes().splitlines()]
        self.host.run(pipeline(tail()))
        kept = [r for r in self.host.records("out") if "c2watch" not in r]
        self.assertEqual(kept, wanted)

    def test_findings_are_routed_by_the_rule_that_the_readme_ships(self):
        route = ("    - {name: rewrite_tag, match: windows, emitter_name: c2watch_findings, "
                 "rule: '$c2watch ^finding$ c2watch.finding false'}\n")
        split = ("  outputs:\n"
                 "    - {name: file, match: windows, path: '{dir}', file: out, format: plain}\n"
                 "    - {name: file, match: c2watch.finding, path: '{dir}', file: findings, "
                 "format: plain}\n")
        self.host.start(pipeline(STAYING, WATCH + route, split))
        self.wait_for_findings(2, "findings")
        self.host.stop()
        self.assert_found({1, 3}, "findings")
        self.assertEqual(len(self.host.records("out")), 3)
        self.assertEqual(self.host.findings("out"), [])

    def test_the_trigger_is_marked_on_request(self):
        self.host.run(pipeline(
            tail(), "    - {name: c2watch, match: '*', profile: lab, tag_records: on}\n"))
        marked = [r["winlog"]["record_id"] for r in self.host.records("out")
                  if r.get("c2watch") == "trigger"]
        self.assertEqual(marked, [1001, 1003])

    def test_clock_events_replays_a_recording_from_the_future(self):
        line = events.trigger(1).replace(b"2026-02-02", b"2099-02-02")
        self.put("in", line)
        self.host.run(pipeline(tail()))
        self.assertEqual(self.host.findings(), [], "ahead of the machine's clock")
        self.host.path("out").unlink()
        self.host.run(pipeline(
            tail(), "    - {name: c2watch, match: '*', profile: lab, clock: events}\n"))
        self.assert_found({1})

    def test_xml_in_a_field_as_winevtlog_renders_it(self):
        xml = events.xml_trigger(5).decode()
        self.put("in", json.dumps({"System": xml, "Message": ""}).encode(),
                 json.dumps({"log": events.xml_trigger(6).decode()}).encode())
        self.host.run(pipeline(tail()))
        self.assert_found({5, 6})

    def test_lines_that_no_parser_took_apart(self):
        self.host.run(pipeline(tail().replace("parser: json, ", "")))
        self.assert_found({1, 3})

    def test_dummy(self):
        record = events.trigger(7).decode()
        self.host.start(pipeline(
            "    - {name: dummy, tag: windows, samples: 3, rate: 100, dummy: '%s'}\n"
            % record.replace("'", "''")))
        self.host.wait_until(lambda: len(self.host.records("out")) == 4, "three and a finding")
        self.host.stop()
        self.assert_found({7})

    def test_forward_from_another_host(self):
        self.host.start(pipeline(
            "    - {name: forward, unix_path: '{dir}/socket', tag_prefix: from.}\n"))
        sender = FluentBit(self)
        sender.write("in", self.host.path("in").read_bytes())
        status, log = sender.run(pipeline(
            tail(), "", "  outputs:\n    - {name: forward, match: '*', unix_path: '%s'}\n"
            % self.host.path("socket")))
        self.assertEqual(status, 0, log)
        self.wait_for_findings(2)
        self.host.stop()
        self.assert_found({1, 3})

    def post(self, port, path, body):
        url = f"http://127.0.0.1:{port}{path}"
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})

        def answered():
            try:
                with urllib.request.urlopen(request, timeout=10):
                    return True
            except urllib.error.HTTPError:
                raise
            except OSError:
                return False
        self.host.wait_until(answered, "an answer from " + url)

    def test_http(self):
        port = free_port()
        self.host.start(pipeline(
            "    - {name: http, listen: 127.0.0.1, port: %d, tag: windows}\n" % port))
        self.post(port, "/windows", b"[" + events.trigger(8) + b"," + events.ordinary(9) + b"]")
        self.wait_for_findings(1)
        self.host.stop()
        self.assert_found({8})
        self.assertEqual(len(self.host.records("out")), 3)

    # As the OpenTelemetry collector's windowseventlog receiver sends it.
    def open_telemetry(self, n):
        fields = json.loads(events.trigger(n))["winlog"]
        data = [{"key": k, "value": {"stringValue": v}} for k, v in fields["event_data"].items()]
        text = lambda key, value: {"key": key, "value": {"stringValue": value}}
        body = [
            {"key": "event_id", "value": {"kvlistValue": {"values": [
                {"key": "id", "value": {"intValue": "3"}},
                {"key": "qualifiers", "value": {"intValue": "0"}}]}}},
            text("channel", fields["channel"]), text("computer", fields["computer_name"]),
            {"key": "record_id", "value": {"intValue": str(fields["record_id"])}},
            text("system_time", "2026-02-02T02:00:00.123Z"),
            {"key": "event_data", "value": {"kvlistValue": {"values": data}}},
        ]
        return json.dumps({"resourceLogs": [{
            "resource": {"attributes": [text("host.name", "gateway")]},
            "scopeLogs": [{"scope": {"name": "windows"}, "logRecords": [{
                "timeUnixNano": "1769997600123000000",
                "body": {"kvlistValue": {"values": body}}}]}]}]}).encode()

    def seen_by_stdout(self, filters, wanted_lines):
        host = self.host = FluentBit(self)
        port = free_port()
        host.start(pipeline(
            "    - {name: opentelemetry, listen: 127.0.0.1, port: %d, tag: windows}\n" % port,
            filters, "  outputs:\n    - {name: stdout, match: '*', format: json_lines}\n"))
        self.post(port, "/v1/logs", self.open_telemetry(11))
        lines = lambda: [line for line in host.log().splitlines() if line.startswith('{"')]
        host.wait_until(lambda: len(lines()) >= wanted_lines, f"{wanted_lines} records")
        host.stop()
        return lines()

    def test_open_telemetry_with_its_group_markers(self):
        without = self.seen_by_stdout("", 1)
        lines = self.seen_by_stdout(WATCH, 2)
        self.assertEqual(lines[:-1], without)
        finding = json.loads(lines[-1])
        self.assertEqual(finding["c2watch"], "finding")
        self.assertEqual(finding["host"], "WS-11.corp.example")


class Reload(RealHost):
    """After a reload the input reads its file anew: an engine that remembers finds nothing new."""

    def start(self):
        self.host.start(pipeline(STAYING))
        self.wait_for_findings(2)

    def wait_for_records(self, count):
        self.host.wait_until(lambda: len(self.host.records("out")) >= count, f"{count} records")

    def test_by_signal_keeps_the_state(self):
        self.start()
        for times in (1, 2, 3):
            self.host.hang_up(pipeline(STAYING))
            self.wait_for_records(5 + 3 * times)
        self.host.stop()
        self.assert_found({1, 3})

    def request_reload(self):
        url = f"http://127.0.0.1:{self.host.port}/api/v2/reload"
        with urllib.request.urlopen(urllib.request.Request(url, b"{}", method="POST"), timeout=10):
            pass

    def test_by_request_keeps_the_state(self):
        self.start()
        self.request_reload()
        self.wait_for_records(8)
        self.host.stop()
        self.assert_found({1, 3})

    def test_a_bad_config_is_refused_and_the_old_one_goes_on(self):
        self.start()
        self.host.hang_up(pipeline(STAYING, WATCH.replace("lab", "prod")))
        self.host.wait_until(lambda: "choose default, seed or lab" in self.host.log(), "refusal")
        with open(self.host.path("in"), "ab") as file:
            file.write(events.trigger(20) + b"\n")
        self.wait_for_findings(3)
        self.host.hang_up(pipeline(STAYING))  # and the next good one is taken
        self.wait_for_records(10)
        self.host.stop()
        self.assert_found({1, 3, 20})

    def test_new_settings_take_effect(self):
        self.start()
        self.host.hang_up(pipeline(STAYING, "    - {name: c2watch, match: '*', profile: seed}\n"))
        self.wait_for_records(8)
        with open(self.host.path("in"), "ab") as file:
            file.write(events.trigger(21) + b"\n")
        self.wait_for_records(9)
        self.host.stop()
        self.assert_found({1, 3})  # the seed profile has no such detector

    def test_an_alias_keeps_its_state_when_another_leaves(self):
        both = ("    - {name: c2watch, match: windows, profile: seed, alias: one}\n"
                "    - {name: c2watch, match: windows, profile: lab, alias: two}\n")
        self.host.start(pipeline(STAYING, both))
        self.wait_for_findings(2)
        self.host.hang_up(pipeline(STAYING, both.splitlines(True)[1]))
        self.wait_for_records(8)
        self.host.stop()
        self.assert_found({1, 3})

    def test_an_alias_that_was_not_there_has_seen_nothing(self):
        watch = "    - {name: c2watch, match: '*', profile: lab, alias: %s}\n"
        self.host.start(pipeline(STAYING, watch % "one"))
        self.wait_for_findings(2)
        self.host.hang_up(pipeline(STAYING, watch % "two"))
        self.wait_for_findings(4)
        self.host.stop()

    def test_a_processor_keeps_its_state_too(self):
        watched = STAYING.rstrip("}\n").replace("    - {", "    - ")
        lines = "\n      ".join(part.strip() for part in watched.strip().split(", "))
        config = pipeline("    " + lines + "\n      processors:\n        logs:\n"
                          "          - {name: c2watch, profile: lab}\n", filters="")
        self.host.start(config)
        self.wait_for_findings(2)
        self.host.hang_up(config)
        self.wait_for_records(8)
        self.host.stop()
        self.assert_found({1, 3})


del RealHost  # the base is not a test of its own

if __name__ == "__main__":
    unittest.main()
