// Background: what an ordinary office does all day, none of it an attack.
//
//   add_background(world, host, stage, true);    // people, services and agents
//   add_background(world, host, stage, false);   // the periodic agents alone: EDR, updaters, push
//
// The agents are as regular as any implant; that is their purpose.
#pragma once

#include "world/stage.h"
#include "world/world.h"

namespace c2sim {

void add_background(World& world, Host& host, Stage& stage, bool people);

}  // namespace c2sim
