// Finding text: what the detectors share when they keep texts of events and put them, and numbers,
// into words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/lineage.h"
#include "core/model/event.h"
#include "core/model/finding.h"

namespace c2watch::analytics {

// 512 bytes of any text are kept: twice MAX_PATH, and enough of a command line to recognise it.
inline constexpr std::size_t kMaxKeptText = 512;

// The text, cut to kMaxKeptText without splitting a UTF-8 sequence.
std::string cut(std::string_view text);

// The same without a copy.
std::string_view cut_view(std::string_view text);

// A name that tells keys apart: one that is too long ends in "~" and a hash of all of it instead,
// so that two names which differ are kept as two.
std::string cut_apart(std::string_view name);

// What an allowlist entry can name of the alert that the event alone would open. Views of the event.
AlertSubject subject_of(std::string_view detector, const Event& event);

// The acting process of an EID 3 or 22, completed by what its EID 1 said.
Process process_of(const Event& event, const std::optional<ProcessFacts>& facts);

// A guid in the one spelling that ids are made of: in lower case and braces.
std::string guid_text(std::string_view guid);

// "10 minutes", "1 hour", "90 seconds": the largest unit that leaves no remainder.
std::string in_words(Duration d);

// Whole seconds, as findings print durations.
std::int64_t seconds(Duration d);

// "0.25"
std::string two_decimals(double number);

// The same, but with as many decimals, up to six, as it takes to look unlike `other`: a ratio just
// below its limit.
std::string decimals_apart(double number, double other);

// "4444, 8080, 8443"
std::string list(const std::vector<std::int64_t>& numbers);
std::string list(const std::vector<std::string>& texts);

// Open episodes in the order of their start, then id: the order of no table.
void emit_in_order(std::vector<Finding> findings, FindingSink& out);

// What a text or a list of texts holds outside its own object.
std::size_t heap_bytes(const std::string& text);
std::size_t heap_bytes(const std::vector<std::string>& texts);
std::size_t heap_bytes(const Process& process);
std::size_t heap_bytes(const Finding& finding);

}  // namespace c2watch::analytics
