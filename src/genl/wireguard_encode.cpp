#include "genl/wireguard_codec.hpp"

#include "netlink/name_tables.hpp"

#include <netinet/in.h>

#include <linux/genetlink.h>
#include <linux/wireguard.h>

namespace linx::genl::wireguard {

namespace {

using netlink::attribute_names;
using netlink::message_builder;
using entry = attribute_names::entry;

std::string describe(std::span<const std::byte> request)
{
  const auto attributes = netlink::detail::first_message(request).attributes_after<genlmsghdr>();
  if (const auto name = attributes.find(WGDEVICE_A_IFNAME))
    return "wireguard " + std::string(name->as_string());
  const auto index = attributes.find(WGDEVICE_A_IFINDEX);
  return "wireguard #" + std::to_string(index ? index->as<std::uint32_t>().value_or(0) : 0);
}

// The entries of a list have 0 for a type.
constexpr entry allowed_ip_entries[] = {LINX_NAME(WGALLOWEDIP_A_FAMILY), LINX_NAME(WGALLOWEDIP_A_IPADDR),
                                        LINX_NAME(WGALLOWEDIP_A_CIDR_MASK)};
constexpr attribute_names allowed_ip_names(0, allowed_ip_entries);
constexpr entry allowed_ips_entries[] = {entry(0, "allowed_ip", &allowed_ip_names)};
constexpr attribute_names allowed_ips_names(0, allowed_ips_entries);
constexpr entry peer_entries[] = {LINX_NAME(WGPEER_A_PUBLIC_KEY),
                                  LINX_NAME(WGPEER_A_PRESHARED_KEY),
                                  LINX_NAME(WGPEER_A_FLAGS),
                                  LINX_NAME(WGPEER_A_ENDPOINT),
                                  LINX_NAME(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL),
                                  LINX_NEST(WGPEER_A_ALLOWEDIPS, allowed_ips_names)};
constexpr attribute_names peer_names(0, peer_entries);
constexpr entry peers_entries[] = {entry(0, "peer", &peer_names)};
constexpr attribute_names peers_names(0, peers_entries);
constexpr entry device_entries[] = {LINX_NAME(WGDEVICE_A_IFINDEX),           LINX_NAME(WGDEVICE_A_IFNAME),
                                    LINX_NAME(WGDEVICE_A_PRIVATE_KEY),       LINX_NAME(WGDEVICE_A_FLAGS),
                                    LINX_NAME(WGDEVICE_A_LISTEN_PORT),       LINX_NAME(WGDEVICE_A_FWMARK),
                                    LINX_NEST(WGDEVICE_A_PEERS, peers_names)};
constexpr attribute_names device_names(sizeof(genlmsghdr), device_entries, describe);

// What one more peer without addresses, or one more address, can take.
constexpr std::size_t peer_size = 4 + 2 * (4 + key::size) + 8 + (4 + sizeof(sockaddr_in6)) + 8 + 4;
constexpr std::size_t allowed_ip_size = 4 + 8 + (4 + 16) + 8;

message_builder begin_request(const family& f, std::uint8_t command, const genl::device& which)
{
  auto request = f.request(command);
  request.set_names(device_names);
  if (which.index() != 0)
    request.put_u32(WGDEVICE_A_IFINDEX, which.index());
  else
    request.put_string(WGDEVICE_A_IFNAME, which.name());
  return request;
}

void put_key(message_builder& m, std::uint16_t type, const key& k)
{
  m.put(type, std::as_bytes(k.bytes()));
}

void put_endpoint(message_builder& m, const net::endpoint& e)
{
  const auto bytes = e.address().bytes();
  if (e.address().is_v4()) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = netlink::network_order(e.port());
    std::memcpy(&a.sin_addr, bytes.data(), bytes.size());
    m.put_struct(WGPEER_A_ENDPOINT, a);
  } else {
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_port = netlink::network_order(e.port());
    a.sin6_scope_id = e.scope();
    std::memcpy(&a.sin6_addr, bytes.data(), bytes.size());
    m.put_struct(WGPEER_A_ENDPOINT, a);
  }
}

void put_allowed_ip(message_builder& m, const net::subnet& network)
{
  const auto nest = m.nested(0);
  m.put_u16(WGALLOWEDIP_A_FAMILY, network.family() == net::family::v6 ? AF_INET6 : AF_INET);
  m.put(WGALLOWEDIP_A_IPADDR, std::as_bytes(network.address().bytes()));
  m.put_u8(WGALLOWEDIP_A_CIDR_MASK, static_cast<std::uint8_t>(network.prefix()));
}

// The requests of one change, each up to a limit.
class writer {
public:
  writer(const family& f, const genl::device& which, std::size_t limit)
      : family_(f), which_(which), limit_(limit)
  {
    requests_.push_back(begin_request(family_, WG_CMD_SET_DEVICE, which_));
  }

