// Message: the text that Windows renders for a person, as the inside of a JSON string.
//
//   Message::write<Crlf>(event, settings, out);
//
// Sysmon's is a heading and "Name: value" lines; the others have sentences of their own.
#pragma once

#include <string_view>

#include "formats/buffer.h"
#include "formats/fields.h"

namespace c2sim::message {

// How lines end and texts are escaped.
struct Crlf {
  static constexpr std::string_view kNewline = "\\r\\n";
  static std::string_view form(const Text& t) { return t.json; }
};
struct Lf {
  static constexpr std::string_view kNewline = "\\n";
  static std::string_view form(const Text& t) { return t.json_lf; }
};

template <class Ends>
class Lines {
 public:
  explicit Lines(Buffer& out) : out_(out) {}

  template <std::size_t N>
  void text(const char (&name)[N], const Text& value) {
    open(name), out_.put(Ends::form(value));
  }
  template <std::size_t N>
  void word(const char (&name)[N], std::string_view value) {
    open(name), out_.put(value);
  }
  template <std::size_t N>
  void number(const char (&name)[N], std::uint64_t value) {
    open(name), out_.number(value);
  }
  template <std::size_t N>
  void digits(const char (&name)[N], std::uint64_t value) {
    number(name, value);
  }
  template <std::size_t N>
  void boolean(const char (&name)[N], bool value) {
    word(name, value ? "true" : "false");
  }
  template <std::size_t N>
  void hex(const char (&name)[N], std::uint64_t value) {
    open(name), out_.hex_upper(value);  // Windows' renderer, unlike its XML, writes capitals
  }
  template <std::size_t N>
  void guid(const char (&name)[N], const Guid& value) {
    open(name), out_.guid(value);
  }
  template <std::size_t N>
  void bare_guid(const char (&name)[N], const Guid& value) {
    open(name), out_.bare_guid(value);
  }
  template <std::size_t N>
  void utc(const char (&name)[N], Instant t) {
    open(name), out_.date(t), out_.put(' '), out_.clock(t), out_.put('.'), out_.fraction(t, 3);
  }
  template <std::size_t N>
  void address(const char (&name)[N], Address value) {
    open(name), out_.address(value);
  }

 private:
  template <std::size_t N>
  void open(const char (&name)[N]) {
    out_.put(Ends::kNewline), out_.put(name), out_.put(": ");
  }

  Buffer& out_;
};

template <class Ends>
void task(const TaskCreated& e, bool version_1, Buffer& out) {
  constexpr std::string_view nl = Ends::kNewline;
  out.put("A scheduled task was created."), out.put(nl), out.put(nl);
  out.put("Subject:"), out.put(nl);
  out.put("\\tSecurity ID:\\t\\t"), out.put(e.subject->sid->raw), out.put(nl);
  out.put("\\tAccount Name:\\t\\t"), out.put(Ends::form(*e.subject->user)), out.put(nl);
  out.put("\\tAccount Domain:\\t\\t"), out.put(Ends::form(*e.subject->domain)), out.put(nl);
  out.put("\\tLogon ID:\\t\\t"), out.hex_upper(e.subject->logon.key), out.put(nl), out.put(nl);
  out.put("Task Information:"), out.put(nl);
  out.put("\\tTask Name: \\t\\t"), out.put(Ends::form(*e.task)), out.put(nl);
  out.put("\\tTask Content: \\t\\t"), out.put(Ends::form(*e.content));
  if (!version_1) return;
  out.put(nl), out.put(nl), out.put("Other Information:"), out.put(nl);
  out.put("\\tProcessCreationTime: \\t\\t"), out.number(e.client.guid.key), out.put(nl);
  out.put("\\tClientProcessId: \\t\\t\\t"), out.number(e.client.pid), out.put(nl);
  out.put("\\tParentProcessId: \\t\\t\\t"), out.number(e.client_parent_pid), out.put(nl);
  out.put("\\tFQDN: \\t\\t0"), out.put(nl), out.put("\\t");
}

template <class Ends>
void write(const Event& e, const FormatSettings& settings, Buffer& out) {
  constexpr std::string_view nl = Ends::kNewline;
  Lines<Ends> lines(out);
  switch (event_id(e)) {
    case 1:
      out.put("Process Create:");
      return each_field(e, settings, lines);
    case 3:
      out.put("Network connection detected:");
      return each_field(e, settings, lines);
    case 22:
      out.put("Dns query:");
      return each_field(e, settings, lines);
    case 4698:
      return task<Ends>(std::get<TaskCreated>(e.what), settings.task_version == 1, out);
    case 4104: {
      const auto& s = std::get<ScriptBlock>(e.what);
      out.put("Creating Scriptblock text (1 of 1):"), out.put(nl);
      out.put(Ends::form(*s.script)), out.put(nl), out.put(nl);
      out.put("ScriptBlock ID: "), out.bare_guid(s.block), out.put(nl), out.put("Path: ");
      return;
    }
    case 3008: {
      const auto& d = std::get<DnsClient>(e.what);
      out.put("DNS query is completed for the name "), out.put(Ends::form(*d.name));
      out.put(", type 1, query options 140737488355328 with status "), out.number(d.status);
      out.put(" Results "), out.put(Ends::form(*d.results)), out.put(' ');
      return;
    }
    default:
      return;
  }
}

}  // namespace c2sim::message
