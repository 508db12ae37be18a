// What no device here answers: bytes laid out by hand after linux/ethtool_netlink.h, and hostile ones.
#include "genl/ethtool_encode.hpp"

#include <linx/genl/ethtool.hpp>

#include <boost/test/unit_test.hpp>

#include <random>

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

BOOST_AUTO_TEST_SUITE(genl_ethtool_codec)

namespace ethtool = linx::genl::ethtool;
using linx::netlink::message_builder;
using linx::netlink::message_view;

namespace {

message_view only_message(std::span<const std::byte> bytes)
{
  return *linx::netlink::messages(bytes).begin();
}

message_builder reply(std::uint8_t command, std::uint16_t header_type = 1)
{
  genlmsghdr genl{};
  genl.cmd = command;
  message_builder m(21, 0, genl);
  {
    const auto header = m.nested(header_type);
    m.put_u32(ETHTOOL_A_HEADER_DEV_INDEX, 3);
    m.put_string(ETHTOOL_A_HEADER_DEV_NAME, "eth0");
  }
  return m;
}

linx::genl::family ethtool_family()
{
  linx::genl::family f;
  f.id = 21;
  f.name = "ethtool";
  f.version = 1;
  return f;
}

std::vector<unsigned> bytes_of(const message_builder& m)
{
  std::vector<unsigned> bytes;
  for (const auto b : m.bytes().subspan(sizeof(nlmsghdr))) bytes.push_back(std::to_integer<unsigned>(b));
  return bytes;
}

} // namespace

BOOST_AUTO_TEST_CASE(rings_read_back)
{
  auto m = reply(ETHTOOL_MSG_RINGS_GET_REPLY);
  m.put_u32(ETHTOOL_A_RINGS_RX_MAX, 4096);
  m.put_u32(ETHTOOL_A_RINGS_RX, 512);
  m.put_u32(ETHTOOL_A_RINGS_TX, 256);
  m.put_u8(ETHTOOL_A_RINGS_TCP_DATA_SPLIT, 1);
  m.put_u8(ETHTOOL_A_RINGS_TX_PUSH, 1);
  m.put_u32(200, 7); // of a newer kernel
  const auto rings = ethtool::rings::decode(only_message(m.bytes()));
  BOOST_REQUIRE(rings.has_value());
  BOOST_TEST(rings->device.index() == 3u);
  BOOST_TEST(!rings->tx_max.has_value());
  BOOST_TEST(to_string(*rings) == "eth0: rx-max 4096 rx 512 tx 256 tcp-data-split 1 tx-push on");
  BOOST_TEST(!ethtool::channels::decode(only_message(m.bytes())).has_value());
}

