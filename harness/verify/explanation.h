// What the plugin says of a key that fired or did not (the members: plugin/abi/README.md), for people.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/base/terminal.h"

namespace c2watch::harness {

// "powershell.exe on WS01 to 10.0.0.5:8888 (c2.example)"
std::string key_text(const nlohmann::ordered_json& key);

// "2026-03-02 08:00:00", or "" when the object has no such member.
std::string moment_text(const nlohmann::ordered_json& object, const char* name);

// "36 % of the way"
std::string score_text(const nlohmann::ordered_json& key);

// What it had and what it lacked, a line a condition, and what took events away.
void show_conditions(Page& page, const nlohmann::ordered_json& key, std::size_t indent);
void show_drops(Page& page, const nlohmann::ordered_json& drops, std::size_t indent);

// The key that was nearest to a finding which did not come; nothing for null.
void show_nearest(Page& page, const nlohmann::ordered_json& nearest, std::size_t indent);

// The same in one line: "nearest: powershell.exe on WS01 ..., 36 % of the way: 3 check-ins of ..."
std::string nearest_text(const nlohmann::ordered_json& nearest);

// As much of a key as a report keeps.
nlohmann::ordered_json nearest_json(const nlohmann::ordered_json& key);

}  // namespace c2watch::harness
