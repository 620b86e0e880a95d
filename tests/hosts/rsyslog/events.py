"""Records of one host, as NXLog renders them: plain ones, and ones that raise a finding each."""
import json

POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"


def connection(record_id, port, host="WS-07"):
    return json.dumps({
        "EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": host,
        "RecordNumber": record_id, "UtcTime": "2026-03-02 07:30:00.123",
        "ProcessGuid": "{b59756a9-b239-5f17-5307-%012x}" % (0x400 + record_id),
        "ProcessId": "9076", "Image": POWERSHELL, "Protocol": "tcp", "Initiated": "true",
        "DestinationIp": "203.0.113.10", "DestinationPort": str(port)})


def quiet(record_id):
    return connection(record_id, 443)


def suspicious(record_id):
    """A script engine on a port of command-and-control servers, from a host of its own."""
    return connection(record_id, 4444, f"WS-{record_id}")
