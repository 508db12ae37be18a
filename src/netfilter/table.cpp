#include <linx/netfilter/table.hpp>

#include "netfilter/quote.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

namespace linx::netfilter {

static_assert(static_cast<int>(family::inet) == NFPROTO_INET &&
              static_cast<int>(family::ip) == NFPROTO_IPV4 && static_cast<int>(family::arp) == NFPROTO_ARP &&
              static_cast<int>(family::netdev) == NFPROTO_NETDEV &&
              static_cast<int>(family::bridge) == NFPROTO_BRIDGE &&
              static_cast<int>(family::ip6) == NFPROTO_IPV6);
static_assert(static_cast<int>(table_flag::dormant) == NFT_TABLE_F_DORMANT &&
              static_cast<int>(table_flag::owner) == NFT_TABLE_F_OWNER);

std::string_view to_string(family f) noexcept
{
  switch (f) {
  case family::unspec:
    return "unspec";
  case family::inet:
    return "inet";
  case family::ip:
    return "ip";
  case family::arp:
    return "arp";
  case family::netdev:
    return "netdev";
  case family::bridge:
    return "bridge";
  case family::ip6:
    return "ip6";
  }
  return "unknown";
}

table& table::comment(std::string text)
{
  comment_ = std::move(text);
  return *this;
}

table& table::flags(std::uint32_t bits) noexcept
{
  flags_ = bits;
  return *this;
}

table& table::handle(std::uint64_t number) noexcept
{
  handle_ = number;
  return *this;
}

table& table::owner_port(std::uint32_t port_id) noexcept
{
  owner_port_ = port_id;
  return *this;
}

std::string to_string(const table& t)
{
  std::string text = "table ";
  text.append(to_string(t.family())).append(" ").append(detail::word(t.name()));
  std::string flags;
  const auto flag = [&](table_flag f, std::string_view word) {
    if (t.has(f)) flags.append(flags.empty() ? "" : ",").append(word);
  };
  flag(table_flag::dormant, "dormant");
  flag(table_flag::owner, "owner");
  flag(table_flag::persist, "persist");
  if (flags.empty() && t.comment().empty()) return text;
  text += " {";
  if (!flags.empty()) text.append(" flags ").append(flags).append(";");
  if (!t.comment().empty()) text.append(" comment ").append(detail::quoted(t.comment())).append(";");
  return text += " }";
}

} // namespace linx::netfilter
