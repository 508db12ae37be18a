#include "genl/wireguard_codec.hpp"

#include <netinet/in.h>

#include <linux/genetlink.h>
#include <linux/time_types.h>
#include <linux/wireguard.h>

namespace linx::genl::wireguard {

namespace {

// All zeros is how the kernel says "none".
std::optional<key> read_key(const netlink::attribute& a) noexcept
{
  const auto k = key::from_bytes(a.payload());
  return k && !k->is_zero() ? k : std::nullopt;
}

std::optional<net::endpoint> read_endpoint(std::span<const std::byte> bytes) noexcept
{
  const auto family = netlink::read_struct<sa_family_t>(bytes);
  if (family == AF_INET && bytes.size() >= sizeof(sockaddr_in)) {
    const auto a = netlink::read_struct<sockaddr_in>(bytes);
    const auto ip = net::ip::from_bytes(std::as_bytes(std::span(&a.sin_addr, 1)));
    return net::endpoint(*ip, netlink::network_order(a.sin_port));
  }
  if (family == AF_INET6 && bytes.size() >= sizeof(sockaddr_in6)) {
    const auto a = netlink::read_struct<sockaddr_in6>(bytes);
    const auto ip = net::ip::from_bytes(std::as_bytes(std::span(&a.sin6_addr, 1)));
    return net::endpoint(*ip, netlink::network_order(a.sin6_port), a.sin6_scope_id);
  }
  return std::nullopt;
}

std::optional<net::subnet> read_allowed_ip(const netlink::attributes& inside) noexcept
{
  const auto address = inside.find(WGALLOWEDIP_A_IPADDR);
  const auto mask = inside.find(WGALLOWEDIP_A_CIDR_MASK);
  const auto ip = address ? net::ip::from_bytes(address->payload()) : std::nullopt;
  const auto prefix = mask ? mask->as<std::uint8_t>() : std::nullopt;
  if (!ip || !prefix || *prefix > ip->bits()) return std::nullopt;
  return net::subnet(*ip, *prefix);
}

peer read_peer(const netlink::attributes& inside)
{
  peer p;
  for (const auto a : inside) {
    switch (a.type()) {
    case WGPEER_A_PUBLIC_KEY:
      p.public_key = key::from_bytes(a.payload()).value_or(key());
      break;
    case WGPEER_A_PRESHARED_KEY:
      p.preshared_key = read_key(a);
      break;
    case WGPEER_A_ENDPOINT:
      p.endpoint = read_endpoint(a.payload());
      break;
    case WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL:
      p.keepalive = std::chrono::seconds(a.as<std::uint16_t>().value_or(0));
      break;
    case WGPEER_A_LAST_HANDSHAKE_TIME: {
      const auto t = a.as_struct<__kernel_timespec>();
      // what a clock cannot say (a second is 10^9 ns of 63 bits) is no time
      constexpr std::int64_t most = INT64_MAX / 1'000'000'000 - 1;
      if ((t.tv_sec != 0 || t.tv_nsec != 0) && t.tv_sec >= 0 && t.tv_sec < most && t.tv_nsec >= 0 &&
          t.tv_nsec < 1'000'000'000)
        p.last_handshake = std::chrono::sys_time<std::chrono::nanoseconds>(
            std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
      break;
    }
    case WGPEER_A_RX_BYTES:
      p.received_bytes = a.as<std::uint64_t>().value_or(0);
      break;
    case WGPEER_A_TX_BYTES:
      p.sent_bytes = a.as<std::uint64_t>().value_or(0);
      break;
    case WGPEER_A_ALLOWEDIPS:
      for (const auto each : a.nested())
        if (const auto network = read_allowed_ip(each.nested())) p.allowed_ips.push_back(*network);
      break;
    case WGPEER_A_PROTOCOL_VERSION:
      p.protocol_version = a.as<std::uint32_t>().value_or(0);
      break;
    default:
      break;
    }
  }
  return p;
}

} // namespace

void device_assembler::add_peer(peer p)
{
  // A peer whose addresses did not fit goes on in the next message, with its key and the rest of them alone.
  if (!device_.peers.empty() && device_.peers.back().public_key == p.public_key) {
    auto& known = device_.peers.back().allowed_ips;
    known.insert(known.end(), p.allowed_ips.begin(), p.allowed_ips.end());
    return;
  }
  device_.peers.push_back(std::move(p));
}

void device_assembler::absorb(const netlink::message_view& m)
{
  for (const auto a : m.attributes_after<genlmsghdr>()) {
    switch (a.type()) {
    case WGDEVICE_A_IFINDEX:
      device_.index = a.as<std::uint32_t>().value_or(0);
      break;
    case WGDEVICE_A_IFNAME:
      device_.name = a.as_string();
      break;
    case WGDEVICE_A_PRIVATE_KEY:
      device_.private_key = read_key(a);
      break;
    case WGDEVICE_A_PUBLIC_KEY:
      device_.public_key = read_key(a);
      break;
    case WGDEVICE_A_LISTEN_PORT:
      device_.listen_port = a.as<std::uint16_t>().value_or(0);
      break;
    case WGDEVICE_A_FWMARK:
      device_.fwmark = a.as<std::uint32_t>().value_or(0);
      break;
    case WGDEVICE_A_PEERS:
      for (const auto each : a.nested()) add_peer(read_peer(each.nested()));
      break;
    default:
      break;
    }
  }
}

} // namespace linx::genl::wireguard
