// Fluent Bit in_winevtlog: System flat, EventData as StringInserts: positions instead of names,
// typed as the manifest types them, GUIDs in capitals.
#include "formats/fields.h"
#include "formats/format.h"
#include "formats/message.h"
#include "formats/provider.h"

namespace c2sim {
namespace {

// Every element ends with a comma; the caller drops the last one.
class Inserts {
 public:
  explicit Inserts(Buffer& out) : out_(out) {}

  template <std::size_t N>
  void text(const char (&)[N], const Text& value) {
    string([&] { out_.put(value.json); });
  }
  template <std::size_t N>
  void word(const char (&)[N], std::string_view value) {
    string([&] { out_.put(value); });
  }
  template <std::size_t N>
  void number(const char (&)[N], std::uint64_t value) {
    out_.number(value), out_.put(',');
  }
  template <std::size_t N>
  void digits(const char (&)[N], std::uint64_t value) {
    string([&] { out_.number(value); });
  }
  template <std::size_t N>
  void boolean(const char (&)[N], bool value) {
    value ? out_.put("true,") : out_.put("false,");
  }
  template <std::size_t N>
  void hex(const char (&)[N], std::uint64_t value) {
    string([&] { out_.hex(value); });
  }
  template <std::size_t N>
  void guid(const char (&)[N], const Guid& value) {
    string([&] { out_.guid(value, true); });
  }
  template <std::size_t N>
  void bare_guid(const char (&)[N], const Guid& value) {
    string([&] { out_.bare_guid(value); });
  }
  template <std::size_t N>
  void utc(const char (&)[N], Instant t) {
    string([&] { out_.date(t), out_.put(' '), out_.clock(t), out_.put('.'), out_.fraction(t, 3); });
  }
  template <std::size_t N>
  void address(const char (&)[N], Address value) {
    string([&] { out_.address(value); });
  }

 private:
  template <class Value>
  void string(Value value) {
    out_.put('"'), value(), out_.put("\",");
  }

  Buffer& out_;
};

class FlbWinevtlog final : public Format {
 public:
  explicit FlbWinevtlog(const FormatSettings& settings) : settings_(settings) {}

  bool write(const Event& e, Buffer& out) override {
    const Provider& p = provider_of(e);
    out.put(R"({"ProviderName":")"), out.put(p.name);
    out.put(R"(","ProviderGuid":")"), out.put(p.guid_upper);
    out.put(R"(","Qualifiers":"","EventID":)"), out.number(event_id(e));
    out.put(R"(,"Version":)"), number(out, version_of(e, settings_.task_version));
    out.put(R"(,"Level":)"), number(out, p.level);
    out.put(R"(,"Task":)"), number(out, p.task);
    out.put(R"(,"Opcode":)"), number(out, p.opcode);
    if (p.keywords == "0x0") {
      out.put(R"(,"Keywords":0)");
    } else {
      out.put(R"(,"Keywords":")"), out.put(p.keywords), out.put('"');
    }
    out.put(R"(,"TimeCreated":")"), out.date(e.created), out.put(' '), out.clock(e.created);
    out.put(R"( +0000","EventRecordID":)"), out.number(e.record_id);
    out.put(R"(,"ActivityID":")");
    if (const Guid* activity = activity_of(e); activity != nullptr) out.guid(*activity, true);
    out.put(R"(","RelatedActivityID":"","ProcessID":)"), out.number(e.logger_pid);
    out.put(R"(,"ThreadID":)"), out.number(e.logger_tid);
    out.put(R"(,"Channel":")"), out.put(p.channel);
    out.put(R"(","Computer":")"), out.put(e.host->name->raw);
    out.put(R"(","UserID":")");
    if (const Account* writer = writer_of(e); writer != nullptr) out.put(writer->name->json);
    out.put(R"(","Message":")");
    if (settings_.message) message::write<message::Crlf>(e, settings_, out);
    out.put(R"(","StringInserts":[)");
    Inserts inserts(out);
    each_field(e, settings_, inserts);
    out.drop_last();
    out.put("]}\n");
    return true;
  }

 private:
  static void number(Buffer& out, int n) { out.number(static_cast<std::uint64_t>(n)); }

  FormatSettings settings_;
};

}  // namespace

std::unique_ptr<Format> make_flb_winevtlog(const FormatSettings& settings) {
  return std::make_unique<FlbWinevtlog>(settings);
}

}  // namespace c2sim
