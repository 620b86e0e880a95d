// Looks: what a value is by its form, to notice that it stands under another field's name.
#pragma once

#include <string_view>

namespace c2watch::harness {

enum class ValueType { text, time, guid, number, flag, address, path };

ValueType value_type_of(std::string_view value);
std::string_view value_type_name(ValueType look);  // "a time"

enum class ValueCheck {
  fits,
  unexpected,  // looks like another field's value
  malformed,   // looks like nothing that could stand here
  redacted,    // "***", "REDACTED"
  truncated,   // its end is missing
};

// Whether `value` can be what Windows writes into the field of that name.
ValueCheck check_value(std::string_view field, std::string_view value);

// "{00000000-0000-0000-0000-000000000000}", as Sysmon writes when the process was gone already.
bool is_zero_guid(std::string_view value);

// An address that nobody can rent a server at: private, loopback, link-local, multicast.
bool is_inside(std::string_view address);

}  // namespace c2watch::harness
