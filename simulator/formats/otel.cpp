// OpenTelemetry's windowseventlog receiver: the body of the log record, keys in alphabetical order
// as a Go map marshals, EventData as a list of one-member objects, which keeps its order.
#include "formats/fields.h"
#include "formats/format.h"
#include "formats/json_members.h"
#include "formats/message.h"
#include "formats/provider.h"

namespace c2sim {
namespace {

struct Members {
  static std::string_view form(const Text& t) { return t.json; }
  static constexpr bool keep(std::string_view) { return true; }
  static constexpr bool keep_empty = true;
  static constexpr bool one_object_each = true;
};

class Otel final : public Format {
 public:
  explicit Otel(const FormatSettings& settings) : settings_(settings) {}

  bool write(const Event& e, Buffer& out) override {
    const Provider& p = provider_of(e);
    out.put(R"({"channel":")"), out.put(p.channel);
    out.put(R"(","computer":")"), out.put(e.host->name->raw);
    out.put(R"(","event_data":{"data":[)");
    JsonMembers<Members> members(out);
    each_field(e, settings_, members);
    out.drop_last();
    out.put(R"(]},"event_id":{"id":)"), out.number(event_id(e));
    out.put(R"(,"qualifiers":0},"execution":{"process_id":)"), out.number(e.logger_pid);
    out.put(R"(,"thread_id":)"), out.number(e.logger_tid);
    event_id(e) == 4698
        ? out.put(R"(},"keywords":["Audit Success"],"level":")")
        : (out.put(R"(},"keywords":[")"), out.put(p.keywords), out.put(R"("],"level":")"));
    out.put(p.level == 5 ? std::string_view("Verbose") : std::string_view("Information"));
    out.put(R"(","message":")");
    if (settings_.message) message::write<message::Crlf>(e, settings_, out);
    out.put(R"(","opcode":")"), out.put(p.opcode_name);
    out.put(R"(","provider":{"event_source":"","guid":")"), out.put(p.guid);
    out.put(R"(","name":")"), out.put(p.name);
    out.put(R"("},"record_id":)"), out.number(e.record_id);
    if (const Account* writer = writer_of(e); writer != nullptr) {
      out.put(R"(,"security":{"user_id":")"), out.put(writer->sid->raw), out.put(R"("})");
    }
    out.put(R"(,"system_time":")"), out.date(e.created), out.put('T'), out.clock(e.created);
    out.put('.'), out.fraction(e.created, 7);
    out.put(R"(Z","task":")"), out.put(p.task_name);
    out.put(R"(","version":)");
    out.number(static_cast<std::uint64_t>(version_of(e, settings_.task_version)));
    out.put("}\n");
    return true;
  }

 private:
  FormatSettings settings_;
};

}  // namespace

std::unique_ptr<Format> make_otel(const FormatSettings& settings) {
  return std::make_unique<Otel>(settings);
}

}  // namespace c2sim
