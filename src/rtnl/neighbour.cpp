#include <linx/rtnl/neighbour.hpp>

#include "rtnl/encode_neighbour.hpp"
#include "rtnl/names.hpp"
#include "rtnl/object_table.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

class neighbour_bit {
public:
  constexpr neighbour_bit(std::uint32_t bit, std::string_view name) noexcept : bit(bit), name(name) {}
  std::uint32_t bit;
  std::string_view name;
};

constexpr neighbour_bit state_names[] = {{NUD_INCOMPLETE, "incomplete"}, {NUD_REACHABLE, "reachable"},
                                         {NUD_STALE, "stale"},           {NUD_DELAY, "delay"},
                                         {NUD_PROBE, "probe"},           {NUD_FAILED, "failed"},
                                         {NUD_NOARP, "noarp"},           {NUD_PERMANENT, "permanent"}};
constexpr neighbour_bit neighbour_flags[] = {{NTF_ROUTER, "router"},
                                             {NTF_PROXY, "proxy"},
                                             {NTF_EXT_LEARNED, "extern_learn"},
                                             {NTF_OFFLOADED, "offload"}};

using neighbour_confirmed = part_of<&nda_cacheinfo::ndm_confirmed, ticks32>;
using neighbour_used = part_of<&nda_cacheinfo::ndm_used, ticks32>;
using neighbour_updated = part_of<&nda_cacheinfo::ndm_updated, ticks32>;

void address_words(std::string& text, const neighbour& n)
{
  text += to_string(n.address);
}
void flag_words(std::string& text, const neighbour& n)
{
  for (const auto& one : neighbour_flags)
    if ((n.flags & one.bit) != 0) text += ' ' + std::string(one.name);
  if ((n.extended_flags & NTF_EXT_MANAGED) != 0) text += " managed";
  if (!n.is_proxy()) text += ' ' + neighbour_state_name(n.state);
}

constexpr field<neighbour> neighbour_rows[] = {
    LINX_ROW(&neighbour::address, NDA_DST, any_ip_of<&ndmsg::ndm_family>, "").says(address_words),
    LINX_HEADER(&neighbour::link, header<&ndmsg::ndm_ifindex>, "dev"),
    LINX_ROW(&neighbour::link_address, NDA_LLADDR, any_link_address, "lladdr").to_add(),
    LINX_HEADER(&neighbour::state, header<&ndmsg::ndm_state>, "").to_add(),
    LINX_HEADER(&neighbour::flags, header<&ndmsg::ndm_flags>, "").says(flag_words),
    LINX_ROW(&neighbour::extended_flags, NDA_FLAGS_EXT, u32, "").to_add(),
    LINX_ROW(&neighbour::protocol, NDA_PROTOCOL, u8, "proto").to_add(),
    LINX_HEADER(&neighbour::type, header<&ndmsg::ndm_type>, "").observed(),
    LINX_ROW(&neighbour::probes, NDA_PROBES, u32, "").fleeting(),
    LINX_ROW(&neighbour::confirmed, NDA_CACHEINFO, neighbour_confirmed, "").fleeting(),
    LINX_ROW(&neighbour::used, NDA_CACHEINFO, neighbour_used, "").fleeting(),
    LINX_ROW(&neighbour::updated, NDA_CACHEINFO, neighbour_updated, "").fleeting(),
    LINX_ROW(&neighbour::references, NDA_CACHEINFO, part_of<&nda_cacheinfo::ndm_refcnt>, "").fleeting(),
    LINX_BY_HAND(neighbour, NDA_IFINDEX), // a listing is of one link
    LINX_BY_HAND(neighbour, NDA_MASTER)};

std::string describe_neighbour(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  const auto address = m.attributes_after<ndmsg>().find(NDA_DST);
  const auto ip = address ? net::ip::from_bytes(address->payload()) : std::nullopt;
  const auto header = m.family_header<ndmsg>();
  std::string text = (header.ndm_flags & NTF_PROXY) != 0 ? "proxy" : "neighbour";
  if (ip) text += " " + to_string(*ip);
  if (header.ndm_ifindex != 0) text += " dev #" + std::to_string(header.ndm_ifindex);
  return text;
}

using neighbours = object_table<ndmsg, neighbour_rows, describe_neighbour>;

} // namespace

constexpr netlink::attribute_names neighbour_names = neighbours::names;

std::string neighbour_state_name(std::uint16_t state)
{
  if (state == NUD_NONE) return "none";
  std::string text;
  for (const auto& one : state_names) {
    if ((state & one.bit) == 0) continue;
    if (!text.empty()) text += ',';
    text += one.name;
  }
  return text.empty() ? std::to_string(state) : text;
}

std::optional<neighbour> neighbour::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNEIGH && m.type() != RTM_DELNEIGH) return std::nullopt;
  const auto family = m.family_header<ndmsg>().ndm_family;
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  const auto address = m.attributes_after<ndmsg>().find(NDA_DST);
  if (!address || !net::ip::from_bytes(address->payload())) return std::nullopt;
  neighbour n;
  neighbours::read(m, n);
  return n;
}

bool operator==(const neighbour& a, const neighbour& b) noexcept
{
  return neighbours::equal(a, b);
}

std::string to_string(const neighbour& n)
{
  return neighbours::words(n);
}

bool neighbour_filter::matches(const neighbour& n) const noexcept
{
  if (family_ && n.address.family() != *family_) return false;
  if (link_ != 0 && n.link != link_) return false;
  if (states_ && (n.state & *states_) == 0) return false;
  if ((n.flags & flags_) != flags_) return false;
  if (protocol_ && n.protocol != *protocol_) return false;
  return n.is_proxy() == proxies_;
}

netlink::message_builder encode_new(const neighbour& n, std::uint16_t flags)
{
  auto wanted = n;
  wanted.flags &= static_cast<std::uint8_t>(~NTF_OFFLOADED); // what the kernel says of it
  return neighbours::request(RTM_NEWNEIGH, flags, wanted, sending::to_add);
}

netlink::message_builder encode_remove(const neighbour& n)
{
  neighbour one(n.link, n.address);
  one.flags = n.flags & NTF_PROXY;
  one.rest = n.rest;
  return neighbours::request(RTM_DELNEIGH, 0, one);
}

netlink::message_builder encode_get_neighbour(std::uint32_t link, const net::ip& address)
{
  return neighbours::request(RTM_GETNEIGH, 0, neighbour(link, address));
}

netlink::message_builder encode_list(const neighbour_filter& f)
{
  ndmsg header{};
  if (f.family()) header.ndm_family = static_cast<std::uint8_t>(*f.family());
  if (f.only_proxies()) header.ndm_flags = NTF_PROXY;
  netlink::message_builder m(RTM_GETNEIGH, 0, header);
  m.set_names(neighbour_names);
  if (f.link() != 0) m.put_u32(NDA_IFINDEX, f.link());
  return m;
}

netlink::message_builder encode_list_neighbour_tables()
{
  return netlink::message_builder(RTM_GETNEIGHTBL, 0, ndtmsg{});
}

} // namespace linx::rtnl
