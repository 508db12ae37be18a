// Code of libmnl's kind, with a connection in place of its socket.
#include "harness/network.hpp"
#include "harness/run.hpp"

#include <linx/core/all_of.hpp>
#include <linx/mnl/query.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

BOOST_AUTO_TEST_SUITE(mnl_query_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = linx::asio;
namespace mnl = linx::mnl;
using linx::test::run;
using linx::test::value_of;
using linx::test::why;

namespace {

// What a program of libmnl's has on its stack. Points into itself.
template <class Header>
class request {
public:
  request(std::uint16_t type, std::uint16_t flags) : message(mnl_nlmsg_put_header(room_.data()))
  {
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    header = static_cast<Header*>(mnl_nlmsg_put_extra_header(message, sizeof(Header)));
  }
  request(const request&) = delete;
  request& operator=(const request&) = delete;

private:
  alignas(nlmsghdr) std::array<char, 1024> room_{};

public:
  nlmsghdr* message;
  Header* header;
};

using names = std::map<int, std::string>;

int take_name(const nlattr* attribute, void* into)
{
  if (mnl_attr_get_type(attribute) == IFLA_IFNAME)
    *static_cast<std::string*>(into) = mnl_attr_get_str(attribute);
  return MNL_CB_OK;
}

int take_link(const nlmsghdr* message, void* into)
{
  const auto* link = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  mnl_attr_parse(message, sizeof *link, take_name, &(*static_cast<names*>(into))[link->ifi_index]);
  return MNL_CB_OK;
}

linx::netlink::connection open(asio::io_context& context)
{
  return value_of(linx::netlink::connection::open(context.get_executor(), NETLINK_ROUTE));
}

class link_name {
public:
  static std::optional<link_name> decode(const linx::netlink::message_view& m)
  {
    const auto name = m.attributes_after<ifinfomsg>().find(IFLA_IFNAME);
    if (!name) return std::nullopt;
    return link_name{std::string(name->as_string())};
  }
  std::string text;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_dump_goes_to_the_callback, linx::test::fresh_network)
{
  asio::io_context context(1);
  const request<ifinfomsg> links(RTM_GETLINK, NLM_F_DUMP);
  names found;
  const auto done = run(context, mnl::query(open(context), links.message, take_link, &found));
  BOOST_TEST(why(done) == "");
  BOOST_TEST(found.size() == 1u);
  BOOST_TEST(found[1] == "lo");
}

BOOST_FIXTURE_TEST_CASE(a_dump_becomes_values, linx::test::fresh_network)
{
  asio::io_context context(1);
  const request<ifinfomsg> links(RTM_GETLINK, NLM_F_DUMP);
  const auto found = value_of(run(context, mnl::list<link_name>(open(context), links.message)));
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].text == "lo");
}

BOOST_FIXTURE_TEST_CASE(a_reply_goes_to_the_callback, linx::test::fresh_network)
{
  asio::io_context context(1);
  const request<ifinfomsg> loopback(RTM_GETLINK, 0);
  loopback.header->ifi_index = 1;
  names found;
  const auto done = run(context, mnl::query(open(context), loopback.message, take_link, &found));
  BOOST_TEST(why(done) == "");
  BOOST_TEST(found[1] == "lo");
}

// An acknowledgement alone, and the kernel does it.
BOOST_FIXTURE_TEST_CASE(a_change_is_made, linx::test::fresh_network)
{
  asio::io_context context(1);
  const request<ifaddrmsg> add(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  add.header->ifa_family = AF_INET;
  add.header->ifa_prefixlen = 32;
  add.header->ifa_index = 1;
  const std::uint32_t address = linx::netlink::network_order(std::uint32_t(0x0a010203));
  mnl_attr_put_u32(add.message, IFA_LOCAL, address);
  const auto kernel = open(context);
  BOOST_TEST(why(run(context, mnl::query(kernel, add.message))) == "");
  const auto again = run(context, mnl::query(kernel, add.message));
  BOOST_REQUIRE(again.has_error());
  BOOST_TEST(again.error().errnum() == EEXIST);
  BOOST_TEST((again.error().where() == linx::stage::kernel));
}

namespace {

int stop_at_once(const nlmsghdr*, void* calls)
{
  ++*static_cast<int*>(calls);
  return MNL_CB_STOP;
}

int refuse(const nlmsghdr*, void*)
{
  errno = ERANGE;
  return MNL_CB_ERROR;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_callback_stops_or_refuses, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto kernel = open(context);
  const request<rtmsg> routes(RTM_GETROUTE, NLM_F_DUMP); // of both families: more than one
  int calls = 0;
  BOOST_TEST(why(run(context, mnl::query(kernel, routes.message, stop_at_once, &calls))) == "");
  BOOST_TEST(calls == 1);
  const auto refused = run(context, mnl::query(kernel, routes.message, refuse));
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST(refused.error().errnum() == ERANGE);
  BOOST_TEST((refused.error().where() == linx::stage::decode));
}

BOOST_FIXTURE_TEST_CASE(many_share_a_connection, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto kernel = open(context);
  const request<ifinfomsg> links(RTM_GETLINK, NLM_F_DUMP);
  std::vector<names> found(20);
  std::vector<linx::task<>> queries;
  for (auto& each : found) queries.push_back(mnl::query(kernel, links.message, take_link, &each));
  BOOST_TEST(why(run(context, linx::all_of(std::move(queries)))) == "");
  for (auto& each : found) BOOST_TEST(each[1] == "lo");
}

BOOST_AUTO_TEST_SUITE_END()
