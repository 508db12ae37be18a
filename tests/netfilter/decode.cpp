// The readers of what the kernel sends: by recorded bytes, and by bytes that no kernel would send.

#include "netfilter/decode.hpp"
#include "netfilter/commit_assembler.hpp"
#include "netfilter/recorded_commit.hpp"

#include <linx/netlink/message_builder.hpp>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <boost/test/unit_test.hpp>

#include <random>

BOOST_AUTO_TEST_SUITE(netfilter_decode)

namespace nf = linx::netfilter;
using namespace std::string_view_literals;
namespace detail = linx::netfilter::detail;
namespace netlink = linx::netlink;

namespace {

/// Reads a datagram as a monitor would and prints all that comes of it.
std::string read(std::span<const std::byte> datagram)
{
  detail::commit_assembler assembler(std::size_t(1) << 20);
  std::string text;
  for (const netlink::message_view m : netlink::messages(datagram)) {
    assembler.restart(static_cast<std::uint32_t>(0));
    if (auto e = detail::decode_event(m)) text.append(to_string(*e)).append("\n");
    if (const auto end = detail::decode_generation(m))
      text.append("generation by ").append(end->program).append("\n");
    assembler.add(m);
  }
  return text;
}

} // namespace

// Everything that one commit of nft holds, on a machine that may not have nf_tables at all.
BOOST_AUTO_TEST_CASE(a_recorded_commit)
{
  const auto bytes = linx::test::recorded_commit();
  // The kernel tells each end of an interval by itself; the commit puts them together again.
  BOOST_TEST(read(bytes) ==
             "add table inet t { comment \"recorded\"; } # handle 1\n"
             "add chain inet t other # handle 1\n"
             "add chain inet t c { type filter hook input priority 0; policy drop; comment \"all of it\"; } "
             "# handle 2\n"
             "add counter inet t hits\n"
             "add set inet t s { type ipv4_addr; flags interval; } # handle 4\n"
             "add element inet t s { }\n"
             "add element inet t s { 0x0a000000 }\n"
             "add element inet t s { }\n"
             "add element inet t s { 0xc0000201 comment \"one\" }\n"
             "add element inet t s { }\n"
             "add map inet t m { type inet_service : verdict; } # handle 5\n"
             "add element inet t m { 0x0050 }\n"
             "add rule inet t c ct state established,related accept # handle 6\n"
             "add rule inet t c tcp dport 22 counter packets 0 bytes 0 accept comment \"ssh\" # handle 7\n"
             "add rule inet t c tcp dport != 1000-2000 drop # handle 8\n"
             "add rule inet t c ip saddr 10.0.0.0/23 udp sport != 53 jump other # handle 9\n"
             "add rule inet t c iifname \"lo\" limit rate 5/second burst 10 packets log prefix \"foo\" group "
             "3 reject # handle 10\n"
             "add rule inet t c ip saddr @s meta mark set 0x00000009 # handle 11\n"
             "add rule inet t c tcp dport vmap @m # handle 12\n"
             "add rule inet t c [fib 0x080001000000000108000200000000030800030000000002] [register] "
             "0x02000000 [objref 0x0900020068697473000000000800010000000001] return # handle 13\n"
             "generation by nft\n"sv);
}

// A datagram that was cut anywhere reads as what is whole in it, and never beyond its end.
BOOST_AUTO_TEST_CASE(truncated_anywhere)
{
  const auto bytes = linx::test::recorded_commit();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // a copy of exactly that size: AddressSanitizer sees a read behind it
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    read(cut);
  }
}

// The same with the lengths in it made to fit, so that the message ends inside of an attribute.
BOOST_AUTO_TEST_CASE(messages_that_end_early)
{
  const auto bytes = linx::test::recorded_commit();
  for (const netlink::message_view whole : netlink::messages(bytes)) {
    for (std::size_t size = 0; size <= whole.body().size(); ++size) {
      const std::vector<std::byte> cut(whole.body().begin(),
                                       whole.body().begin() + static_cast<std::ptrdiff_t>(size));
      auto header = whole.header();
      header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + size);
      const netlink::message_view m(header, cut);
      if (auto e = detail::decode_event(m)) (void)to_string(*e);
      (void)detail::decode_generation(m);
    }
  }
}

// Bytes changed at random: values may be wrong, reads may not.
BOOST_AUTO_TEST_CASE(mutated)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const auto bytes = linx::test::recorded_commit();
  for (int round = 0; round < 3000; ++round) {
    auto copy = bytes;
    for (int changes = 1 + static_cast<int>(random() % 12); changes > 0; --changes)
      copy[random() % copy.size()] = static_cast<std::byte>(random() & 0xff);
    BOOST_TEST_INFO("seed " << seed << " round " << round);
    read(copy);
  }
}

// An expression with more to it than linx knows is kept whole, not read in part.
BOOST_AUTO_TEST_CASE(what_is_not_understood_is_kept)
{
  const auto encode = [](auto fill) {
    netlink::message_builder b(0);
    b.put_string(NFTA_EXPR_NAME, "cmp");
    {
      const auto nest = b.nested(NFTA_EXPR_DATA);
      fill(b);
    }
    const auto raw = b.bytes().subspan(sizeof(nlmsghdr));
    return detail::decode_expression(netlink::attributes(raw));
  };
  const auto value = [](netlink::message_builder& b, std::size_t size) {
    const auto nest = b.nested(NFTA_CMP_DATA);
    const std::vector<std::byte> bytes(size, std::byte{7});
    b.put(NFTA_DATA_VALUE, bytes);
  };
  const auto whole = encode([&](netlink::message_builder& b) {
    b.put_be32(NFTA_CMP_SREG, 1);
    b.put_be32(NFTA_CMP_OP, NFT_CMP_GT);
    value(b, 4);
  });
  BOOST_TEST(std::holds_alternative<nf::expr::cmp>(whole));
  const auto newer = encode([&](netlink::message_builder& b) {
    b.put_be32(NFTA_CMP_SREG, 1);
    b.put_be32(NFTA_CMP_OP, NFT_CMP_GT);
    b.put_be32(99, 1);
    value(b, 4);
  });
  BOOST_TEST(std::holds_alternative<nf::expr::unknown>(newer));
  BOOST_TEST(nf::name_of(newer) == "cmp"sv);
  BOOST_TEST(std::get<nf::expr::unknown>(newer).attributes.size() == 36u);
  const auto longer = encode([&](netlink::message_builder& b) {
    b.put_be32(NFTA_CMP_SREG, 1);
    b.put_be32(NFTA_CMP_OP, NFT_CMP_GT);
    value(b, 65);
  });
  BOOST_TEST(std::holds_alternative<nf::expr::unknown>(longer));
  const auto shorter = encode([&](netlink::message_builder& b) { b.put_be16(NFTA_CMP_SREG, 1); });
  BOOST_TEST(std::holds_alternative<nf::expr::unknown>(shorter));
}

// Messages of other subsystems on the same socket are none of ours.
BOOST_AUTO_TEST_CASE(other_subsystems)
{
  nlmsghdr header{};
  header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8;
  header.nlmsg_len = sizeof header;
  BOOST_TEST(!detail::decode_event(netlink::message_view(header, {})).has_value());
  header.nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE);
  BOOST_TEST(!detail::decode_event(netlink::message_view(header, {})).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
