"""Sysmon network connections as collectors deliver them, one a line.

trigger(n)   powershell.exe on computer n connects to port 4444: one finding of c2_port for each n
ordinary(n)  a browser connects to port 443: nothing to find
traffic(n)   what a collector carries all day: 50 connections a second from 200 computers to 5,000
             servers, some of them much more popular than others
"""
import datetime
import json
import random

POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
BROWSER = r"C:\Program Files\Mozilla Firefox\firefox.exe"
CHANNEL = "Microsoft-Windows-Sysmon/Operational"


def _fields(n, image, ip, port):
    minute, second = divmod(n % 3600, 60)
    return {
        "RuleName": "-",
        "UtcTime": f"2026-02-02 02:{minute:02}:{second:02}.123",
        "ProcessGuid": f"{{247090f2-6084-8944-{n % 65536:04x}-000000000500}}",
        "ProcessId": str(4000 + n),
        "Image": image,
        "User": r"CORP\alice",
        "Protocol": "tcp",
        "Initiated": "true",
        "SourceIsIpv6": "false",
        "SourceIp": "10.20.30.40",
        "SourceHostname": _computer(n),
        "SourcePort": "50123",
        "SourcePortName": "-",
        "DestinationIsIpv6": "false",
        "DestinationIp": ip,
        "DestinationHostname": "-",
        "DestinationPort": str(port),
        "DestinationPortName": "-",
    }


def _computer(n):
    return f"WS-{n}.corp.example"


def _json(n, fields):
    return json.dumps({
        "@timestamp": fields["UtcTime"].replace(" ", "T") + "Z",
        "winlog": {
            "provider_name": "Microsoft-Windows-Sysmon",
            "channel": CHANNEL,
            "computer_name": fields["SourceHostname"],
            "event_id": "3",
            "record_id": 1000 + n,
            "event_data": fields,
        },
    }).encode()


def _xml(n, fields):
    data = "".join(f"<Data Name='{name}'>{value}</Data>" for name, value in fields.items())
    time = fields["UtcTime"].replace(" ", "T")
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        "<Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/>"
        "<EventID>3</EventID><Version>5</Version><Level>4</Level><Task>3</Task><Opcode>0</Opcode>"
        f"<Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime='{time}0000Z'/>"
        f"<EventRecordID>{1000 + n}</EventRecordID><Correlation/>"
        "<Execution ProcessID='3428' ThreadID='4688'/>"
        f"<Channel>{CHANNEL}</Channel><Computer>{fields['SourceHostname']}</Computer>"
        f"<Security UserID='S-1-5-18'/></System><EventData>{data}</EventData></Event>").encode()


def trigger(n, shape=_json):
    return shape(n, _fields(n, POWERSHELL, "127.0.0.1", 4444))


def ordinary(n, shape=_json):
    return shape(n, _fields(n, BROWSER, "127.0.0.1", 443))


def traffic(n, shape=_json):
    server = int(5000 * random.Random(n).random() ** 3)
    fields = _fields(n, BROWSER, f"34.117.{server // 250}.{server % 250}", 443)
    fields["SourceHostname"] = _computer(n * 7919 % 200)
    time = datetime.datetime(2026, 2, 2, 2) + datetime.timedelta(milliseconds=20 * n)
    fields["UtcTime"] = time.isoformat(" ", "milliseconds")
    return shape(n // 200, fields)


def xml_trigger(n):
    return trigger(n, _xml)


def xml_ordinary(n):
    return ordinary(n, _xml)


def computer_of(finding):
    """n of the trigger(n) behind a finding's JSON."""
    host = json.loads(finding)["host"]
    return int(host.removeprefix("WS-").removesuffix(".corp.example"))


def stream(lines):
    return b"".join(line + b"\n" for line in lines)
