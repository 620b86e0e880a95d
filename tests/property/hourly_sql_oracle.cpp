#include "property/hourly_sql_oracle.h"

#include <initializer_list>
#include <stdexcept>
#include <utility>

namespace c2watch::property {
namespace {

using Patterns = std::initializer_list<const char*>;

// GLOB of NULL is NULL, and NULL drops nothing.
std::string matches_any(const std::string& column, const Patterns& globs) {
  std::string sql = "coalesce(";
  for (const char* glob : globs)
    sql += (sql.size() > 9 ? " or " : "") + column + " glob '" + glob + "'";
  return sql + ", 0)";
}

std::string names_any(const std::string& column, const Patterns& names) {
  std::string sql = "coalesce(";
  for (const char* name : names)
    sql +=
        (sql.size() > 9 ? " or " : "") + ("instr(lower(" + column + "), '") + name + ".exe') > 0";
  return sql + ", 0)";
}

std::string seed_drops() {
  return matches_any("dst_ip", {"10.*", "172.16.*", "172.17.*", "172.18.*", "172.19.*", "172.20.*",
                                "172.21.*", "172.22.*", "172.23.*", "172.24.*", "172.25.*",
                                "172.26.*", "172.27.*", "172.28.*", "172.29.*", "172.30.*",
                                "172.31.*", "192.168.*", "127.*"}) +
         " or " +
         matches_any("dst_host", {"*microsoft.com", "*windows.com", "*windowsupdate.com",
                                  "*office.com", "*live.com", "*azure.com", "*microsoftonline.com",
                                  "*office365.com", "*akamai*", "*cloudflare.com", "*amazonaws.com",
                                  "*googleapis.com", "*digicert.com", "*verisign.com"}) +
         " or " +
         matches_any("app", {"*msedge.exe", "*chrome.exe", "*firefox.exe", "*iexplore.exe",
                             "*opera.exe", "*brave.exe", "*outlook.exe", "*teams.exe", "*slack.exe",
                             "*zoom.exe", "*onedrive.exe", "*msedgewebview2.exe"});
}

// ratio < percent/100 over n hours, t rows and q squares, without leaving the integers.
std::string below(const SqlSettings& s, const std::string& n, const std::string& t,
                  const std::string& q) {
  const std::string spread = "(" + n + "*" + q + " - " + t + "*" + t + ")";
  const std::string square = std::to_string(s.ratio_percent * s.ratio_percent);
  if (s.sample)
    return "10000*" + n + "*" + spread + " < " + square + "*(" + n + "-1)*" + t + "*" + t;
  return "10000*" + spread + " < " + square + "*" + t + "*" + t;
}

std::string query(const SqlSettings& s) {
  const std::string raw = "case when sysmon then null else application end";
  const std::string app = s.coalesce ? "coalesce(" + raw + ", base_image)" : raw;
  const std::string src = s.source_fallback ? "coalesce(src_host, computer)" : "src_host";
  const std::string eligible = s.initiated_only ? "not sysmon or initiated" : "true";
  const std::string drop =
      s.seed_scope ? seed_drops() : "ip_out or (app is not null and program_out)";
  const std::string suspicious = names_any(
      "app", {"powershell", "pwsh", "cmd", "wscript", "cscript", "rundll32", "regsvr32", "mshta",
              "certutil", "bitsadmin", "curl", "wget", "msiexec", "wmic", "msbuild", "csc"});
  std::string beacon = below(s, "n", "t", "q");
  if (s.partial_edges) beacon += " or (n >= 4 and " + below(s, "n1", "t1", "q1") + ")";

  return "with eligible as (select *, " + app + " as app, " + src + " as src from rows where (" +
         eligible +
         ") and ts_ms >= ?1 and ts_ms < ?2),"
         // % of a negative number is negative: made a floor by hand.
         " kept as materialized (select *, ts_ms - ((ts_ms % 3600000) + 3600000) % 3600000 as hour"
         "  from eligible where not (" +
         drop +
         ")),"
         " hourly as materialized (select src, app, dst_ip, dst_host, hour, count(*) as c from kept"
         "  group by src, app, dst_ip, dst_host, hour order by hour),"
         " edges as (select *, min(hour) over k as f, max(hour) over k as l from hourly"
         "  window k as (partition by src, app, dst_ip, dst_host)),"
         " sums as (select src, app, dst_ip, dst_host, count(*) as n, sum(c) as t, sum(c*c) as q,"
         "  sum(hour > f and hour < l) as n1, sum(iif(hour > f and hour < l, c, 0)) as t1,"
         "  sum(iif(hour > f and hour < l, c*c, 0)) as q1, f, l from edges"
         "  group by src, app, dst_ip, dst_host),"
         " considered as (select *, " +
         suspicious + " as susp, (" + beacon + ") as beacon, t > " +
         std::to_string(s.volume_above) +
         " as volume from sums"
         "  where t >= " +
         std::to_string(s.min_total) + " and n >= " + std::to_string(s.min_hours) +
         ")"
         " select src, app, dst_ip, dst_host, t, n, n*q - t*t,"
         "  (select group_concat(p) from (select distinct dst_port as p from kept as k where"
         "   k.src is s.src and k.app is s.app and k.dst_ip is s.dst_ip and k.dst_host is "
         "s.dst_host"
         "   and dst_port is not null order by p)),"
         "  (select group_concat(hour) from (select hour from hourly as h where h.src is s.src and"
         "   h.app is s.app and h.dst_ip is s.dst_ip and h.dst_host is s.dst_host order by hour)),"
         "  (select group_concat(c) from (select c from hourly as h where h.src is s.src and"
         "   h.app is s.app and h.dst_ip is s.dst_ip and h.dst_host is s.dst_host order by hour)),"
         "  f, l, susp, beacon, susp + beacon + volume as score from considered as s"
         " where susp or beacon or (volume and " +
         (s.volume_alone ? "true" : "false") +
         ")"
         " order by score desc, t desc, src, app, dst_ip, dst_host";
}

void bind(sqlite3_stmt* statement, int at, const Text& text) {
  if (!text) {
    sqlite3_bind_null(statement, at);
  } else {
    sqlite3_bind_text(statement, at, text->data(), static_cast<int>(text->size()), nullptr);
  }
}

Text text(sqlite3_stmt* statement, int column) {
  if (sqlite3_column_type(statement, column) == SQLITE_NULL) return std::nullopt;
  const unsigned char* bytes = sqlite3_column_text(statement, column);
  return std::string(bytes, bytes + sqlite3_column_bytes(statement, column));
}

}  // namespace

Text in_one_spelling(Text text) {
  if (!text) return text;
  for (char& c : *text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (text->ends_with('.')) text->pop_back();
  return text;
}

SqlOracle::Statement SqlOracle::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    throw std::runtime_error(std::string(sqlite3_errmsg(db_.get())) + " in " + sql);
  return Statement(statement);
}

SqlOracle::SqlOracle(const SqlSettings& settings) : exact_(settings.exact) {
  sqlite3* db = nullptr;
  if (sqlite3_open(":memory:", &db) != SQLITE_OK) throw std::runtime_error("no SQLite");
  db_.reset(db);
  sqlite3_exec(db, "pragma temp_store = memory", nullptr, nullptr, nullptr);
  sqlite3_exec(db,
               "create table rows (ts_ms integer, sysmon integer, src_host text, application text,"
               " base_image text, dst_ip text, dst_host text, computer text, dst_port integer,"
               " initiated integer, ip_out integer, program_out integer)",
               nullptr, nullptr, nullptr);
  insert_ = prepare("insert into rows values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query_ = prepare(query(settings));
}

void SqlOracle::add(const SqlRow& row) {
  sqlite3_stmt* s = insert_.get();
  SqlRow folded = row;
  if (!exact_) {
    for (Text* text : {&folded.src_host, &folded.application, &folded.base_image, &folded.dst_host,
                       &folded.computer})
      *text = in_one_spelling(*text);
  }
  sqlite3_bind_int64(s, 1, row.ts_ms);
  sqlite3_bind_int(s, 2, row.sysmon);
  bind(s, 3, folded.src_host);
  bind(s, 4, folded.application);
  bind(s, 5, folded.base_image);
  bind(s, 6, folded.dst_ip);
  bind(s, 7, folded.dst_host);
  bind(s, 8, folded.computer);
  if (row.dst_port) {
    sqlite3_bind_int(s, 9, *row.dst_port);
  } else {
    sqlite3_bind_null(s, 9);
  }
  sqlite3_bind_int(s, 10, row.initiated);
  sqlite3_bind_int(s, 11, row.destination_out_of_scope);
  sqlite3_bind_int(s, 12, row.program_out_of_scope);
  if (sqlite3_step(s) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db_.get()));
  sqlite3_reset(s);
}

void SqlOracle::clear() { sqlite3_exec(db_.get(), "delete from rows", nullptr, nullptr, nullptr); }

std::vector<SqlAnswer> SqlOracle::answer(std::int64_t from_ms, std::int64_t to_ms) {
  sqlite3_stmt* s = query_.get();
  sqlite3_bind_int64(s, 1, from_ms);
  sqlite3_bind_int64(s, 2, to_ms);
  std::vector<SqlAnswer> answers;
  int status = SQLITE_OK;
  while ((status = sqlite3_step(s)) == SQLITE_ROW) {
    answers.push_back({.key = {text(s, 0), text(s, 1), text(s, 2), text(s, 3)},
                       .total = sqlite3_column_int64(s, 4),
                       .hours = sqlite3_column_int64(s, 5),
                       .spread = sqlite3_column_int64(s, 6),
                       .ports = text(s, 7).value_or(""),
                       .slices = text(s, 8).value_or(""),
                       .counts = text(s, 9).value_or(""),
                       .first_ms = sqlite3_column_int64(s, 10),
                       .last_ms = sqlite3_column_int64(s, 11),
                       .suspicious = sqlite3_column_int(s, 12),
                       .beacon = sqlite3_column_int(s, 13),
                       .score = sqlite3_column_int(s, 14)});
  }
  if (status != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db_.get()));
  sqlite3_reset(s);
  return answers;
}

}  // namespace c2watch::property
