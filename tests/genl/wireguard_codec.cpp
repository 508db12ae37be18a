// WireGuard's messages, byte by byte after linux/wireguard.h: this is all there is on kernels without it.
#include "harness/value.hpp"

#include "genl/wireguard_codec.hpp"

#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

#include <numeric>
#include <random>

#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(genl_wireguard_codec)

using namespace linx::genl::wireguard;
using namespace linx::net::literals;
using linx::net::endpoint;
using linx::net::subnet;
using linx::netlink::message_builder;
using linx::netlink::message_view;

namespace {

linx::genl::family wireguard_family()
{
  linx::genl::family f;
  f.id = 30;
  f.name = "wireguard";
  f.version = 1;
  return f;
}

key numbered_key(unsigned n)
{
  std::array<std::uint8_t, key::size> bytes{};
  bytes[0] = static_cast<std::uint8_t>(n);
  bytes[1] = static_cast<std::uint8_t>(n >> 8);
  bytes[31] = 1;
  return key(bytes);
}

void put_key(message_builder& m, std::uint16_t type, const key& k)
{
  m.put(type, std::as_bytes(k.bytes()));
}

message_view only_message(std::span<const std::byte> bytes)
{
  return *linx::netlink::messages(bytes).begin();
}

std::vector<unsigned> bytes_of(const message_builder& m)
{
  std::vector<unsigned> bytes;
  for (const auto b : m.bytes().subspan(sizeof(nlmsghdr))) bytes.push_back(std::to_integer<unsigned>(b));
  return bytes;
}

std::vector<message_builder> encoded(const device_change& change, std::size_t limit = 32 * 1024)
{
  return linx::test::value_of(encode_set(wireguard_family(), linx::genl::device("wg0"), change, limit));
}

device assembled(const std::vector<message_builder>& messages)
{
  device_assembler all;
  for (const auto& m : messages) all.absorb(only_message(m.bytes()));
  return all.take();
}

} // namespace

// The pair of wg(8)'s manual page and documentation, and RFC 4648's own alphabet at its ends.
BOOST_AUTO_TEST_CASE(keys_are_base64_of_32_bytes)
{
  const std::string text = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
  const auto k = key::parse(text);
  BOOST_REQUIRE(k.has_value());
  BOOST_TEST(int(k.value().bytes()[0]) == 0xc5);
  BOOST_TEST(int(k.value().bytes()[31]) == 0x38);
  BOOST_TEST(to_string(k.value()) == text);
  BOOST_TEST(to_string(key()) == "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  std::array<std::uint8_t, 32> ones;
  ones.fill(0xff);
  BOOST_TEST(to_string(key(ones)) == "//////////////////////////////////////////8=");
  BOOST_TEST(key().is_zero());
}

BOOST_AUTO_TEST_CASE(what_is_printed_is_read_back)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 1000; ++i) {
    std::array<std::uint8_t, 32> bytes;
    for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
    BOOST_REQUIRE((key::parse(to_string(key(bytes))).value() == key(bytes)));
  }
}

