#include "harness/verify/transport_view.h"

#include <algorithm>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

void complain(string& why, const string& what) { why += (why.empty() ? "" : "; ") + what; }

string lost_records(const Transport& t) {
  string out = plural(t.records - t.records_out, "record") + " did not come out: number";
  for (const std::size_t record : t.lost) out += " " + std::to_string(record);
  return out + (t.lost.size() < t.records - t.records_out ? " ..." : "");
}

string of_fate(const Transport& t, FindingFate fate, const string& what) {
  string out;
  for (const FindingDifference& d : t.differences)
    if (d.fate == fate) out += (out.empty() ? what : ", ") + d.detector + " " + d.id;
  return out;
}

}  // namespace

string transport_found(const Transport& t) {
  return with_thousands(t.records_out) + " of " + plural(t.records, "record") + " came out, " +
         plural(t.findings_out, "finding") +
         (t.differences.empty() && t.findings > 0 ? ", by id those that are raised in process"
                                                  : "");
}

string transport_why(const Transport& t) {
  string why;
  if (t.records_out < t.records) complain(why, lost_records(t));
  if (t.foreign > 0) complain(why, plural(t.foreign, "line") + " came out that were not put in");
  for (const auto& [fate, what] :
       {std::pair(FindingFate::missing, "raised in process and not by the collector: "),
        std::pair(FindingFate::extra, "raised by the collector alone: "),
        std::pair(FindingFate::last_cut, "not at the same update in both: ")})
    if (const string some = of_fate(t, fate, what); !some.empty()) complain(why, some);
  return why;
}

void show_transports(Page& page, const std::vector<Transport>& transports, std::size_t indent) {
  for (const Transport& t : transports) {
    string profile = printable(t.profile);
    profile.resize(std::max<std::size_t>(profile.size(), 8), ' ');
    const bool held = t.held();
    const string why = transport_why(t);
    page.item({{string(held ? tick(page.terminal()) : cross(page.terminal())),
                held ? Style::good : Style::bad},
               {" " + profile + " ", Style::dim}},
              printable(transport_found(t) + (why.empty() ? "" : "; " + why)), indent);
  }
}

json transports_json(const std::vector<Transport>& transports) {
  json out = json::array();
  for (const Transport& t : transports) {
    json differences = json::array();
    for (const FindingDifference& d : t.differences)
      differences.push_back({{"fate", fate_name(d.fate)},
                             {"id", d.id},
                             {"detector", d.detector},
                             {"title", d.title}});
    out.push_back({{"profile", t.profile},
                   {"collector", t.collector},
                   {"held", t.held()},
                   {"records", t.records},
                   {"records_out", t.records_out},
                   {"foreign", t.foreign},
                   {"findings", t.findings},
                   {"findings_out", t.findings_out},
                   {"differences", differences},
                   {"found", transport_found(t)},
                   {"why", transport_why(t)}});
  }
  return out;
}

}  // namespace c2watch::harness
