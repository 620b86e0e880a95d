// Sumo Logic Cloud SIEM: the normalised network record that sec_record_network holds. Sumo's own
// mapping of EID 3 fills baseImage and leaves application empty; missing values are absent.
// Only connections become network records: other events are not written.
#include "formats/format.h"

namespace c2sim {
namespace {

class SumoCse final : public Format {
 public:
  bool write(const Event& e, Buffer& out) override {
    const auto* c = std::get_if<NetworkConnect>(&e.what);
    if (c == nullptr) return false;
    out.put(R"({"timestamp":)");
    out.number(static_cast<std::uint64_t>(e.utc.time_since_epoch().count() / 10'000));
    out.put(R"(,"metadata_vendor":"Microsoft","metadata_product":"Windows",)"
            R"("metadata_deviceEventId":"Microsoft-Windows-Sysmon/Operational-3",)"
            R"("objectType":"Network","normalizedAction":"allow","device_hostname":")");
    out.put(e.host->name->raw);
    out.put(R"(","srcDevice_ip":")"), out.address(c->source);
    member(out, R"(","srcDevice_hostname":")", *c->source_host);
    out.put(R"(","srcPort":)"), out.number(c->source_port);
    out.put(R"(,"dstDevice_ip":")"), out.address(c->destination);
    member(out, R"(","dstDevice_hostname":")", *c->destination_host);
    out.put(R"(","dstPort":)"), out.number(c->destination_port);
    out.put(R"(,"ipProtocol":")");
    c->udp ? out.put("udp") : out.put("tcp");
    out.put(R"(","baseImage":")"), out.put(c->process.program->image->json);
    out.put(R"(","pid":)"), out.number(c->process.pid);
    out.put(R"(,"user_username":")"), out.put(c->process.account->name->json);
    out.put(R"(","uid":")");
    out.put(channel_name(Channel::sysmon)), out.put('-'), out.number(e.record_id);
    out.put("\"}\n");
    return true;
  }

 private:
  template <std::size_t N>
  static void member(Buffer& out, const char (&opening)[N], const Text& value) {
    if (value.raw == "-") return;
    out.put(opening), out.put(value.json);
  }
};

}  // namespace

std::unique_ptr<Format> make_sumo_cse(const FormatSettings&) { return std::make_unique<SumoCse>(); }

}  // namespace c2sim