// A key that is taken for another one, or a secret in an error, is worse than a refusal.
BOOST_AUTO_TEST_CASE(other_texts_are_refused_and_not_repeated)
{
  const std::string good = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
  for (const auto& text :
       {std::string(), good.substr(1), good + "=", good.substr(0, 43) + "A", " " + good.substr(1),
        good.substr(0, 42) + "h=", good.substr(0, 42) + "==", good.substr(0, 20) + "-" + good.substr(21),
        good.substr(0, 43) + std::string(1, '\0')}) {
    const auto refused = key::parse(text);
    BOOST_REQUIRE_MESSAGE(!refused, text);
    BOOST_TEST((refused.error().where() == linx::stage::argument));
    BOOST_TEST(refused.error().message().find("boUvnH4") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_new_private_key_is_clamped)
{
  const auto a = key::generate_private(), b = key::generate_private();
  BOOST_REQUIRE(a.has_value());
  BOOST_TEST((a.value() != b.value()));
  BOOST_TEST((a.value().bytes()[0] & 7) == 0);
  BOOST_TEST((a.value().bytes()[31] & 0xc0) == 0x40);
  BOOST_TEST((key::generate_preshared().value() != key()));
}

BOOST_AUTO_TEST_CASE(a_change_is_these_bytes)
{
  auto one = peer_change(numbered_key(7));
  one.endpoint(endpoint("192.0.2.1"_ip, 51820)).keepalive(std::chrono::seconds(25)).replace_allowed_ips();
  one.allow("10.0.0.0/24"_subnet);
  const auto requests = encoded(device_change().listen_port(51820).fwmark(5).replace_peers().peer(one));
  BOOST_REQUIRE(requests.size() == 1u);
  std::vector<unsigned> expected{
      WG_CMD_SET_DEVICE,
      1,
      0,
      0, // genlmsghdr
      8,
      0,
      WGDEVICE_A_IFNAME,
      0,
      'w',
      'g',
      '0',
      0, // NUL-terminated
      8,
      0,
      WGDEVICE_A_FLAGS,
      0,
      WGDEVICE_F_REPLACE_PEERS,
      0,
      0,
      0, //
      6,
      0,
      WGDEVICE_A_LISTEN_PORT,
      0,
      0x6c,
      0xca,
      0,
      0, // 51820 in host order
      8,
      0,
      WGDEVICE_A_FWMARK,
      0,
      5,
      0,
      0,
      0, //
      124,
      0,
      WGDEVICE_A_PEERS,
      0x80,
      120,
      0,
      0,
      0x80, // the list, nested, and its first entry
      36,
      0,
      WGPEER_A_PUBLIC_KEY,
      0,
  };
  const auto seven = numbered_key(7);
  for (const auto b : seven.bytes()) expected.push_back(b);
  const unsigned rest[] = {
      8,
      0,
      WGPEER_A_FLAGS,
      0,
      WGPEER_F_REPLACE_ALLOWEDIPS,
      0,
      0,
      0, //
      20,
      0,
      WGPEER_A_ENDPOINT,
      0,
      2,
      0,
      0xca,
      0x6c,
      192,
      0,
      2,
      1, // struct sockaddr_in: port in network order
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0, //
      6,
      0,
      WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
      0,
      25,
      0,
      0,
      0, //
      32,
      0,
      WGPEER_A_ALLOWEDIPS,
      0x80,
      28,
      0,
      0,
      0x80, //
      6,
      0,
      WGALLOWEDIP_A_FAMILY,
      0,
      AF_INET,
      0,
      0,
      0, //
      8,
      0,
      WGALLOWEDIP_A_IPADDR,
      0,
      10,
      0,
      0,
      0, //
      5,
      0,
      WGALLOWEDIP_A_CIDR_MASK,
      0,
      24,
      0,
      0,
      0, //
  };
  expected.insert(expected.end(), std::begin(rest), std::end(rest));
  // the lengths of the nests that follow from the rest
  const auto list = std::size_t(4 + 8 + 8 + 8 + 8), entry = list + 4;
  expected[list] = static_cast<unsigned>(expected.size() - list);
  expected[entry] = static_cast<unsigned>(expected.size() - entry);
  if constexpr (std::endian::native == std::endian::little)
    BOOST_TEST(bytes_of(requests[0]) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_ipv6_endpoint_is_a_sockaddr_in6)
{
  auto one = peer_change(numbered_key(7)).endpoint(endpoint("fe80::1"_ip, 1, 3));
  const auto d = assembled(encoded(device_change().peer(one)));
  BOOST_TEST((d.peers.at(0).endpoint == endpoint("fe80::1"_ip, 1, 3)));
}

// What the kernel's wg_get_device_dump() sends.
BOOST_AUTO_TEST_CASE(a_device_is_read)
{
  genlmsghdr header{};
  header.cmd = WG_CMD_GET_DEVICE;
  message_builder m(30, NLM_F_MULTI, header);
  m.put_u32(WGDEVICE_A_IFINDEX, 9);
  m.put_string(WGDEVICE_A_IFNAME, "wg0");
  put_key(m, WGDEVICE_A_PUBLIC_KEY, numbered_key(1));
  m.put_u16(WGDEVICE_A_LISTEN_PORT, 51820);
  {
    const auto list = m.nested(WGDEVICE_A_PEERS);
    const auto one = m.nested(0);
    put_key(m, WGPEER_A_PUBLIC_KEY, numbered_key(2));
    put_key(m, WGPEER_A_PRESHARED_KEY, key()); // none
    const std::array<std::int64_t, 2> when{1700000000, 5};
    m.put(WGPEER_A_LAST_HANDSHAKE_TIME, std::as_bytes(std::span(when)));
    m.put_u16(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, 25);
    m.put_u64(WGPEER_A_RX_BYTES, 123);
    m.put_u32(WGPEER_A_PROTOCOL_VERSION, 1);
    m.put_u32(99, 1); // of a newer kernel
  }
  const auto d = assembled({m});
  BOOST_TEST(d.index == 9u);
  BOOST_TEST(d.name == "wg0");
  BOOST_TEST(!d.private_key.has_value());
  BOOST_REQUIRE(d.peers.size() == 1u);
  BOOST_TEST(!d.peers[0].preshared_key.has_value());
  BOOST_TEST(!d.peers[0].endpoint.has_value());
  BOOST_TEST(d.peers[0].last_handshake->time_since_epoch().count() == 1700000000000000005);
  BOOST_TEST(d.peers[0].received_bytes == 123u);
  BOOST_TEST(to_string(d) ==
             "wg0: public key " + to_string(numbered_key(1)) + ", no private key, port 51820, 1 peer");
  BOOST_TEST(to_string(d.peers[0]) == to_string(numbered_key(2)) + " keepalive 25 s received 123 sent 0");
}

BOOST_AUTO_TEST_CASE(secrets_are_not_printed)
{
  device d;
  d.private_key = numbered_key(3);
  d.peers.emplace_back().preshared_key = numbered_key(4);
  BOOST_TEST(to_string(d).find(to_string(numbered_key(3))) == std::string::npos);
  BOOST_TEST(to_string(d.peers[0]).find(to_string(numbered_key(4))) == std::string::npos);
}

namespace {

device random_device_value(std::mt19937& random)
{
  device d;
  d.name = "wg0";
  if (random() % 2) d.private_key = numbered_key(1);
  d.listen_port = static_cast<std::uint16_t>(random());
  d.fwmark = random();
  for (unsigned n = random() % 6; n > 0; --n) {
    peer p;
    p.public_key = numbered_key(100 + n);
    if (random() % 2) p.preshared_key = numbered_key(200 + n);
    if (random() % 2) p.endpoint = endpoint(random() % 2 ? "10.0.0.1"_ip : "2001:db8::1"_ip, 1);
    p.keepalive = std::chrono::seconds(random() % 100);
    for (unsigned i = random() % 30; i > 0; --i)
      p.allowed_ips.emplace_back(random() % 2 ? "10.0.0.0"_ip : "2001:db8::"_ip, random() % 33);
    d.peers.push_back(std::move(p));
  }
  return d;
}

} // namespace

// A device with many peers takes several messages: each below the limit, flags that clear something in the
// first part alone, and all of it arrives.
BOOST_AUTO_TEST_CASE(a_change_split_anywhere_is_the_same_change)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 500; ++i) {
    const auto wanted = random_device_value(random);
    const std::size_t limit = 300 + random() % 3000;
    const auto requests = encoded(device_change::to_become(wanted), limit);
    BOOST_REQUIRE((assembled(requests) == wanted));
    std::vector<key> seen;
    for (std::size_t n = 0; n < requests.size(); ++n) {
      BOOST_REQUIRE(requests[n].size() <= limit);
      const auto attributes = only_message(requests[n].bytes()).attributes_after<genlmsghdr>();
      BOOST_REQUIRE(attributes.find(WGDEVICE_A_IFNAME).has_value());
      BOOST_REQUIRE(attributes.find(WGDEVICE_A_FLAGS).has_value() == (n == 0));
      const auto list = attributes.find(WGDEVICE_A_PEERS);
      if (!list) continue;
      for (const auto entry : list->nested()) {
        const auto k = *key::from_bytes(entry.nested().find(WGPEER_A_PUBLIC_KEY)->payload());
        const bool again = !seen.empty() && seen.back() == k;
        const auto flags = entry.nested().find(WGPEER_A_FLAGS)->as<std::uint32_t>().value();
        BOOST_REQUIRE(flags == (again ? WGPEER_F_UPDATE_ONLY : WGPEER_F_REPLACE_ALLOWEDIPS));
        seen.push_back(k);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(removals_and_updates_carry_their_flags_and_nothing_else)
{
  auto gone = peer_change(numbered_key(1)).remove().allow("10.0.0.0/8"_subnet);
  auto kept = peer_change(numbered_key(2)).update_only().preshared_key(key());
  const auto requests = encoded(device_change().peer(gone).peer(kept));
  const auto list =
      only_message(requests.at(0).bytes()).attributes_after<genlmsghdr>().find(WGDEVICE_A_PEERS);
  std::vector<linx::netlink::attribute> peers(list->nested().begin(), list->nested().end());
  BOOST_REQUIRE(peers.size() == 2u);
  BOOST_TEST((peers[0].nested().find(WGPEER_A_FLAGS)->as<std::uint32_t>() == WGPEER_F_REMOVE_ME));
  BOOST_TEST(!peers[0].nested().find(WGPEER_A_ALLOWEDIPS).has_value());
  BOOST_TEST((peers[1].nested().find(WGPEER_A_FLAGS)->as<std::uint32_t>() == WGPEER_F_UPDATE_ONLY));
  BOOST_TEST(peers[1].nested().find(WGPEER_A_PRESHARED_KEY)->payload().size() == 32u);
}

BOOST_AUTO_TEST_CASE(a_keepalive_beyond_its_16_bits_is_refused)
{
  for (const int seconds : {-1, 65536}) {
    auto one = peer_change(numbered_key(1)).keepalive(std::chrono::seconds(seconds));
    const auto refused = encode_set(wireguard_family(), linx::genl::device("wg0"), device_change().peer(one));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().where() == linx::stage::argument));
  }
}

// ASan is the judge.
BOOST_AUTO_TEST_CASE(mutated_replies_do_no_harm)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 3000; ++i) {
    const auto requests = encoded(device_change::to_become(random_device_value(random)));
    const auto body = requests[0].bytes().subspan(sizeof(nlmsghdr));
    std::vector<std::byte> bytes(body.begin(), body.end());
    for (unsigned n = 1 + random() % 8; n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    bytes.resize(random() % (bytes.size() + 1));
    device_assembler all;
    all.absorb(message_view(nlmsghdr{}, bytes));
    BOOST_TEST(!to_string(all.value()).empty());
    for (const auto& p : all.value().peers) BOOST_TEST(!to_string(p).empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
