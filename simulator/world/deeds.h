// Deeds: what a process can do that leaves a record, one function each.
//
//   Process shell = launch(host, stage, {...}, host.explorer, now, {"1", "1.process"});
//   connect(host, stage, shell, now, {.destination = server, .port = 8888}, {"1", "1.connect"});
#pragma once

#include "world/stage.h"

namespace c2sim {

// Starts a process and logs EID 1.
Process launch(Host& host, Stage& stage, const Launch& what, const Process& parent, Instant when,
               Label label = {});

struct Connection {
  Address destination;
  const Text* destination_host = nullptr;  // required: "-" for none
  std::uint16_t port = 443;
  bool udp = false;
};

// Logs EID 3. To 127.0.0.0/8 the source is 127.0.0.1 and both names are the machine's own.
void connect(Host& host, Stage& stage, const Process& process, Instant when, const Connection& what,
             Label label = {});

// Logs EID 22.
void resolve(Host& host, Stage& stage, const Process& process, Instant when, const Text* name,
             std::uint32_t status, const Text* results, Label label = {});

}  // namespace c2sim
