#include "core/engine/outbox.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>
#include <vector>

#include "core/analytics/saved_finding.h"
#include "core/engine/detectors.h"

namespace c2watch::engine {

namespace {

// Evidence that an allowlist looks at (allowlist.cpp).
constexpr std::array<std::string_view, 4> kMatched = {"domain", "domains", "task_name",
                                                      "task_names"};

Finding subject_alone(const Finding& finding) {
  Finding s;
  s.detector = finding.detector;
  s.severity = finding.severity;
  s.emitted_at = finding.emitted_at;
  s.host = finding.host;
  s.process.image = finding.process.image;
  s.destination.ip = finding.destination.ip;
  s.destination.hostname = finding.destination.hostname;
  for (const Evidence& e : finding.evidence)
    if (std::ranges::find(kMatched, e.name) != kMatched.end()) s.evidence.push_back(e);
  return s;
}

std::vector<std::string_view> detector_names() {
  std::vector<std::string_view> names;
  for (const Detector& d : all_detectors()) names.push_back(d.name);
  return names;
}

}  // namespace

// Versions 1 and 2 knew no subject: no entry covers what they kept.
template <class Archive>
void Outbox::Kept::fields(Archive& a) {
  a(record, json, subject.severity, checkpoints);
  if (a.version() < 2) return;
  a(computer);
  if (a.version() < 3) return;
  analytics::static_text_fields(a, subject.detector, detector_names());
  a(subject.emitted_at, subject.host, subject.process.image, subject.destination.ip,
    subject.destination.hostname);
  analytics::list_fields(a, subject.evidence, Evidence({}, {}),
                         [&a](Evidence& e) { analytics::evidence_fields(a, e); });
}

std::size_t Outbox::Kept::bytes() const {
  std::size_t all = json.size() + subject.host.size() + subject.process.image.size() +
                    subject.destination.ip.size() + subject.destination.hostname.size();
  for (const Evidence& e : subject.evidence) {
    all += e.name.size();
    if (const auto* text = std::get_if<std::string>(&e.value)) all += text->size();
    if (const auto* texts = std::get_if<std::vector<std::string>>(&e.value))
      for (const std::string& text : *texts) all += sizeof text + text.size();
  }
  return all;
}

Outbox::Outbox() {
  saved_.values([this](auto& a) {
    using Archive = std::remove_reference_t<decltype(a)>;
    if constexpr (Archive::kReads) {
      const std::uint32_t n = a.count();
      if (n > kMost) return a.fail();
      for (std::uint32_t i = 0; i < n && a.ok(); ++i) {
        a(kept_.emplace_back());
        bytes_ += kept_.back().bytes();
        if (kept_.back().subject.severity > Severity::critical) a.fail();
      }
    } else {
      a(static_cast<std::uint32_t>(kept_.size()));
      for (const Kept& k : kept_) a(k);
    }
  });
}

// Makes room for the newest finding, which is of this computer and stays.
void Outbox::drop_one(std::uint64_t computer) {
  constexpr std::size_t kShares = 16;
  struct Held {
    std::size_t findings = 0, bytes = 0;
  };
  // By hash: of 256 groups, so that it needs no memory of its own.
  std::array<Held, 256> held{};
  const auto held_by = [&](std::uint64_t whose) -> Held& { return held[whose % held.size()]; };
  for (const Kept& k : kept_) {
    ++held_by(k.computer).findings;
    held_by(k.computer).bytes += k.bytes();
  }
  const auto beyond = [&](std::uint64_t whose) {
    return held_by(whose).findings > kMost / kShares || held_by(whose).bytes > kMaxBytes / kShares;
  };
  const auto newest = kept_.end() - 1;
  auto gone = std::find_if(kept_.begin(), newest, [&](const Kept& k) {
    return beyond(computer) ? k.computer == computer : beyond(k.computer);
  });
  if (gone == newest) gone = kept_.begin();
  bytes_ -= gone->bytes();
  kept_.erase(gone);
}

void Outbox::add(std::uint64_t record, std::string_view json, const Finding& finding, bool told,
                 std::uint64_t computer) {
  kept_.push_back({.record = record,
                   .json = std::string(json),
                   .subject = subject_alone(finding),
                   .told = told,
                   .computer = computer});
  bytes_ += kept_.back().bytes();
  while (full()) drop_one(computer);
}

void Outbox::checkpoint_done() {
  std::erase_if(kept_, [this](Kept& k) {
    if (k.checkpoints < 2) ++k.checkpoints;
    const bool safe = k.record == kNoRecord && k.checkpoints >= 2;
    if (safe) bytes_ -= k.bytes();
    return safe;
  });
}

void Outbox::forget_unasked() {
  std::erase_if(kept_, [this](const Kept& k) {
    if (k.record == kNoRecord) bytes_ -= k.bytes();
    return k.record == kNoRecord;
  });
}

}  // namespace c2watch::engine
