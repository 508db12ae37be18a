// Answers and events longer than the buffer that they are read into: never a gap without a word.
#include "harness/kernel.hpp"
#include "harness/run.hpp"
#include "netlink/network.hpp"

#include <linx/netlink/monitor.hpp>

#include <cstdio>
#include <set>
#include <string>

BOOST_AUTO_TEST_SUITE(netlink_truncation_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::errc;
using linx::task;
using linx::test::open_netlink;
using linx::test::run;

namespace {

constexpr unsigned most_names = 496; // what IFLA_PROP_LIST can hold of them

netlink::message_builder about(std::uint16_t type, std::uint16_t flags, const char* name)
{
  netlink::message_builder request(type, flags, ifinfomsg{});
  request.put_string(IFLA_IFNAME, name);
  return request;
}

// A fixture: lo, and a veth pair of which v1 takes more than 64 KiB to describe. The peer is the first of the
// two in a listing, and the last one shares its datagram with the end.
class network_of_many_names : public linx::test::fresh_network {
public:
  explicit network_of_many_names(std::string_view pair = "v0 type veth peer name v1")
  {
    BOOST_REQUIRE(linx::test::run_command("ip link add " + std::string(pair)).status == 0);
    asio::io_context context(1);
    const auto c = open_netlink(context);
    std::vector<netlink::message_builder> requests;
    for (unsigned n = 0; n < most_names; ++n) requests.push_back(name(n));
    const auto refused = run(context, c.bulk(std::move(requests)));
    BOOST_REQUIRE_MESSAGE(refused.has_value(), linx::test::why(refused));
    BOOST_REQUIRE(refused.value().empty());
  }

  static netlink::message_builder name(unsigned n)
  {
    char text[128];
    std::snprintf(text, sizeof text, "n%05u-%0119u", n, 0u);
    auto request = about(RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, "v1");
    const std::string value(text);
    std::vector<std::byte> list(netlink::aligned(sizeof(nlattr) + value.size() + 1));
    const nlattr header{static_cast<std::uint16_t>(sizeof(nlattr) + value.size() + 1), IFLA_ALT_IFNAME};
    std::memcpy(list.data(), &header, sizeof header);
    std::memcpy(list.data() + sizeof header, value.data(), value.size());
    request.put(IFLA_PROP_LIST | NLA_F_NESTED, list);
    return request;
  }
};

class network_whose_last_has_many_names : public network_of_many_names {
public:
  network_whose_last_has_many_names() : network_of_many_names("v1 type veth peer name v0") {}
};

std::string name_of(const netlink::message& m)
{
  const auto name = m.attributes_after<ifinfomsg>().find(IFLA_IFNAME);
  return std::string(name ? name->as_string() : "");
}

task<std::multiset<std::string>> list_links(netlink::connection c, netlink::dump_options options)
{
  std::multiset<std::string> names;
  netlink::message_builder request(RTM_GETLINK, 0, ifinfomsg{});
  request.put_u32(IFLA_EXT_MASK,
                  RTEXT_FILTER_SKIP_STATS); // with a mask the kernel makes room for the longest
  auto links = c.dump(std::move(request), options);
  for (;;) {
    LINX_TRY(const auto link, co_await links.next());
    if (!link) co_return names;
    names.insert(name_of(*link));
  }
}

// Each link once; there may be others, of modules that make one for each namespace.
bool is_whole(const std::multiset<std::string>& names)
{
  return names.count("lo") == 1 && names.count("v0") == 1 && names.count("v1") == 1;
}

} // namespace

namespace {

void list_whole()
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  // That an interruption is not retried has nothing to do with it.
  for (int times = 0; times < 2; ++times) {
    const auto listed = run(context, list_links(c, netlink::dump_options().retries(0)));
    BOOST_REQUIRE_MESSAGE(listed.has_value(), linx::test::why(listed));
    BOOST_TEST(is_whole(listed.value()));
  }
}

// What was handed out cannot be taken back: the stream ends with an error, or nothing had been handed out.
void list_in_parts()
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  const auto first = run(context, list_links(c, netlink::dump_options().incremental()));
  if (first)
    BOOST_TEST(is_whole(first.value()));
  else
    BOOST_TEST((first.error() == errc::truncated), linx::test::why(first));
  const auto again = run(context, list_links(c, netlink::dump_options().incremental()));
  BOOST_REQUIRE_MESSAGE(again.has_value(), linx::test::why(again));
  BOOST_TEST(is_whole(again.value()));
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_dump_that_was_cut_is_read_again, network_of_many_names)
{
  list_whole();
  list_in_parts();
}

