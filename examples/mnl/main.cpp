// A classic program of libmnl's, list the links, turned asynchronous: the request is built and the reply is
// parsed as ever; the socket and its loop have become one co_await, here beside a timer that ticks meanwhile.
#include <linx/core/as_result.hpp>
#include <linx/core/first_of.hpp>
#include <linx/core/spawn.hpp>
#include <linx/mnl/query.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstring>
#include <iostream>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

namespace {

namespace asio = boost::asio;

int take_attribute(const nlattr* attribute, void* table)
{
  if (mnl_attr_type_valid(attribute, IFLA_MAX) > 0)
    static_cast<const nlattr**>(table)[mnl_attr_get_type(attribute)] = attribute;
  return MNL_CB_OK;
}

int print_link(const nlmsghdr* message, void*)
{
  const auto* link = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  std::array<const nlattr*, IFLA_MAX + 1> table{};
  if (mnl_attr_parse(message, sizeof *link, take_attribute, table.data()) < MNL_CB_STOP) return MNL_CB_ERROR;
  std::cout << link->ifi_index << ": ";
  if (table[IFLA_IFNAME]) std::cout << mnl_attr_get_str(table[IFLA_IFNAME]);
  if (table[IFLA_MTU]) std::cout << " mtu " << mnl_attr_get_u32(table[IFLA_MTU]);
  std::cout << ((link->ifi_flags & IFF_UP) != 0 ? " up" : " down") << '\n';
  return MNL_CB_OK;
}

linx::task<> list_links()
{
  const linx::executor here = co_await asio::this_coro::executor;
  LINX_TRY(auto kernel, linx::netlink::connection::open(here, NETLINK_ROUTE));

  alignas(nlmsghdr) std::array<char, 256> room{};
  auto* request = mnl_nlmsg_put_header(room.data());
  request->nlmsg_type = RTM_GETLINK;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg));

  asio::steady_timer limit(here, std::chrono::seconds(5));
  auto listing = linx::mnl::query(kernel, request, print_link);
  LINX_TRY(const auto first, co_await linx::first_of(std::move(listing), limit.async_wait(linx::as_result)));
  if (first.index() == 1) co_return linx::errc::timed_out;
  co_return linx::success();
}

} // namespace

int main(int argc, char** argv)
{
  if (argc > 1) {
    const bool help = std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0;
    (help ? std::cout : std::cerr) << "Usage: linx-mnl\nLists the links of this network namespace.\n";
    return help ? 0 : 2;
  }
  asio::io_context io(1);
  int status = 1;
  linx::spawn(io, list_links(), [&status](linx::result<> ended) {
    if (ended)
      status = 0;
    else
      std::cerr << "linx-mnl: " << ended.error().message() << '\n';
  });
  io.run();
  return std::cout.flush() ? status : 1;
}
