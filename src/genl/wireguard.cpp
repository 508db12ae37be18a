#include <linx/genl/wireguard.hpp>

#include "genl/wireguard_codec.hpp"

#include <linux/genetlink.h>
#include <linux/wireguard.h>

namespace linx::genl::wireguard {

namespace {

task<device> fetch(netlink::connection transport, netlink::message_builder request)
{
  auto messages = transport.dump(std::move(request));
  device_assembler found;
  for (;;) {
    LINX_TRY(auto message, co_await messages.next());
    if (!message) break;
    found.absorb(*message);
  }
  co_return found.take();
}

task<> apply(netlink::connection transport, std::vector<netlink::message_builder> requests)
{
  for (auto& request : requests) {
    LINX_TRYV(co_await transport.submit(std::move(request)));
  }
  co_return success();
}

task<> refused(error why)
{
  co_return why;
}

} // namespace

task<connection> connection::open(genl::connection transport)
{
  LINX_TRY(auto found, co_await transport.family(WG_GENL_NAME));
  co_return connection(std::move(transport), std::make_shared<const genl::family>(std::move(found)));
}

task<device> connection::get(genl::device which) const
{
  return fetch(transport_.transport(), encode_get(*family_, which));
}

task<> connection::set(genl::device which, device_change change) const
{
  auto requests = encode_set(*family_, which, change);
  if (!requests) return refused(std::move(requests).error());
  return apply(transport_.transport(), std::move(requests).value());
}

device_change device_change::to_become(const device& wanted)
{
  device_change change;
  change.private_key(wanted.private_key.value_or(key()))
      .listen_port(wanted.listen_port)
      .fwmark(wanted.fwmark);
  change.replace_peers();
  for (const auto& p : wanted.peers) {
    peer_change one(p.public_key);
    one.preshared_key(p.preshared_key.value_or(key())).keepalive(p.keepalive).replace_allowed_ips();
    if (p.endpoint) one.endpoint(*p.endpoint);
    for (const auto& network : p.allowed_ips) one.allow(network);
    change.peer(std::move(one));
  }
  return change;
}

std::string to_string(const device& d)
{
  std::string text = d.name + ":";
  if (d.public_key) text += " public key " + to_string(*d.public_key);
  text += (d.private_key ? ", private key (hidden)" : ", no private key");
  text += ", port " + std::to_string(d.listen_port);
  if (d.fwmark != 0) text += ", fwmark " + std::to_string(d.fwmark);
  return text + ", " + std::to_string(d.peers.size()) + (d.peers.size() == 1 ? " peer" : " peers");
}

std::string to_string(const peer& p)
{
  std::string text = to_string(p.public_key);
  if (p.preshared_key) text += " preshared key (hidden)";
  if (p.endpoint) text += " endpoint " + to_string(*p.endpoint);
  if (p.keepalive.count() != 0) text += " keepalive " + std::to_string(p.keepalive.count()) + " s";
  text += " received " + std::to_string(p.received_bytes) + " sent " + std::to_string(p.sent_bytes);
  for (const auto& network : p.allowed_ips)
    text += (&network == p.allowed_ips.data() ? " allowed " : " ") + to_string(network);
  return text;
}

} // namespace linx::genl::wireguard