BOOST_FIXTURE_TEST_CASE(a_dump_whose_end_was_cut_is_read_again, network_whose_last_has_many_names)
{
  list_whole();
  list_in_parts();
}

BOOST_FIXTURE_TEST_CASE(a_read_whose_answer_was_cut_is_made_again, network_of_many_names)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  const auto link = run(context, c.request(about(RTM_GETLINK, 0, "v1")));
  BOOST_REQUIRE_MESSAGE(link.has_value(), linx::test::why(link));
  BOOST_TEST(name_of(link.value()) == "v1");
  BOOST_TEST(link.value().body().size() > 64u * 1024);
}

// It changed something, so asking again is up to the caller.
BOOST_FIXTURE_TEST_CASE(a_change_whose_echo_was_cut_says_so, network_of_many_names)
{
  if (!linx::test::kernel_is_at_least(6, 1)) {
    BOOST_TEST_MESSAGE("skipped: no echo of a link that is removed");
    return;
  }
  asio::io_context context(1);
  const auto c = open_netlink(context);
  const auto cut = run(context, c.request(about(RTM_DELLINK, NLM_F_ECHO, "v1")));
  BOOST_REQUIRE(!cut);
  BOOST_TEST((cut.error() == errc::truncated), linx::test::why(cut));
  BOOST_TEST((cut.error().where() == linx::stage::receive));
  BOOST_TEST(cut.error().message().find(" bytes") != std::string::npos);
  BOOST_TEST(linx::test::run_command("ip link show v1").status != 0);
}

// Without a wish for the reply nothing is missing.
BOOST_FIXTURE_TEST_CASE(an_echo_that_nobody_asked_for_may_be_cut, network_of_many_names)
{
  asio::io_context context(1);
  const auto done = run(context, open_netlink(context).submit(about(RTM_DELLINK, NLM_F_ECHO, "v1")));
  BOOST_TEST(done.has_value(), linx::test::why(done));
}

namespace {

// The next notification that is a loss or an event of v1.
task<netlink::notification> next_of_v1(linx::stream<netlink::notification>& events)
{
  for (;;) {
    LINX_TRY(auto next, co_await events.next());
    if (!next) co_return errc::closed;
    const auto* event = std::get_if<netlink::message>(&*next);
    if (!event || name_of(*event) == "v1") co_return std::move(*next);
  }
}

} // namespace

BOOST_FIXTURE_TEST_CASE(an_event_that_was_cut_is_a_loss_and_the_next_fits, network_of_many_names)
{
  asio::io_context context(1);
  auto events = linx::test::value_of(netlink::monitor::open(context.get_executor(), NETLINK_ROUTE,
                                                            netlink::monitor_options().group(RTNLGRP_LINK)));
  const auto c = open_netlink(context);
  auto change = about(RTM_NEWLINK, 0, "v1");
  change.put_u32(IFLA_MTU, 1300);
  BOOST_REQUIRE(run(context, c.submit(change)).has_value());
  const auto first = run(context, next_of_v1(events));
  BOOST_REQUIRE_MESSAGE(first.has_value(), linx::test::why(first));
  const auto* loss = std::get_if<netlink::lost>(&first.value());
  BOOST_REQUIRE(loss);
  BOOST_TEST((loss->why() == netlink::lost::cause::truncated));
  change.put_u32(IFLA_MTU, 1301);
  BOOST_REQUIRE(run(context, c.submit(change)).has_value());
  const auto second = run(context, next_of_v1(events));
  BOOST_REQUIRE_MESSAGE(second.has_value(), linx::test::why(second));
  BOOST_TEST(std::holds_alternative<netlink::message>(second.value()));
}

BOOST_AUTO_TEST_SUITE_END()
