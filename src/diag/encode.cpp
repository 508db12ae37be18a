#include "diag/encode.hpp"

#include "netlink/name_tables.hpp"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

namespace linx::diag {

namespace {

using netlink::attribute_names;
using netlink::message_builder;

// What the request is about, for its error.
std::string describe(std::span<const std::byte> request)
{
  const auto r = netlink::detail::first_message(request).family_header<inet_diag_req_v2>();
  if (r.sdiag_family == AF_UNIX) return "unix sockets";
  const std::string what(to_string(static_cast<protocol>(r.sdiag_protocol)));
  if (r.id.idiag_sport == 0 && r.id.idiag_dport == 0) return what + " sockets";
  const std::size_t size = r.sdiag_family == AF_INET6 ? 16 : 4;
  const auto end = [&](const auto& bytes, std::uint16_t port) {
    const auto address = net::ip::from_bytes(std::as_bytes(std::span(bytes)).first(size));
    return to_string(net::endpoint(address.value_or(net::ip()), netlink::network_order(port)));
  };
  return what + " socket " + end(r.id.idiag_src, r.id.idiag_sport) + " " +
         end(r.id.idiag_dst, r.id.idiag_dport);
}

constexpr attribute_names::entry inet_entries[] = {{INET_DIAG_REQ_BYTECODE, "INET_DIAG_REQ_BYTECODE"}};
constexpr attribute_names inet_names(sizeof(inet_diag_req_v2), inet_entries, describe);
constexpr attribute_names unix_names(sizeof(unix_diag_req), {}, describe);

constexpr std::uint8_t extension(unsigned number) noexcept
{
  return static_cast<std::uint8_t>(1u << (number - 1));
}

inet_diag_req_v2 one_socket(protocol p, const inet_socket& s)
{
  inet_diag_req_v2 r{};
  r.sdiag_family = s.family == net::family::v6 ? AF_INET6 : AF_INET;
  r.sdiag_protocol = static_cast<std::uint8_t>(p);
  r.id.idiag_sport = netlink::network_order(s.local.port());
  r.id.idiag_dport = netlink::network_order(s.remote.port());
  std::memcpy(r.id.idiag_src, s.local.address().bytes().data(), s.local.address().bytes().size());
  std::memcpy(r.id.idiag_dst, s.remote.address().bytes().data(), s.remote.address().bytes().size());
  r.id.idiag_if = s.link;
  const bool any = s.cookie == 0;
  r.id.idiag_cookie[0] = any ? INET_DIAG_NOCOOKIE : static_cast<std::uint32_t>(s.cookie);
  r.id.idiag_cookie[1] = any ? INET_DIAG_NOCOOKIE : static_cast<std::uint32_t>(s.cookie >> 32);
  return r;
}

} // namespace

result<message_builder> encode_list(const inet_query& query, net::family family)
{
  inet_diag_req_v2 r{};
  r.sdiag_family = family == net::family::v6 ? AF_INET6 : AF_INET;
  r.sdiag_protocol = static_cast<std::uint8_t>(query.protocol());
  // the eight that have a bit of their own; TOS, traffic class, mark and cgroup come unasked or with these
  r.idiag_ext = extension(INET_DIAG_TOS) | extension(INET_DIAG_TCLASS) | extension(INET_DIAG_SHUTDOWN);
  if (query.with_tcp()) r.idiag_ext |= extension(INET_DIAG_INFO) | extension(INET_DIAG_CONG);
  if (query.with_memory()) r.idiag_ext |= extension(INET_DIAG_SKMEMINFO);
  r.idiag_states = query.states().bits();
  message_builder request(SOCK_DIAG_BY_FAMILY, 0, r);
  request.set_names(inet_names);
  if (query.where()) {
    BOOST_OUTCOME_TRY(const auto program, query.where()->compile());
    request.put(INET_DIAG_REQ_BYTECODE, program);
  }
  return request;
}

message_builder encode_list(const unix_query& query)
{
  unix_diag_req r{};
  r.sdiag_family = AF_UNIX;
  r.udiag_states = query.states().bits();
  r.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN |
                 UDIAG_SHOW_UID;
  if (query.with_memory()) r.udiag_show |= UDIAG_SHOW_MEMINFO;
  message_builder request(SOCK_DIAG_BY_FAMILY, 0, r);
  request.set_names(unix_names);
  return request;
}

message_builder encode_get(protocol p, const inet_socket& s)
{
  auto r = one_socket(p, s);
  r.idiag_ext = 0xff;
  r.idiag_states = state_set::all().bits();
  message_builder request(SOCK_DIAG_BY_FAMILY, 0, r);
  request.set_names(inet_names);
  return request;
}

message_builder encode_destroy(protocol p, const inet_socket& s)
{
  message_builder request(SOCK_DESTROY, 0, one_socket(p, s));
  request.set_names(inet_names);
  return request;
}

} // namespace linx::diag
