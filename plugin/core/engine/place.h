// Place: where in a config something is written.
#pragma once

namespace c2watch::engine {

struct Place {
  int line = 1;    // from 1, as editors count
  int column = 1;  // from 1, in bytes
};

}  // namespace c2watch::engine
