// WireGuard where the kernel has it: what was set is what the kernel tells.
#include "harness/network.hpp"
#include "harness/run.hpp"

#include <linx/genl/wireguard.hpp>
#include <linx/net/literals.hpp>

#include <algorithm>

BOOST_AUTO_TEST_SUITE(genl_wireguard_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
using namespace linx::genl::wireguard;
using namespace linx::net::literals;
using linx::net::endpoint;
using linx::test::run;
using linx::test::why;

namespace {

// Precondition of a case: interfaces of the kind can be made.
boost::test_tools::assertion_result wireguard_possible(boost::unit_test::test_unit_id)
{
  const int status = linx::test::run_in_child([] {
    if (linx::test::enter_fresh_network()) return linx::test::child_skipped;
    return linx::test::run_command("ip link add wg0 type wireguard").status == 0 ? 0
                                                                                 : linx::test::child_skipped;
  });
  boost::test_tools::assertion_result possible(status == 0);
  if (!possible) possible.message() << "skipped: this kernel has no link kind wireguard";
  return possible;
}

class wireguard_network : public linx::test::fresh_network {
public:
  wireguard_network()
  {
    const auto made =
        linx::test::run_command("ip link add wg0 type wireguard && ip link add wg1 type wireguard");
    BOOST_REQUIRE_MESSAGE(made.status == 0, made.output);
  }
};

linx::genl::connection open_transport(asio::io_context& context)
{
  return linx::test::value_of(linx::genl::connection::open(context.get_executor()));
}

connection open(asio::io_context& context)
{
  return linx::test::value_of(run(context, connection::open(open_transport(context))));
}

device get(asio::io_context& context, const connection& c, const char* name = "wg0")
{
  return linx::test::value_of(run(context, c.get(name)));
}

void set(asio::io_context& context, const connection& c, device_change change, const char* name = "wg0")
{
  const auto done = run(context, c.set(name, std::move(change)));
  BOOST_REQUIRE_MESSAGE(done.has_value(), why(done));
}

// What the kernel keeps, without what changes by itself.
device comparable(device d)
{
  d.index = 0;
  d.name.clear();
  d.public_key.reset();
  for (auto& p : d.peers) {
    p.protocol_version = 0;
    std::sort(p.allowed_ips.begin(), p.allowed_ips.end());
  }
  std::sort(d.peers.begin(), d.peers.end(), [](auto& a, auto& b) { return a.public_key < b.public_key; });
  return d;
}

} // namespace

// Here and everywhere: whoever asks a kernel without it learns what to load.
BOOST_FIXTURE_TEST_CASE(a_kernel_without_it_says_so, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto opened = run(context, connection::open(open_transport(context)));
  if (opened) {
    BOOST_TEST_MESSAGE("skipped: this kernel has wireguard");
    return;
  }
  BOOST_TEST(opened.error().errnum() == ENOENT);
  BOOST_TEST(opened.error().message().find("modprobe wireguard") != std::string::npos, why(opened));
}

BOOST_FIXTURE_TEST_CASE(what_is_set_is_told, wireguard_network,
                        *boost::unit_test::precondition(wireguard_possible))
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto own = key::generate_private().value(), shared = key::generate_preshared().value();
  const auto other = key::generate_private().value(); // any 32 bytes are a public key to the kernel
  auto one = peer_change(other);
  one.preshared_key(shared).endpoint(endpoint("192.0.2.1"_ip, 51820)).keepalive(std::chrono::seconds(25));
  one.allow("10.0.0.0/24"_subnet).allow("2001:db8::/64"_subnet);
  set(context, c, device_change().private_key(own).listen_port(40000).fwmark(7).peer(one));

  const auto d = get(context, c);
  BOOST_TEST(d.name == "wg0");
  BOOST_TEST(d.index == ::if_nametoindex("wg0"));
  BOOST_TEST((d.private_key == own));
  BOOST_TEST(d.public_key.has_value());
  BOOST_TEST(d.listen_port == 40000u);
  BOOST_TEST(d.fwmark == 7u);
  BOOST_REQUIRE(d.peers.size() == 1u);
  BOOST_TEST((d.peers[0].public_key == other));
  BOOST_TEST((d.peers[0].preshared_key == shared));
  BOOST_TEST((d.peers[0].endpoint == endpoint("192.0.2.1"_ip, 51820)));
  BOOST_TEST(d.peers[0].keepalive.count() == 25);
  BOOST_TEST(d.peers[0].allowed_ips.size() == 2u);
  BOOST_TEST(!d.peers[0].last_handshake.has_value());
  if (linx::test::has_program("wg")) {
    const auto told = linx::test::run_command("wg showconf wg0").output;
    BOOST_TEST(told.find("PrivateKey = " + to_string(own)) != std::string::npos, told);
    BOOST_TEST(told.find("PresharedKey = " + to_string(shared)) != std::string::npos, told);
  }
}

