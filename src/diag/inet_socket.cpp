#include <linx/diag/inet_socket.hpp>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <iterator>

namespace linx::diag {

namespace {

net::endpoint read_endpoint(std::uint8_t family, std::span<const std::byte> address, std::uint16_t port,
                            std::uint32_t link) noexcept
{
  const auto ip = net::ip::from_bytes(address.first(family == AF_INET6 ? 16 : 4)).value_or(net::ip());
  const bool scoped = ip.is_v6() && ip.is_link_local();
  return {ip, netlink::network_order(port), scoped ? link : 0};
}

void read_attribute(const netlink::attribute& a, inet_socket& s)
{
  switch (a.type()) {
  case INET_DIAG_SHUTDOWN:
    s.shut_down = a.as<std::uint8_t>();
    break;
  case INET_DIAG_TOS:
    s.tos = a.as<std::uint8_t>();
    break;
  case INET_DIAG_TCLASS:
    s.traffic_class = a.as<std::uint8_t>();
    break;
  case INET_DIAG_SKV6ONLY:
    if (const auto on = a.as<std::uint8_t>()) s.only_v6 = *on != 0;
    break;
  case INET_DIAG_MARK:
    s.mark = a.as<std::uint32_t>();
    break;
  case INET_DIAG_CGROUP_ID:
    s.cgroup = a.as<std::uint64_t>();
    break;
  case INET_DIAG_SKMEMINFO:
    s.memory = memory::decode(a.payload());
    break;
  case INET_DIAG_INFO:
    // of TCP; other protocols leave it empty
    if (!a.payload().empty()) s.tcp = tcp_statistics::decode(a.payload());
    break;
  case INET_DIAG_CONG:
    s.congestion_control = a.as_string();
    break;
  default:
    break;
  }
}

} // namespace

std::string_view to_string(protocol p) noexcept
{
  switch (p) {
  case protocol::tcp:
    return "tcp";
  case protocol::udp:
    return "udp";
  case protocol::udp_lite:
    return "udplite";
  case protocol::raw:
    return "raw";
  }
  return "unknown";
}

std::string_view to_string(timer t) noexcept
{
  constexpr std::string_view names[] = {"off", "on", "keepalive", "timewait", "persist"};
  const auto n = static_cast<std::size_t>(t);
  return n < std::size(names) ? names[n] : "unknown";
}

std::string_view to_string(socket_state s) noexcept
{
  // the names of ss(8)
  constexpr std::string_view names[] = {"UNKNOWN",    "ESTAB",     "SYN-SENT",    "SYN-RECV",   "FIN-WAIT-1",
                                        "FIN-WAIT-2", "TIME-WAIT", "UNCONN",      "CLOSE-WAIT", "LAST-ACK",
                                        "LISTEN",     "CLOSING",   "NEW-SYN-RECV"};
  const auto n = static_cast<std::size_t>(s);
  return n < std::size(names) ? names[n] : names[0];
}

std::optional<inet_socket> inet_socket::decode(const netlink::message_view& m)
{
  if (m.type() != SOCK_DIAG_BY_FAMILY) return std::nullopt;
  const auto head = m.family_header<inet_diag_msg>();
  if (head.idiag_family != AF_INET && head.idiag_family != AF_INET6) return std::nullopt;
  inet_socket s;
  s.family = head.idiag_family == AF_INET6 ? net::family::v6 : net::family::v4;
  s.state = static_cast<socket_state>(head.idiag_state);
  s.local = read_endpoint(head.idiag_family, std::as_bytes(std::span(head.id.idiag_src)), head.id.idiag_sport,
                          head.id.idiag_if);
  s.remote = read_endpoint(head.idiag_family, std::as_bytes(std::span(head.id.idiag_dst)),
                           head.id.idiag_dport, head.id.idiag_if);
  s.link = head.id.idiag_if;
  s.uid = head.idiag_uid;
  s.inode = head.idiag_inode;
  s.cookie = head.id.idiag_cookie[0] | std::uint64_t(head.id.idiag_cookie[1]) << 32;
  s.receive_queue = head.idiag_rqueue;
  s.send_queue = head.idiag_wqueue;
  s.timer = static_cast<diag::timer>(head.idiag_timer);
  s.retransmissions = head.idiag_retrans;
  s.expires_ms = head.idiag_expires;
  for (const auto a : m.attributes_after<inet_diag_msg>()) read_attribute(a, s);
  return s;
}

std::string to_string(const inet_socket& s)
{
  std::string text(to_string(s.state));
  text += " " + std::to_string(s.receive_queue) + " " + std::to_string(s.send_queue);
  text += " " + to_string(s.local) + " " + to_string(s.remote);
  if (s.link != 0) text += " dev:#" + std::to_string(s.link);
  text +=
      " uid:" + std::to_string(s.uid) + " ino:" + std::to_string(s.inode) + " sk:" + std::to_string(s.cookie);
  if (s.timer != timer::none)
    text += " timer:(" + std::string(to_string(s.timer)) + "," + std::to_string(s.expires_ms) + "ms," +
            std::to_string(s.retransmissions) + ")";
  if (s.memory) text += " " + to_string(*s.memory);
  if (!s.congestion_control.empty()) text += " " + s.congestion_control;
  if (s.tcp) text += " " + to_string(*s.tcp);
  return text;
}

} // namespace linx::diag
