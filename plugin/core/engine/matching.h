// Matching: when what a person wrote (an allowlist entry, a question) means what an event says.
#pragma once

#include <string_view>

#include "core/engine/allowlist.h"

namespace c2watch::engine {

// All without regard to ASCII case.
bool same_text(std::string_view a, std::string_view b);

// The name itself or any name below it; a final dot does not matter.
bool domain_holds(std::string_view domain, std::string_view name);

// The whole file name, or the whole path when `wanted` has a backslash in it.
bool process_holds(std::string_view wanted, std::string_view image);

// The computer's name; its first label alone also serves.
bool host_holds(std::string_view wanted, std::string_view host);

bool address_holds(const Cidr& range, std::string_view address);

}  // namespace c2watch::engine
