/// A table of nf_tables.
#pragma once

#include <linx/netfilter/family.hpp>

#include <cstdint>
#include <string>

namespace linx::netfilter {

/// `enum nft_table_flags`
enum class table_flag : std::uint32_t {
  dormant = 1, ///< its chains are not evaluated
  owner = 2,   ///< belongs to the socket that made it (kernel 5.12)
  persist = 4, ///< outlives that socket, without an owner then (kernel 6.9)
};

/// A container of chains and sets, known by family and name.
///
/// A table with an **owner** can be changed through one netlink socket only: everybody else gets EPERM, and
/// when that socket is closed the kernel removes the table with all that is in it, without announcing it to
/// monitors. So a program that dies leaves no rules behind. The socket is that of the `netlink::connection`
/// which pushed the table: the consumer has to keep it.
class LINX_API table {
public:
  table() = default;
  table(netfilter::family of, std::string name) : family_(of), name_(std::move(name)) {}

  table& owner() { return add(table_flag::owner); }
  table& persist() { return add(table_flag::persist); }
  table& dormant() { return add(table_flag::dormant); }
  /// At most 127 bytes, for people.
  table& comment(std::string text);
  table& flags(std::uint32_t bits) noexcept;
  table& handle(std::uint64_t number) noexcept;
  table& owner_port(std::uint32_t port_id) noexcept;

  netfilter::family family() const noexcept { return family_; }
  const std::string& name() const noexcept { return name_; }
  bool has(table_flag f) const noexcept { return (flags_ & static_cast<std::uint32_t>(f)) != 0; }
  std::uint32_t flags() const noexcept { return flags_; }
  const std::string& comment() const noexcept { return comment_; }
  /// The kernel's number for it, 0 in a value that did not come from the kernel.
  std::uint64_t handle() const noexcept { return handle_; }
  /// Port id of the owning socket, 0 without one.
  std::uint32_t owner_port() const noexcept { return owner_port_; }

private:
  table& add(table_flag f) noexcept
  {
    flags_ |= static_cast<std::uint32_t>(f);
    return *this;
  }

  netfilter::family family_ = netfilter::family::unspec;
  std::uint32_t flags_ = 0;
  std::uint32_t owner_port_ = 0;
  std::uint64_t handle_ = 0;
  std::string name_;
  std::string comment_;
};

/// As nft(8) writes it: `table inet filter { flags owner; }`.
LINX_API std::string to_string(const table&);

} // namespace linx::netfilter
