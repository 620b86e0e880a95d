// Event XML as Windows renders it: single quotes, no white space between elements, one line.
#include "formats/fields.h"
#include "formats/format.h"
#include "formats/provider.h"

namespace c2sim {
namespace {

class DataElements {
 public:
  explicit DataElements(Buffer& out) : out_(out) {}

  template <std::size_t N>
  void text(const char (&name)[N], const Text& value) {
    open(name), out_.put(value.xml), close();
  }
  template <std::size_t N>
  void word(const char (&name)[N], std::string_view value) {
    open(name), out_.put(value), close();
  }
  template <std::size_t N>
  void number(const char (&name)[N], std::uint64_t value) {
    open(name), out_.number(value), close();
  }
  template <std::size_t N>
  void digits(const char (&name)[N], std::uint64_t value) {
    number(name, value);
  }
  template <std::size_t N>
  void boolean(const char (&name)[N], bool value) {
    open(name), value ? out_.put("true") : out_.put("false"), close();
  }
  template <std::size_t N>
  void hex(const char (&name)[N], std::uint64_t value) {
    open(name), out_.hex(value), close();
  }
  template <std::size_t N>
  void guid(const char (&name)[N], const Guid& value) {
    open(name), out_.guid(value), close();
  }
  template <std::size_t N>
  void bare_guid(const char (&name)[N], const Guid& value) {
    open(name), out_.bare_guid(value), close();
  }
  template <std::size_t N>
  void utc(const char (&name)[N], Instant t) {
    open(name), out_.date(t), out_.put(' '), out_.clock(t), out_.put('.'), out_.fraction(t, 3);
    close();
  }
  template <std::size_t N>
  void address(const char (&name)[N], Address value) {
    open(name), out_.address(value), close();
  }

 private:
  template <std::size_t N>
  void open(const char (&name)[N]) {
    out_.put("<Data Name='"), out_.put(name), out_.put("'>");
  }
  void close() { out_.put("</Data>"); }

  Buffer& out_;
};

class Xml final : public Format {
 public:
  explicit Xml(const FormatSettings& settings) : settings_(settings) {}

  bool write(const Event& e, Buffer& out) override {
    const Provider& p = provider_of(e);
    out.put(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        "<Provider Name='");
    out.put(p.name), out.put("' Guid='"), out.put(p.guid);
    out.put("'/><EventID>"), out.number(event_id(e));
    out.put("</EventID><Version>"), number(out, version_of(e, settings_.task_version));
    out.put("</Version><Level>"), number(out, p.level);
    out.put("</Level><Task>"), number(out, p.task);
    out.put("</Task><Opcode>"), number(out, p.opcode);
    out.put("</Opcode><Keywords>"), out.put(p.keywords);
    out.put("</Keywords><TimeCreated SystemTime='");
    out.date(e.created), out.put('T'), out.clock(e.created), out.put('.');
    out.fraction(e.created, 7);
    out.put("Z'/><EventRecordID>"), out.number(e.record_id);
    out.put("</EventRecordID>");
    if (const Guid* activity = activity_of(e); activity != nullptr) {
      out.put("<Correlation ActivityID='"), out.guid(*activity), out.put("'/>");
    } else {
      out.put("<Correlation/>");
    }
    out.put("<Execution ProcessID='"), out.number(e.logger_pid);
    out.put("' ThreadID='"), out.number(e.logger_tid);
    out.put("'/><Channel>"), out.put(p.channel);
    out.put("</Channel><Computer>"), out.put(e.host->name->raw);
    out.put("</Computer>");
    if (const Account* writer = writer_of(e); writer != nullptr) {
      out.put("<Security UserID='"), out.put(writer->sid->raw), out.put("'/>");
    } else {
      out.put("<Security/>");
    }
    out.put("</System><EventData>");
    DataElements data(out);
    each_field(e, settings_, data);
    out.put("</EventData></Event>\n");
    return true;
  }

 private:
  static void number(Buffer& out, int n) { out.number(static_cast<std::uint64_t>(n)); }

  FormatSettings settings_;
};

}  // namespace

std::unique_ptr<Format> make_xml(const FormatSettings& settings) {
  return std::make_unique<Xml>(settings);
}

}  // namespace c2sim
