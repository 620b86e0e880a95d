// Winlogbeat 7 on a collector: winlog.* holds the event, line ends are LF, empty fields are
// dropped. host.name is the collector, as it is in real captures; winlog.computer_name is the
// machine.
#include "formats/fields.h"
#include "formats/format.h"
#include "formats/json_members.h"
#include "formats/message.h"
#include "formats/provider.h"

namespace c2sim {
namespace {

struct Members {
  static std::string_view form(const Text& t) { return t.json_lf; }
  static constexpr bool keep(std::string_view) { return true; }
  static constexpr bool keep_empty = false;
  static constexpr bool one_object_each = false;
};

class Winlogbeat7 final : public Format {
 public:
  explicit Winlogbeat7(const FormatSettings& settings) : settings_(settings) {}

  bool write(const Event& e, Buffer& out) override {
    const Provider& p = provider_of(e);
    out.put(R"({"@timestamp":")"), time(out, e.created);
    out.put(R"(","@metadata":{"beat":"winlogbeat","type":"_doc","version":"7.17.9",)"
            R"("topic":"winlogbeat"},"log":{"level":")");
    out.put(p.level_name), out.put(R"("},)");
    if (settings_.message) {
      out.put(R"("message":")");
      message::write<message::Lf>(e, settings_, out);
      out.put(R"(",)");
    }
    out.put(R"("winlog":{"version":)");
    out.number(static_cast<std::uint64_t>(version_of(e, settings_.task_version)));
    out.put(R"(,"event_id":)"), out.number(event_id(e));
    out.put(R"(,"provider_name":")"), out.put(p.name);
    out.put(R"(","computer_name":")"), out.put(e.host->name->raw);
    out.put(R"(","opcode":")"), out.put(p.opcode_name);
    out.put(R"(","provider_guid":")"), out.put(p.guid);
    if (!p.task_name.empty()) out.put(R"(","task":")"), out.put(p.task_name);
    if (const Guid* activity = activity_of(e); activity != nullptr) {
      out.put(R"(","activity_id":")"), out.guid(*activity);
    }
    if (event_id(e) == 4698)
      out.put(R"(","keywords":["Audit Success"],"api":"wineventlog)");
    else
      out.put(R"(","api":"wineventlog)");
    out.put(R"(","process":{"pid":)"), out.number(e.logger_pid);
    out.put(R"(,"thread":{"id":)"), out.number(e.logger_tid);
    out.put(R"(}},"channel":")"), out.put(p.channel);
    out.put(R"(","record_id":)"), out.number(e.record_id);
    if (const Account* writer = writer_of(e); writer != nullptr) {
      out.put(R"(,"user":{"domain":")"), out.put(writer->domain->json);
      out.put(R"(","type":"User","identifier":")"), out.put(writer->sid->raw);
      out.put(R"(","name":")"), out.put(writer->user->json), out.put(R"("})");
    }
    out.put(R"(,"event_data":{)");
    JsonMembers<Members> members(out);
    each_field(e, settings_, members);
    out.drop_last();
    out.put(R"(}},"ecs":{"version":"1.12.0"},"host":{"name":"WEC01"},"agent":{)"
            R"("ephemeral_id":"5b2f7a40-3c1e-4d7a-9a53-0f1d2c6b8e94","hostname":"WEC01",)"
            R"("id":"0c7d9e52-84b1-4f3a-8e0d-6a2b5c4d3e1f","version":"7.17.9",)"
            R"("type":"winlogbeat"},"event":{"kind":"event","code":)");
    out.number(event_id(e));
    if (!p.task_name.empty()) out.put(R"(,"action":")"), out.put(p.task_name), out.put('"');
    out.put(R"(,"created":")");
    time(out, e.created + std::chrono::milliseconds{400 + e.record_id % 1500});
    out.put("\"}}\n");
    return true;
  }

 private:
  static void time(Buffer& out, Instant t) {
    out.date(t), out.put('T'), out.clock(t), out.put('.'), out.fraction(t, 3), out.put('Z');
  }

  FormatSettings settings_;
};

}  // namespace

std::unique_ptr<Format> make_winlogbeat7(const FormatSettings& settings) {
  return std::make_unique<Winlogbeat7>(settings);
}

}  // namespace c2sim