  void put_device(const device_change& change)
  {
    auto& m = requests_.back();
    if (change.replaces_peers()) m.put_u32(WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
    if (change.private_key()) put_key(m, WGDEVICE_A_PRIVATE_KEY, *change.private_key());
    if (change.listen_port()) m.put_u16(WGDEVICE_A_LISTEN_PORT, *change.listen_port());
    if (change.fwmark()) m.put_u32(WGDEVICE_A_FWMARK, *change.fwmark());
  }

  void put_peer(const peer_change& change)
  {
    if (peers_ && requests_.back().size() + peer_size + allowed_ip_size > limit_) next_request();
    open_peer(change.public_key(), flags_of(change));
    if (!change.is_removal()) put_settings(change);
    close_peer();
  }

  std::vector<message_builder> finish()
  {
    peers_.reset();
    return std::move(requests_);
  }

private:
  static std::uint32_t flags_of(const peer_change& change) noexcept
  {
    if (change.is_removal()) return WGPEER_F_REMOVE_ME;
    return (change.replaces_allowed_ips() ? std::uint32_t(WGPEER_F_REPLACE_ALLOWEDIPS) : 0) |
           (change.is_update_only() ? std::uint32_t(WGPEER_F_UPDATE_ONLY) : 0);
  }

  void put_settings(const peer_change& change)
  {
    auto& m = requests_.back();
    if (change.preshared_key()) put_key(m, WGPEER_A_PRESHARED_KEY, *change.preshared_key());
    if (change.endpoint()) put_endpoint(m, *change.endpoint());
    if (change.keepalive())
      m.put_u16(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
                static_cast<std::uint16_t>(change.keepalive()->count()));
    if (change.allowed_ips().empty()) return;
    auto nest = m.nested(WGPEER_A_ALLOWEDIPS);
    for (const auto& network : change.allowed_ips()) {
      if (requests_.back().size() + allowed_ip_size > limit_) {
        // The rest of its addresses. It exists by now: if somebody has removed it meanwhile, it stays away.
        nest.close();
        close_peer();
        next_request();
        open_peer(change.public_key(), WGPEER_F_UPDATE_ONLY);
        nest = requests_.back().nested(WGPEER_A_ALLOWEDIPS);
      }
      put_allowed_ip(requests_.back(), network);
    }
  }

  void open_peer(const key& public_key, std::uint32_t flags)
  {
    auto& m = requests_.back();
    if (!peers_) peers_ = m.nested(WGDEVICE_A_PEERS);
    peer_ = m.nested(0);
    put_key(m, WGPEER_A_PUBLIC_KEY, public_key);
    if (flags != 0) m.put_u32(WGPEER_A_FLAGS, flags);
  }

  void close_peer() noexcept { peer_.reset(); }

  void next_request()
  {
    peers_.reset();
    requests_.push_back(begin_request(family_, WG_CMD_SET_DEVICE, which_));
  }

  const family& family_;
  const genl::device& which_;
  std::size_t limit_;
  std::vector<message_builder> requests_;
  std::optional<message_builder::nest> peers_, peer_;
};

} // namespace

message_builder encode_get(const family& f, const genl::device& which)
{
  return begin_request(f, WG_CMD_GET_DEVICE, which);
}

result<std::vector<message_builder>> encode_set(const family& f, const genl::device& which,
                                                const device_change& change, std::size_t limit)
{
  for (const auto& p : change.peers()) {
    const auto seconds = p.keepalive().value_or(std::chrono::seconds(0)).count();
    if (seconds < 0 || seconds > UINT16_MAX)
      return error::argument("a keepalive of " + std::to_string(seconds) + " s for the peer " +
                             to_string(p.public_key()) + ": 0 to 65535");
  }
  writer requests(f, which, limit);
  requests.put_device(change);
  for (const auto& p : change.peers()) requests.put_peer(p);
  return requests.finish();
}

} // namespace linx::genl::wireguard
