// What the kernel sends is read with care, whatever it is.
#include <linx/rtnl/address.hpp>
#include <linx/rtnl/link.hpp>
#include <linx/rtnl/route.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <random>

namespace netlink = linx::netlink;
namespace rtnl = linx::rtnl;

BOOST_AUTO_TEST_SUITE(rtnl_hostile)

// Errors print requests, and events print what the kernel sent: any bytes must be safe.
BOOST_AUTO_TEST_CASE(random_messages_do_no_harm)
{
  std::mt19937 random(99);
  constexpr std::uint16_t types[] = {RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_DELROUTE};
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> body(random() % 120);
    for (auto& b : body) b = static_cast<std::byte>(random() % 6 == 0 ? random() : random() % 20);
    if (!body.empty() && random() % 4 != 0) body[0] = std::byte(random() % 2 != 0 ? AF_INET : AF_INET6);
    if (!body.empty() && random() % 4 == 0) body[0] = std::byte(AF_UNSPEC);
    body.shrink_to_fit();
    nlmsghdr header{};
    header.nlmsg_type = types[random() % std::size(types)];
    const netlink::message_view m(header, body);
    std::size_t printed = 0;
    if (const auto l = rtnl::link::decode(m)) printed += to_string(*l).size();
    if (const auto a = rtnl::address::decode(m)) printed += to_string(*a).size();
    if (const auto r = rtnl::route::decode(m)) printed += to_string(*r).size();
    BOOST_REQUIRE(printed < 100000u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
