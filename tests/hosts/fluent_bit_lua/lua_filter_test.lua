-- The Lua filter under LuaJIT with the host's calling convention: code, timestamp, record(s).
-- Prints one line per check; the first that fails ends the run with status 1.
local script, checks = arg[1], 0

local function check(what, ok)
  if not ok then
    io.stderr:write("not ok: " .. what .. "\n")
    os.exit(1)
  end
  checks = checks + 1
  print("ok: " .. what)
end

dofile(script)

local function connection(port, record_id)
  return {
    EventID = 3, Channel = "Microsoft-Windows-Sysmon/Operational", Hostname = "WS-07",
    RecordNumber = record_id, UtcTime = "2026-03-02 07:30:00.123",
    ProcessGuid = "{b59756a9-b239-5f17-5307-000000000400}", ProcessId = 9076,
    Image = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
    Protocol = "tcp", Initiated = true, DestinationIp = "203.0.113.10", DestinationPort = port,
  }
end

local code, _, out = c2watch("tag", 1.5, { log = "nothing of ours", nested = { list = { 1, 2 } } })
check("an ordinary record is kept as it is", code == 0 and out.log == "nothing of ours")

code, _, out = c2watch("tag", 1.5, connection(443, 1))
check("an ordinary connection is kept as it is", code == 0 and out.DestinationPort == 443)

code, _, out = c2watch("tag", 1.5, connection(4444, 2))
check("a finding makes an array of records, time kept", code == 2 and #out == 2)
check("the record comes first, unchanged", out[1].DestinationPort == 4444 and out[1].c2watch == nil)
check("the finding is marked with a string", out[2].c2watch == "finding")
check("the finding is JSON with its detector", out[2].finding:find('"detector":"c2_port"', 1, true))

code = c2watch("tag", 1.5, connection(4444, 2))
check("a record that comes again is not counted again", code == 0)

local ahead = connection(4444, 4)
ahead.UtcTime = "2099-03-02 07:30:00.123"
code = c2watch("tag", 1.5, ahead)
local by_events = os.getenv("C2WATCH_CLOCK") == "events"
check("a record from the future counts only by the events' clock", (code == 2) == by_events)
if by_events then
  print(checks .. " passed, 0 failed")
  return
end

local inserts = {
  ProviderName = "Microsoft-Windows-Sysmon", EventID = 3, EventRecordID = 3, Computer = "WS-08",
  Channel = "Microsoft-Windows-Sysmon/Operational", TimeCreated = "2026-03-02 07:30:01 +0000",
  StringInserts = { "-", "2026-03-02 07:30:00.123", "{B59756A9-B239-5F17-5307-000000000401}", 9076,
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "CORP\\ada", "tcp", true, false,
    "10.0.0.7", "WS-08", 50123, "-", false, "203.0.113.10", "-", 4444, "-" },
}
code, _, out = c2watch("tag", 1.5, inserts)
check("positional values read like named ones", code == 2 and out[2].finding:find('"WS%-08"'))

for i = 1, 20000 do c2watch("tag", i, connection(443, 100 + i)) end
check("twenty thousand records leave Lua's memory bounded", collectgarbage("count") < 64 * 1024)
print(checks .. " passed, 0 failed")
