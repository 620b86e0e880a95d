#include "world/deeds.h"

namespace c2sim {

Process launch(Host& host, Stage& stage, const Launch& what, const Process& parent, Instant when,
               Label label) {
  const Process process = host.start(what, when);
  Event e;
  e.host = &host;
  e.utc = when;
  e.label = label;
  e.what = ProcessCreate{process, parent};
  stage.emit(e);
  return process;
}

void connect(Host& host, Stage& stage, const Process& process, Instant when, const Connection& what,
             Label label) {
  NetworkConnect c;
  c.process = process;
  c.udp = what.udp;
  c.destination = what.destination;
  c.destination_port = what.port;
  c.destination_host = what.destination_host;
  c.source = {host.ip, nullptr};
  c.source_host = host.name;
  c.source_port = host.next_port();
  if (what.destination.v6 == nullptr && what.destination.v4 >> 24 == 127) {
    c.source = ipv4(127, 0, 0, 1);
    c.destination_host = host.name;
  } else if (what.destination.v6 != nullptr) {
    c.source.v6 = host.link_local;
  }
  Event e;
  e.host = &host;
  e.utc = when;
  e.label = label;
  e.what = c;
  stage.emit(e);
}

void resolve(Host& host, Stage& stage, const Process& process, Instant when, const Text* name,
             std::uint32_t status, const Text* results, Label label) {
  Event e;
  e.host = &host;
  e.utc = when;
  e.label = label;
  e.what = DnsQuery{process, name, status, results};
  stage.emit(e);
}

}  // namespace c2sim
