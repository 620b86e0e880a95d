// Calendar: when a machine is switched on and when people work.
//
//   Calendar c = Calendar::with_gaps(start, end, 0.4, random);   // off 40 % of the time
//   if (!c.online(t)) t = c.next_online(t);
#pragma once

#include <vector>

#include "world/random.h"
#include "world/time.h"

namespace c2sim {

// Monday to Friday, 08:00 to 18:00 UTC.
bool working_hours(Instant t);
Instant next_working_hour(Instant t);  // t itself when it is one

class Calendar {
 public:
  // Never off.
  Calendar() = default;

  // Off for about `fraction` of [start, end): gaps of 20 minutes to 4 hours, never at the very
  // start, so that what runs later has begun.
  static Calendar with_gaps(Instant start, Instant end, double fraction, Random& random);

  bool online(Instant t) const;
  Instant next_online(Instant t) const;  // t itself when online

  struct Gap {
    Instant from, to;  // [from, to)
  };
  const std::vector<Gap>& gaps() const { return gaps_; }

 private:
  std::vector<Gap> gaps_;  // ascending, apart from one another
};

}  // namespace c2sim
