// FormatSettings: what a user may choose about a wire shape.
#pragma once

namespace c2sim {

struct FormatSettings {
  bool message = true;   // the rendered Message, in shapes that carry one
  int task_version = 1;  // 4698: 0 has 6 fields (until Windows 10 1809), 1 has 11
};

}  // namespace c2sim
