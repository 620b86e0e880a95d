// Saved finding: the parts of a finding as archive fields (state/archive.h).
//
//   template <class Archive> void fields(Archive& a) { process_fields(a, process); }
//
// What has static storage in a finding is written as text and found again among the known ones; a
// Reader rejects any other.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/analytics/command_line.h"
#include "core/analytics/process_class.h"
#include "core/model/finding.h"
#include "core/state/archive.h"

namespace c2watch::analytics {

template <class Archive>
void process_fields(Archive& a, Process& p) {
  a(p.image, p.guid, p.command_line, p.parent_image, p.parent_guid, p.user, p.pid);
}

template <class Archive>
void destination_fields(Archive& a, Destination& d) {
  a(d.ip, d.hostname, d.port);
}

// One of `all`, or empty.
template <class Archive, class Names>
void static_text_fields(Archive& a, std::string_view& text, const Names& all) {
  a(text);
  if constexpr (Archive::kReads) {
    const auto hit = std::find(all.begin(), all.end(), text);
    if (hit == all.end() && !text.empty()) a.reject();
    text = hit == all.end() ? std::string_view() : *hit;
  }
}

template <class Archive>
void intent_fields(Archive& a, Intent& intent) {
  static_text_fields(a, intent.program, kScriptEngines);
  a(intent.traits);
  for (std::string_view& how : intent.spelled) static_text_fields(a, how, known_spellings());
}

// As many items as the other side had, each by `each(item)`.
template <class Archive, class T, class Each>
void list_fields(Archive& a, std::vector<T>& list, const T& blank, Each&& each) {
  if constexpr (Archive::kReads) {
    const std::uint32_t n = a.count();
    list.clear();
    for (std::uint32_t i = 0; i < n && a.ok(); ++i) each(list.emplace_back(blank));
  } else {
    a(static_cast<std::uint32_t>(list.size()));
    for (T& item : list) each(item);
  }
}

template <class Archive>
void evidence_fields(Archive& a, Evidence& e) {
  auto kind = static_cast<std::uint8_t>(e.value.index());
  a(e.name, kind);
  if constexpr (Archive::kReads) {
    // In the order of the variant's alternatives.
    const std::array<Evidence::Value, std::variant_size_v<Evidence::Value>> blanks = {
        std::monostate{},
        bool{},
        std::int64_t{},
        double{},
        std::string(),
        std::vector<std::int64_t>(),
        std::vector<std::string>()};
    if (kind >= blanks.size()) return a.fail();
    e.value = blanks[kind];
  }
  std::visit(
      [&a](auto& held) {
        if constexpr (!std::is_same_v<std::remove_reference_t<decltype(held)>, std::monostate>)
          a(held);
      },
      e.value);
}

// All but the detector's name, which whoever keeps a finding knows.
template <class Archive>
void finding_fields(Archive& a, Finding& f) {
  static constexpr std::array<std::string_view, 5> kTechniques = {
      "T1053.005", "T1071.001", "T1071.004", "T1571", "T1583.004"};
  a(f.id, f.update, f.title, f.description, f.severity, f.confidence, f.risk_score);
  list_fields(a, f.techniques, std::string_view(),
              [&a](std::string_view& t) { static_text_fields(a, t, kTechniques); });
  a(f.first_seen, f.last_seen, f.emitted_at, f.host);
  process_fields(a, f.process);
  destination_fields(a, f.destination);
  list_fields(a, f.evidence, Evidence({}, {}), [&a](Evidence& e) { evidence_fields(a, e); });
  a(f.reasons);
  list_fields(a, f.records, RecordRef{},
              [&a](RecordRef& r) { a(r.computer, r.channel, r.record_id, r.event_id, r.time); });
  if constexpr (Archive::kReads)
    if (f.severity > Severity::critical || f.confidence > Confidence::high) a.reject();
}

}  // namespace c2watch::analytics
