-- c2watch for a Fluent Bit that may load no native filter: its stock Lua filter over libc2watch.so.
--
--   [FILTER]
--       Name    lua
--       Match   winlog.*
--       script  c2watch.lua
--       call    c2watch
--
-- Records pass as they are. A finding follows its record, as a record of its own:
--   { c2watch = "finding", finding = "<the finding as JSON text>" }
-- Environment: C2WATCH_LIB (libc2watch.so), C2WATCH_PROFILE (default), C2WATCH_CONFIG (a config file,
-- instead of the profile), C2WATCH_CLOCK (host, or events: live by the records' own time, to replay
-- what was stored). What goes wrong at the start is an error of the host's; nothing does later.
--
-- COST   about 7 us a record for the host's own conversion to Lua, whatever the script does.
-- LIMITS state is lost on a hot reload; a record that raised a finding is written anew by the host,
--        which keeps integers exact to 2^53 only and may reorder its keys.
local ffi = require("ffi")

ffi.cdef [[
typedef struct c2watch_engine c2watch_engine;
typedef struct { uint32_t size; uint32_t abi; void* user;
  void (*log)(void*, int, const char*, size_t);
  void (*finding)(void*, const char*, size_t); } c2watch_host;
typedef struct { const char* name; size_t name_len; const char* value; size_t value_len; } c2watch_field;
uint32_t c2watch_abi(void);
int c2watch_open(const c2watch_host*, const char*, size_t, c2watch_engine**);
int c2watch_observe_fields(c2watch_engine*, const c2watch_field*, size_t, void*);
int c2watch_advance(c2watch_engine*, int64_t);
const char* c2watch_last_error(const c2watch_engine*);
void c2watch_close(c2watch_engine*);
]]

local ABI_MAJOR = 1
local MAX_FIELDS = 192
local METRICS_BEGIN = '{"schema":"c2watch.metrics/1"'

local lib = ffi.load(os.getenv("C2WATCH_LIB") or "libc2watch.so")
assert(math.floor(lib.c2watch_abi() / 65536) == ABI_MAJOR, "libc2watch.so has another ABI")

local function config_text()
  local path = os.getenv("C2WATCH_CONFIG")
  if not path then
    return string.format('{"extends": "%s"}', os.getenv("C2WATCH_PROFILE") or "default")
  end
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local found = {}
local on_finding = ffi.cast("void (*)(void*, const char*, size_t)", function(_, json, len)
  found[#found + 1] = ffi.string(json, len)
end)

local host = ffi.new("c2watch_host")
host.size = ffi.sizeof("c2watch_host")
host.abi = lib.c2watch_abi()
host.finding = on_finding

local config = config_text()
local handle = ffi.new("c2watch_engine*[1]")
local opened = lib.c2watch_open(host, config, #config, handle)
assert(opened == 0, handle[0] ~= nil and ffi.string(lib.c2watch_last_error(handle[0])) or "no memory")
local engine = ffi.gc(handle[0], lib.c2watch_close)

local fields = ffi.new("c2watch_field[?]", MAX_FIELDS)
local kept = {} -- the texts that the fields point at

local function add(name, text, count)
  kept[#kept + 1] = name
  kept[#kept + 1] = text
  local field = fields[count]
  field.name, field.name_len, field.value, field.value_len = name, #name, text, #text
  return count + 1
end

-- As the native filter: nested names joined with dots, elements of an array under its name in order.
local function flatten(prefix, value, count)
  local kind = type(value)
  if count == MAX_FIELDS then return count end
  if kind == "string" then return add(prefix, value, count) end
  if kind == "boolean" then return add(prefix, tostring(value), count) end
  if kind == "number" then
    return add(prefix, value % 1 == 0 and string.format("%.0f", value) or tostring(value), count)
  end
  if kind ~= "table" then return count end
  if value[1] ~= nil then
    for i = 1, #value do count = flatten(prefix, value[i], count) end
    return count
  end
  for key, inner in pairs(value) do
    if type(key) == "string" then
      count = flatten(prefix == "" and key or prefix .. "." .. key, inner, count)
    end
  end
  return count
end

local clock = os.getenv("C2WATCH_CLOCK") or "host"
assert(clock == "host" or clock == "events", "C2WATCH_CLOCK must be host or events, not " .. clock)
local advanced_at = 0

-- The engine calls back into Lua, which compiled code must not do.
local function observe(record)
  local now = clock == "host" and os.time() or advanced_at
  if now ~= advanced_at then
    advanced_at = now
    lib.c2watch_advance(engine, ffi.cast("int64_t", now) * 1000000)
  end
  kept = {}
  lib.c2watch_observe_fields(engine, fields, flatten("", record, 0), nil)
end
jit.off(observe)

function c2watch(_, timestamp, record)
  observe(record)
  if #found == 0 then return 0, timestamp, record end
  local out = { record }
  for _, json in ipairs(found) do
    local what = json:sub(1, #METRICS_BEGIN) == METRICS_BEGIN and "metrics" or "finding"
    out[#out + 1] = { c2watch = what, [what] = json }
  end
  found = {}
  return 2, timestamp, out
end