BOOST_FIXTURE_TEST_CASE(peers_are_changed_removed_and_replaced, wireguard_network,
                        *boost::unit_test::precondition(wireguard_possible))
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto a = key::generate_private().value(), b = key::generate_private().value(),
             absent = key::generate_private().value();
  auto first = peer_change(a).allow("10.0.0.0/24"_subnet),
       second = peer_change(b).allow("10.1.0.0/24"_subnet);
  set(context, c, device_change().peer(first).peer(second));
  BOOST_TEST(get(context, c).peers.size() == 2u);

  // update_only makes nobody; a network moves with its last owner; an address is added and not replaced
  auto ghost = peer_change(absent).update_only().allow("10.9.0.0/24"_subnet);
  auto more = peer_change(a).allow("10.1.0.0/24"_subnet);
  set(context, c, device_change().peer(ghost).peer(more));
  auto d = comparable(get(context, c));
  BOOST_REQUIRE(d.peers.size() == 2u);
  for (const auto& p : d.peers) BOOST_TEST(p.allowed_ips.size() == (p.public_key == a ? 2u : 0u));

  set(context, c, device_change().peer(peer_change(a).replace_allowed_ips().allow("10.5.0.0/16"_subnet)));
  for (const auto& p : get(context, c).peers)
    BOOST_TEST(p.allowed_ips.size() == (p.public_key == a ? 1u : 0u));

  set(context, c, device_change().peer(peer_change(b).remove()));
  BOOST_TEST(get(context, c).peers.size() == 1u);
  set(context, c, device_change().replace_peers().peer(peer_change(b)));
  d = get(context, c);
  BOOST_REQUIRE(d.peers.size() == 1u);
  BOOST_TEST((d.peers[0].public_key == b));
}

// More than fits one message, in both directions: 1000 peers, and one with 3000 addresses.
BOOST_FIXTURE_TEST_CASE(many_peers_take_many_messages, wireguard_network,
                        *boost::unit_test::precondition(wireguard_possible))
{
  asio::io_context context(1);
  const auto c = open(context);
  device wanted;
  wanted.private_key = key::generate_private().value();
  wanted.listen_port = 40001;
  for (unsigned n = 0; n < 1000; ++n) {
    peer p;
    p.public_key = key::generate_private().value();
    p.endpoint = endpoint("192.0.2.1"_ip, static_cast<std::uint16_t>(1000 + n));
    for (unsigned i = 0; i < (n == 500 ? 3000u : 2u); ++i)
      p.allowed_ips.emplace_back(
          linx::net::ip(std::array<std::uint8_t, 4>{static_cast<std::uint8_t>(n == 500 ? 20 : 10),
                                                    static_cast<std::uint8_t>(n == 500 ? i >> 8 : n >> 8),
                                                    static_cast<std::uint8_t>(n == 500 ? i : n),
                                                    static_cast<std::uint8_t>(n == 500 ? 0 : i)}),
          32);
    wanted.peers.push_back(std::move(p));
  }
  set(context, c, device_change::to_become(wanted));
  const auto told = get(context, c);
  BOOST_TEST((comparable(told) == comparable(wanted)));
  // and what was told makes another device equal (one port serves one device)
  auto copy = device_change::to_become(told);
  copy.listen_port(40002);
  set(context, c, std::move(copy), "wg1");
  auto second = comparable(get(context, c, "wg1"));
  second.listen_port = wanted.listen_port;
  BOOST_TEST((second == comparable(wanted)));
}

BOOST_FIXTURE_TEST_CASE(errors_name_the_device, wireguard_network,
                        *boost::unit_test::precondition(wireguard_possible))
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto nowhere = run(context, c.get("nowhere"));
  BOOST_REQUIRE(!nowhere);
  BOOST_TEST(nowhere.error().errnum() == ENODEV);
  BOOST_TEST(nowhere.error().message().find("wireguard nowhere") != std::string::npos, why(nowhere));
  const auto other = run(context, c.get("lo"));
  BOOST_REQUIRE(!other);
  BOOST_TEST(other.error().errnum() == EOPNOTSUPP);
}

BOOST_AUTO_TEST_SUITE_END()
