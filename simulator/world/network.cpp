#include "world/network.h"

#include <charconv>
#include <cstdio>

namespace c2sim {
namespace {

// Who hosts a name decides what the addresses and reverse names look like.
enum class Hosting { microsoft, google, amazon, akamai, cloudflare, small };

struct Rule {
  std::string_view suffix;
  Hosting hosting;
};

constexpr Rule kRules[] = {
    {"microsoft.com", Hosting::microsoft},
    {"windows.com", Hosting::microsoft},
    {"windowsupdate.com", Hosting::akamai},
    {"office.com", Hosting::microsoft},
    {"office365.com", Hosting::microsoft},
    {"office.net", Hosting::microsoft},
    {"live.com", Hosting::microsoft},
    {"azure.com", Hosting::microsoft},
    {"microsoftonline.com", Hosting::microsoft},
    {"sharepoint.com", Hosting::microsoft},
    {"skype.com", Hosting::microsoft},
    {"bing.com", Hosting::microsoft},
    {"msn.com", Hosting::microsoft},
    {"google.com", Hosting::google},
    {"googleapis.com", Hosting::google},
    {"gstatic.com", Hosting::google},
    {"gvt1.com", Hosting::google},
    {"youtube.com", Hosting::google},
    {"doubleclick.net", Hosting::google},
    {"amazonaws.com", Hosting::amazon},
    {"slack.com", Hosting::amazon},
    {"zoom.us", Hosting::amazon},
    {"digicert.com", Hosting::cloudflare},
    {"adobe.com", Hosting::akamai},
    {"apple.com", Hosting::akamai},
};

bool ends_with(std::string_view name, std::string_view suffix) {
  return name.size() >= suffix.size() && name.substr(name.size() - suffix.size()) == suffix;
}

Hosting hosting_of(std::string_view name, std::uint64_t hash) {
  for (const Rule& r : kRules)
    if (ends_with(name, r.suffix)) return r.hosting;
  constexpr Hosting kOthers[] = {Hosting::amazon, Hosting::cloudflare, Hosting::small,
                                 Hosting::akamai, Hosting::small,      Hosting::google};
  return kOthers[hash % std::size(kOthers)];
}

Address address_of(Hosting hosting, std::uint64_t h) {
  const auto b = static_cast<unsigned>(h >> 8) & 255, c = static_cast<unsigned>(h >> 16) & 255;
  const auto d = 1 + static_cast<unsigned>(h >> 24) % 254;
  switch (hosting) {
    case Hosting::microsoft:
      return ipv4(h & 1 ? 20 : 52, h & 1 ? 40 + b % 80 : 96 + b % 16, c, d);
    case Hosting::google:
      return ipv4(142, 250 + b % 2, c, d);
    case Hosting::amazon:
      return ipv4(h & 1 ? 3 : 54, 64 + b % 128, c, d);
    case Hosting::akamai:
      return ipv4(23, 32 + b % 80, c, d);
    case Hosting::cloudflare:
      return ipv4(104, 16 + b % 16, c, d);
    case Hosting::small:
      break;
  }
  constexpr unsigned kBlocks[] = {5, 31, 37, 45, 46, 62, 77, 78, 82, 85, 88, 91, 93, 94, 95, 109};
  return ipv4(kBlocks[h % std::size(kBlocks)], b, c, d);
}

// About half of the addresses of a real network have no PTR record at all.
std::string reverse_of(Hosting hosting, Address a, std::uint64_t h) {
  const unsigned q[] = {a.v4 >> 24, (a.v4 >> 16) & 255, (a.v4 >> 8) & 255, a.v4 & 255};
  char text[96];
  switch (hosting) {
    case Hosting::amazon:
      std::snprintf(text, sizeof text, "ec2-%u-%u-%u-%u.eu-central-1.compute.amazonaws.com", q[0],
                    q[1], q[2], q[3]);
      return text;
    case Hosting::akamai:
      std::snprintf(text, sizeof text, "a%u-%u-%u-%u.deploy.static.akamaitechnologies.com", q[0],
                    q[1], q[2], q[3]);
      return text;
    case Hosting::google:
      std::snprintf(text, sizeof text, "fra%02us%02u-in-f%u.1e100.net", q[2] % 32, q[1] % 64,
                    q[3] % 32);
      return text;
    case Hosting::small:
      if (h % 3 != 0) return "-";
      std::snprintf(text, sizeof text, "static.%u.%u.%u.%u.clients.nordhost.example", q[3], q[2],
                    q[1], q[0]);
      return text;
    case Hosting::microsoft:
    case Hosting::cloudflare:
      break;
  }
  return "-";
}

std::string cname_of(Hosting hosting, std::string_view name, std::uint64_t h) {
  const std::string label(name.substr(0, name.find('.')));
  const std::string n = std::to_string(h % 90 + 1);
  switch (hosting) {
    case Hosting::microsoft:
      return h & 2 ? label + "-prod.trafficmanager.net" : std::string();
    case Hosting::akamai:
      return label + ".edgekey.net;type:  5 e" + n + ".dscb.akamaiedge.net";
    case Hosting::amazon:
      return h & 2 ? "d" + n + "xk2.cloudfront.net" : std::string();
    case Hosting::google:
    case Hosting::cloudflare:
    case Hosting::small:
      break;
  }
  return {};
}

}  // namespace

std::string to_string(Address a) {
  if (a.v6 != nullptr) return std::string(a.v6->raw);
  return std::to_string(a.v4 >> 24) + "." + std::to_string((a.v4 >> 16) & 255) + "." +
         std::to_string((a.v4 >> 8) & 255) + "." + std::to_string(a.v4 & 255);
}

bool parse_ipv4(std::string_view text, std::uint32_t& out) {
  out = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at == end || *at++ != '.')) return false;
    unsigned value = 256;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || value > 255) return false;
    out = (out << 8) | value;
    at = next;
  }
  return at == end;
}

Network::Network(TextPool& pool) : none(pool.intern("-")), pool_(&pool) {}

const Site* Network::site(std::string_view name) {
  if (auto hit = index_.find(std::string(name)); hit != index_.end()) return hit->second;

  const std::uint64_t h = mix(11, name);
  const Hosting hosting = hosting_of(name, h);
  Site& s = sites_.emplace_back();
  s.name = pool_->intern(name);
  const std::size_t count = 1 + (h >> 40) % 4;
  for (std::size_t i = 0; i < count; ++i) s.addresses.push_back(address_of(hosting, mix(h + i)));
  s.reverse = pool_->intern(reverse_of(hosting, s.addresses[0], h));
  std::string answer;
  if (const std::string cname = cname_of(hosting, name, h); !cname.empty())
    answer = "type:  5 " + cname + ";";
  for (Address a : s.addresses) answer += "::ffff:" + to_string(a) + ";";
  s.answer = pool_->intern(answer);
  index_.emplace(std::string(name), &s);
  return &s;
}

const Site* Network::site_at(std::string_view name, std::vector<Address> addresses,
                             std::string_view reverse) {
  Site& s = sites_.emplace_back();
  s.name = pool_->intern(name);
  s.addresses = std::move(addresses);
  s.reverse = reverse.empty() ? none : pool_->intern(reverse);
  std::string answer;
  for (Address a : s.addresses) answer += "::ffff:" + to_string(a) + ";";
  s.answer = pool_->intern(answer);
  return &s;
}

}  // namespace c2sim
