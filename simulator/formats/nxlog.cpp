// NXLog im_msvistalog with to_json(): flat, entities left as the XML had them, empty fields
// dropped, and the event's own ProcessId gone, because ProcessID (Sysmon's) shadows it.
#include "formats/fields.h"
#include "formats/format.h"
#include "formats/json_members.h"
#include "formats/message.h"
#include "formats/provider.h"

namespace c2sim {
namespace {

struct Members {
  static std::string_view form(const Text& t) { return t.json_xml; }
  static constexpr bool keep(std::string_view name) { return name != "ProcessId"; }
  static constexpr bool keep_empty = false;
  static constexpr bool one_object_each = false;
};

struct Severity {
  std::string_view keywords;  // as a signed 64-bit number
  std::string_view type;
  std::string_view value_and_name;
};

Severity severity_of(const Event& e) {
  constexpr std::string_view kInfo = R"(2,"Severity":"INFO")";
  switch (event_id(e)) {
    case 4698:
      return {"-9214364837600034816", "AUDIT_SUCCESS", kInfo};
    case 4104:
      return {"0", "VERBOSE", R"(1,"Severity":"DEBUG")"};
    default:
      return {"-9223372036854775808", "INFO", kInfo};
  }
}

class NxLog final : public Format {
 public:
  explicit NxLog(const FormatSettings& settings) : settings_(settings) {}

  bool write(const Event& e, Buffer& out) override {
    const Provider& p = provider_of(e);
    const Severity severity = severity_of(e);
    out.put(R"({"EventTime":")"), time(out, e.created);
    out.put(R"(","Hostname":")"), out.put(e.host->name->raw);
    out.put(R"(","Keywords":)"), out.put(severity.keywords);
    out.put(R"(,"EventType":")"), out.put(severity.type);
    out.put(R"(","SeverityValue":)"), out.put(severity.value_and_name);
    out.put(R"(,"EventID":)"), out.number(event_id(e));
    out.put(R"(,"SourceName":")"), out.put(p.name);
    out.put(R"(","ProviderGuid":")"), out.put(p.guid_upper);
    out.put(R"(","Version":)"), number(out, version_of(e, settings_.task_version));
    out.put(R"(,"Task":)"), number(out, p.task);
    out.put(R"(,"OpcodeValue":)"), number(out, p.opcode);
    out.put(R"(,"RecordNumber":)"), out.number(e.record_id);
    if (const Guid* activity = activity_of(e); activity != nullptr) {
      out.put(R"(,"ActivityID":")"), out.guid(*activity, true), out.put('"');
    }
    out.put(R"(,"ProcessID":)"), out.number(e.logger_pid);
    out.put(R"(,"ThreadID":)"), out.number(e.logger_tid);
    out.put(R"(,"Channel":")"), out.put(p.channel), out.put(R"(",)");
    if (const Account* writer = writer_of(e); writer != nullptr) {
      out.put(R"("Domain":")"), out.put(writer->domain->json);
      out.put(R"(","AccountName":")"), out.put(writer->user->json);
      out.put(R"(","UserID":")"), out.put(writer->sid->raw);
      out.put(R"(","AccountType":"User",)");
    }
    if (settings_.message) {
      out.put(R"("Message":")");
      message::write<message::Crlf>(e, settings_, out);
      out.put(R"(",)");
    }
    if (!p.task_name.empty()) out.put(R"("Category":")"), out.put(p.task_name), out.put(R"(",)");
    out.put(R"("Opcode":")"), out.put(p.opcode_name), out.put(R"(",)");
    JsonMembers<Members> members(out);
    each_field(e, settings_, members);
    // Collected over the network a second or three later.
    out.put(R"("EventReceivedTime":")");
    time(out, e.created + std::chrono::seconds{1 + e.record_id % 3});
    out.put(R"(","SourceModuleName":"eventlog","SourceModuleType":"im_msvistalog"})");
    out.put('\n');
    return true;
  }

 private:
  static void number(Buffer& out, int n) { out.number(static_cast<std::uint64_t>(n)); }
  static void time(Buffer& out, Instant t) { out.date(t), out.put(' '), out.clock(t); }

  FormatSettings settings_;
};

}  // namespace

std::unique_ptr<Format> make_nxlog(const FormatSettings& settings) {
  return std::make_unique<NxLog>(settings);
}

}  // namespace c2sim
