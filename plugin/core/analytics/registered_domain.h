// The registered domain of a name: what somebody paid for, by the public suffix list.
//
//   RegisteredDomains domains(seed);
//   domains.of("a.b.example.co.uk.")    // "example.co.uk"
//   domains.of("Login.GitHub.io")       // "Login.GitHub.io": github.io rents out its subdomains
//   domains.of("printer")               // "": a single label belongs to nobody
//
// The list is the one compiled into libpsl: the core opens no file. A top-level domain that it does
// not know counts as a suffix, as the list's algorithm demands.
//
// COST      20 ns for a name met before, 1 us otherwise (libpsl hashes every suffix).
// MEMORY    a direct-mapped cache of kSlots answers: 64 KiB, whatever comes.
// THREADS   none, because of the cache.
// BLIND SPOTS  the list ages with the library: a suffix younger than it makes its customers one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace c2watch::analytics {

class RegisteredDomains {
 public:
  explicit RegisteredDomains(std::uint64_t seed);

  // The part of `name` that is its registered domain, without a final dot; "" for single labels,
  // public suffixes themselves, addresses, reverse lookups (in-addr.arpa, ip6.arpa), names that
  // only exist inside a network (RFC 6762 appendix G: .local, .lan, .corp, ...), and names too long
  // to be.
  std::string_view of(std::string_view name);

  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  // 4096: a machine resolves a few hundred names a day; sixteen programs on few of them ask us.
  static constexpr std::size_t kSlots = 4096;

  struct Slot {
    std::uint64_t hash = 0;
    std::uint16_t name_bytes = 0;  // of the name that is in here; 0: none
    std::uint16_t domain_bytes = 0;
  };

  std::vector<Slot> slots_;
  std::uint64_t seed_;
};

}  // namespace c2watch::analytics