// Maxima are the driver's and are refused; what is empty must not be sent as 0.
BOOST_AUTO_TEST_CASE(rings_to_be_set_are_these_bytes)
{
  ethtool::rings wanted;
  wanted.rx_max = 4096;
  wanted.rx = 512;
  wanted.tcp_data_split = 2;
  wanted.tx_push = false;
  const auto m = encode_set(ethtool_family(), linx::genl::device(3u), wanted);
  const std::vector<unsigned> expected{
      ETHTOOL_MSG_RINGS_SET,
      1,
      0,
      0, // genlmsghdr: command, version
      12,
      0,
      1,
      0x80,
      8,
      0,
      ETHTOOL_A_HEADER_DEV_INDEX,
      0,
      3,
      0,
      0,
      0, // the header, nested
      8,
      0,
      ETHTOOL_A_RINGS_RX,
      0,
      0,
      2,
      0,
      0, // 512
      5,
      0,
      ETHTOOL_A_RINGS_TCP_DATA_SPLIT,
      0,
      2,
      0,
      0,
      0, // one byte and padding
      5,
      0,
      ETHTOOL_A_RINGS_TX_PUSH,
      0,
      0,
      0,
      0,
      0,
  };
  if constexpr (std::endian::native == std::endian::little)
    BOOST_TEST(bytes_of(m) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(advertised_modes_are_a_masked_set)
{
  const auto change = ethtool::link_modes_change().advertise("1000baseT/Full").advertise("Pause", false);
  const auto m = encode_set(ethtool_family(), linx::genl::device("eth0"), change);
  const auto ours = only_message(m.bytes()).attributes_after<genlmsghdr>().find(ETHTOOL_A_LINKMODES_OURS);
  BOOST_REQUIRE(ours.has_value());
  const auto set = ethtool::bitset::decode(*ours);
  BOOST_TEST(set.has_mask);
  BOOST_TEST(set.contains("1000baseT/Full"));
  BOOST_REQUIRE(set.find("Pause"));
  BOOST_TEST(!set.find("Pause")->value);
}

// Notifications come in the compact form.
BOOST_AUTO_TEST_CASE(compact_sets_with_and_without_a_mask)
{
  const auto encode = [](bool mask, std::uint32_t size) {
    auto m = reply(ETHTOOL_MSG_LINKMODES_NTF);
    {
      const auto set = m.nested(ETHTOOL_A_LINKMODES_OURS);
      if (!mask) m.put_flag(ETHTOOL_A_BITSET_NOMASK);
      m.put_u32(ETHTOOL_A_BITSET_SIZE, size);
      const std::array<std::uint32_t, 2> value{0x00000005, 0x00000002}, all{0x0000000f, 0x00000002};
      m.put(ETHTOOL_A_BITSET_VALUE, std::as_bytes(std::span(value)));
      if (mask) m.put(ETHTOOL_A_BITSET_MASK, std::as_bytes(std::span(all)));
    }
    return ethtool::link_modes::decode(only_message(m.bytes())).value().ours;
  };
  auto masked = encode(true, 40);
  BOOST_TEST(masked.bits.size() == 5u);
  BOOST_TEST(to_string(masked) == "0 2 33");
  BOOST_TEST(!masked.bits[1].value);
  masked.name_bits({"zero", "one", "two"});
  BOOST_TEST(to_string(masked) == "zero two 33");
  BOOST_TEST(to_string(encode(false, 40)) == "0 2 33");
  // a size that the bitmap does not have, and one that cuts it
  BOOST_TEST(to_string(encode(false, 0xffffffff)) == "0 2 33");
  BOOST_TEST(to_string(encode(true, 2)) == "0");
}

BOOST_AUTO_TEST_CASE(link_modes_of_a_copper_link)
{
  auto m = reply(ETHTOOL_MSG_LINKMODES_GET_REPLY);
  m.put_u8(ETHTOOL_A_LINKMODES_AUTONEG, 1);
  {
    const auto set = m.nested(ETHTOOL_A_LINKMODES_OURS);
    m.put_u32(ETHTOOL_A_BITSET_SIZE, 92);
    const auto bits = m.nested(ETHTOOL_A_BITSET_BITS);
    for (const std::uint32_t index : {3u, 5u}) {
      const auto bit = m.nested(ETHTOOL_A_BITSET_BITS_BIT);
      m.put_u32(ETHTOOL_A_BITSET_BIT_INDEX, index);
      m.put_string(ETHTOOL_A_BITSET_BIT_NAME, index == 3 ? "100baseT/Full" : "1000baseT/Full");
      if (index == 5) m.put_flag(ETHTOOL_A_BITSET_BIT_VALUE);
    }
  }
  m.put_u32(ETHTOOL_A_LINKMODES_SPEED, 1000);
  m.put_u8(ETHTOOL_A_LINKMODES_DUPLEX, 1);
  const auto modes = ethtool::link_modes::decode(only_message(m.bytes()));
  BOOST_TEST(to_string(*modes) ==
             "eth0: 1000 Mbit/s, duplex full, autonegotiation, advertised: 1000baseT/Full");
  BOOST_TEST(modes->ours.find("100baseT/Full")); // supported, not advertised
  BOOST_TEST(modes->ours.size == 92u);

  auto unknown = reply(ETHTOOL_MSG_LINKMODES_GET_REPLY);
  unknown.put_u32(ETHTOOL_A_LINKMODES_SPEED, 0xffffffff);
  BOOST_TEST(!ethtool::link_modes::decode(only_message(unknown.bytes()))->speed.has_value());
}

BOOST_AUTO_TEST_CASE(statistics_with_counters_and_histograms)
{
  auto m = reply(ETHTOOL_MSG_STATS_GET_REPLY, ETHTOOL_A_STATS_HEADER);
  {
    const auto group = m.nested(ETHTOOL_A_STATS_GRP);
    m.put_u32(ETHTOOL_A_STATS_GRP_ID, ETHTOOL_STATS_ETH_MAC);
    m.put_u32(ETHTOOL_A_STATS_GRP_SS_ID, 18);
    const auto stat = m.nested(ETHTOOL_A_STATS_GRP_STAT);
    m.put_u64(ETHTOOL_A_STATS_ETH_MAC_2_TX_PKT, 42);
  }
  {
    const auto group = m.nested(ETHTOOL_A_STATS_GRP);
    m.put_u32(ETHTOOL_A_STATS_GRP_ID, ETHTOOL_STATS_RMON);
    const auto stat = m.nested(ETHTOOL_A_STATS_GRP_HIST_RX);
    m.put_u32(ETHTOOL_A_STATS_GRP_HIST_BKT_LOW, 64);
    m.put_u32(ETHTOOL_A_STATS_GRP_HIST_BKT_HI, 127);
    m.put_u64(ETHTOOL_A_STATS_GRP_HIST_VAL, 17);
  }
  auto s = ethtool::statistics::decode(only_message(m.bytes()));
  BOOST_REQUIRE(s.has_value());
  BOOST_TEST(to_string(*s) == "eth0: eth-mac #0 42 rmon rx-64-127 17");
  s->groups[0].counters[0].name = "FramesTransmittedOK";
  BOOST_TEST((s->find("eth-mac", "FramesTransmittedOK") == 42u));
  BOOST_TEST(!s->find("eth-phy", "FramesTransmittedOK").has_value());
}

// ASan is the judge.
BOOST_AUTO_TEST_CASE(random_replies_do_no_harm)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> body(random() % 160);
    for (auto& b : body) b = static_cast<std::byte>(random());
    if (!body.empty()) body[0] = static_cast<std::byte>(random() % 40);
    // attributes of a plausible length, so that the readers get inside
    for (std::size_t at = 4; at + 4 <= body.size(); at += 4 * (1 + random() % 4)) {
      body[at] = static_cast<std::byte>(4 + random() % 40);
      body[at + 1] = std::byte(0);
      body[at + 2] = static_cast<std::byte>(random() % 8);
      body[at + 3] = std::byte(0);
    }
    nlmsghdr header{};
    header.nlmsg_type = 21;
    const message_view m(header, body);
    if (const auto v = ethtool::features::decode(m)) BOOST_TEST(!to_string(*v).empty());
    if (const auto v = ethtool::link_modes::decode(m)) BOOST_TEST(!to_string(*v).empty());
    if (const auto v = ethtool::rings::decode(m)) BOOST_TEST(!to_string(*v).empty());
    if (const auto v = ethtool::coalescing::decode(m)) BOOST_TEST(!to_string(*v).empty());
    if (const auto v = ethtool::statistics::decode(m)) BOOST_TEST(!to_string(*v).empty());
    if (const auto v = ethtool::link_state::decode(m)) BOOST_TEST(!to_string(*v).empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
