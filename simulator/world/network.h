// Network: the names and addresses that hosts speak to.
//
//   const Site* site = network.site("outlook.office365.com");
//   site->addresses[0], site->reverse (what Sysmon's reverse lookup prints), site->answer
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "world/random.h"
#include "world/text.h"

namespace c2sim {

// An address as an event carries it: IPv4 as a number, IPv6 as Sysmon's uncompressed text.
struct Address {
  std::uint32_t v4 = 0;
  const Text* v6 = nullptr;  // set: IPv6
};

constexpr Address ipv4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return {(a << 24) | (b << 16) | (c << 8) | d, nullptr};
}

std::string to_string(Address address);

// "203.0.113.10" -> number; false when it is not four numbers of 0..255.
bool parse_ipv4(std::string_view text, std::uint32_t& out);

struct Site {
  const Text* name = nullptr;  // what is asked of DNS
  std::vector<Address> addresses;
  const Text* reverse = nullptr;  // DestinationHostname: a PTR name or "-"
  const Text* answer = nullptr;   // QueryResults: "type:  5 cname;::ffff:1.2.3.4;"
};

class Network {
 public:
  explicit Network(TextPool& pool);

  // Made up on first sight, from the name alone: the same in every world.
  const Site* site(std::string_view name);

  // A site at given addresses, with the name alone as its reverse name ("" = none).
  const Site* site_at(std::string_view name, std::vector<Address> addresses,
                      std::string_view reverse);

  const Text* none = nullptr;  // "-"

 private:
  TextPool* pool_;
  std::deque<Site> sites_;
  std::unordered_map<std::string, const Site*> index_;
};

}  // namespace c2sim
