// Schemas: the fields of each event in the order in which Windows writes them.
//
// Two things need the order: Fluent Bit's StringInserts, which have no names, and the Message text,
// whose `Key: value` pairs follow it.
//
// SOURCE    Sysmon's manifest, schema 3.x to 4.90; the manifests of Security-Auditing, PowerShell
// and
//           DNS-Client.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/model/event.h"
#include "core/parse/raw_record.h"

namespace c2watch::parse {

// What a value must look like to stand in a column. Loose on purpose: enough to notice a shift.
enum class Look : std::uint8_t { any, time, guid, number, hex, flag, address, path, owner, task };

struct Column {
  std::string_view name;
  Slot slot = Slot::none;
  Look look = Look::any;
  bool may_be_empty = false;  // and then vanishes in forwarded events
};

// One way of writing an event: all columns but those in `absent` (bit i: column i).
struct Schema {
  Kind kind;
  std::span<const Column> columns;
  std::uint32_t absent = 0;

  std::size_t count() const;
  bool lacks(std::size_t column) const { return (absent >> column & 1) != 0; }
};

// Every known schema; the first of a kind has all columns.
std::span<const Schema> schemas();

// All columns of a kind; empty if it has no positional form.
std::span<const Column> columns_of(Kind kind);

// True if `text` can stand in a column of that look.
bool looks(std::string_view text, Look look);

}  // namespace c2watch::parse
