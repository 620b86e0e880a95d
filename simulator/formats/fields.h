// Fields: the EventData of every event kind, in the order of Sysmon 15 and Windows' own manifests.
//
// each_field() walks an event and hands every field to a sink, typed as the manifest types it, so
// that a format decides only how a name and a value look:
//
//   struct Sink {
//     void text(Name, const Text&);            // free text
//     void word(Name, std::string_view);       // plain ASCII that needs no escaping anywhere
//     void number(Name, std::uint64_t);        // UInt16/32/64
//     void digits(Name, std::uint64_t);        // a number that the manifest calls a string
//     void boolean(Name, bool);
//     void hex(Name, std::uint64_t);           // HexInt64
//     void guid(Name, const Guid&);            // GUID
//     void bare_guid(Name, const Guid&);       // a string that looks like one, without braces
//     void utc(Name, Instant);                 // a string: 2026-03-02 08:00:00.123
//     void address(Name, Address);
//   };
//
// Names are string literals: their length is known when compiling.
#pragma once

#include <cstdint>
#include <string_view>

#include "formats/settings.h"
#include "world/event.h"

namespace c2sim {

namespace detail {

// What Sysmon prints for well-known ports, from the services file of Windows.
inline std::string_view port_name(std::uint16_t port) {
  switch (port) {
    case 22:
      return "ssh";
    case 25:
      return "smtp";
    case 53:
      return "domain";
    case 80:
      return "http";
    case 88:
      return "kerberos";
    case 123:
      return "ntp";
    case 135:
      return "epmap";
    case 137:
      return "netbios-ns";
    case 389:
      return "ldap";
    case 443:
      return "https";
    case 445:
      return "microsoft-ds";
    case 1900:
      return "ssdp";
    case 5353:
      return "mdns";
    case 5355:
      return "llmnr";
    default:
      return "-";
  }
}

template <class Sink>
void fields(const ProcessCreate& e, Instant utc, Sink& s) {
  const Process& p = e.process;
  s.word("RuleName", "-");
  s.utc("UtcTime", utc);
  s.guid("ProcessGuid", p.guid);
  s.number("ProcessId", p.pid);
  s.text("Image", *p.program->image);
  s.text("FileVersion", *p.program->file_version);
  s.text("Description", *p.program->description);
  s.text("Product", *p.program->product);
  s.text("Company", *p.program->company);
  s.text("OriginalFileName", *p.program->original_file_name);
  s.text("CommandLine", *p.command_line);
  s.text("CurrentDirectory", *p.directory);
  s.text("User", *p.account->name);
  s.guid("LogonGuid", p.account->logon);
  s.hex("LogonId", p.account->logon.key);
  s.number("TerminalSessionId", p.account->session);
  s.text("IntegrityLevel", *p.account->integrity);
  s.text("Hashes", *p.program->hashes);
  s.guid("ParentProcessGuid", e.parent.guid);
  s.number("ParentProcessId", e.parent.pid);
  s.text("ParentImage", *e.parent.program->image);
  s.text("ParentCommandLine", *e.parent.command_line);
  s.text("ParentUser", *e.parent.account->name);
}

template <class Sink>
void fields(const NetworkConnect& e, Instant utc, Sink& s) {
  s.word("RuleName", "-");
  s.utc("UtcTime", utc);
  s.guid("ProcessGuid", e.process.guid);
  s.number("ProcessId", e.process.pid);
  s.text("Image", *e.process.program->image);
  s.text("User", *e.process.account->name);
  s.word("Protocol", e.udp ? "udp" : "tcp");
  s.boolean("Initiated", e.initiated);
  s.boolean("SourceIsIpv6", e.source.v6 != nullptr);
  s.address("SourceIp", e.source);
  s.text("SourceHostname", *e.source_host);
  s.number("SourcePort", e.source_port);
  s.word("SourcePortName", port_name(e.source_port));
  s.boolean("DestinationIsIpv6", e.destination.v6 != nullptr);
  s.address("DestinationIp", e.destination);
  s.text("DestinationHostname", *e.destination_host);
  s.number("DestinationPort", e.destination_port);
  s.word("DestinationPortName", port_name(e.destination_port));
}

template <class Sink>
void fields(const DnsQuery& e, Instant utc, Sink& s) {
  s.word("RuleName", "-");
  s.utc("UtcTime", utc);
  s.guid("ProcessGuid", e.process.guid);
  s.number("ProcessId", e.process.pid);
  s.text("QueryName", *e.name);
  s.digits("QueryStatus", e.status);
  s.text("QueryResults", *e.results);
  s.text("Image", *e.process.program->image);
  s.text("User", *e.process.account->name);
}

template <class Sink>
void task_fields(const TaskCreated& e, const Host& host, bool version_1, Sink& s) {
  s.text("SubjectUserSid", *e.subject->sid);
  s.text("SubjectUserName", *e.subject->user);
  s.text("SubjectDomainName", *e.subject->domain);
  s.hex("SubjectLogonId", e.subject->logon.key);
  s.text("TaskName", *e.task);
  s.text("TaskContent", *e.content);
  if (!version_1) return;
  s.number("ClientProcessStartKey", e.client.guid.key);
  s.number("ClientProcessId", e.client.pid);
  s.number("ParentProcessId", e.client_parent_pid);
  s.number("RpcCallClientLocality", 0);
  s.text("FQDN", *host.name);
}

template <class Sink>
void fields(const ScriptBlock& e, Sink& s) {
  s.number("MessageNumber", 1);
  s.number("MessageTotal", 1);
  s.text("ScriptBlockText", *e.script);
  s.bare_guid("ScriptBlockId", e.block);
  s.word("Path", "");
}

template <class Sink>
void fields(const DnsClient& e, Sink& s) {
  s.text("QueryName", *e.name);
  s.number("QueryType", 1);  // A
  s.number("QueryOptions", 140737488355328);
  s.number("QueryStatus", e.status);
  s.text("QueryResults", *e.results);
}

}  // namespace detail

template <class Sink>
void each_field(const Event& e, const FormatSettings& settings, Sink& s) {
  switch (e.what.index()) {
    case 0:
      return detail::fields(*std::get_if<0>(&e.what), e.utc, s);
    case 1:
      return detail::fields(*std::get_if<1>(&e.what), e.utc, s);
    case 2:
      return detail::fields(*std::get_if<2>(&e.what), e.utc, s);
    case 3:
      return detail::task_fields(*std::get_if<3>(&e.what), *e.host, settings.task_version == 1, s);
    case 4:
      return detail::fields(*std::get_if<4>(&e.what), s);
    case 5:
      return detail::fields(*std::get_if<5>(&e.what), s);
    default:
      return;
  }
}

}  // namespace c2sim
