// Looks: what a value is by its form, to notice that it stands under another field's name.
#pragma once

#include <string_view>

namespace c2watch::harness {

enum class Look { text, time, guid, number, flag, address, path };

Look look_of(std::string_view value);
std::string_view look_name(Look look);  // "a time"

enum class Fit {
  fits,
  foreign,    // looks like another field's value
  malformed,  // looks like nothing that could stand here
  redacted,   // "***", "REDACTED"
  truncated,  // its end is missing
};

// Whether `value` can be what Windows writes into the field of that name.
Fit fit_of(std::string_view field, std::string_view value);

// "{00000000-0000-0000-0000-000000000000}", as Sysmon writes when the process was gone already.
bool is_zero_guid(std::string_view value);

// An address that nobody can rent a server at: private, loopback, link-local, multicast.
bool is_inside(std::string_view address);

}  // namespace c2watch::harness
