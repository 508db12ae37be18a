#include "network.hpp"

#include <linx/core/as_result.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/net/literals.hpp>
#include <linx/netfilter/ruleset.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

namespace headline {

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;

namespace {

constexpr const char* outer_end = "lx-demo";
constexpr const char* inner_end = "eth0";
constexpr auto host_ip = "192.0.2.1"_ip;
constexpr auto child_ip = "192.0.2.2"_ip;
constexpr unsigned prefix = 30;

linx::task<std::string> names_of_links(rtnl::connection connection)
{
  std::string names;
  auto links = connection.links();
  for (;;) {
    LINX_TRY(const auto link, co_await links.next());
    if (!link) co_return names;
    names += " " + link->name;
  }
}

linx::task<> bring_up(rtnl::connection connection, const char* name, linx::net::ip address)
{
  const linx::net::interface_address own(address, prefix);
  const rtnl::link_id link(name);
  LINX_TRYV(co_await connection.add_address(link, own));
  co_return co_await connection.set_up(link);
}

/// A veth drops what is sent before the kernel's link watch has seen both ends up, some milliseconds later;
/// the workload's first packet would be lost, and sent again after a second.
linx::task<> carrier(rtnl::connection connection, const char* name)
{
  const linx::executor ex = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer pause(ex);
  const rtnl::link_id which(name);
  for (;;) {
    LINX_TRY(const auto link, co_await connection.get_link(which));
    if (link.state == rtnl::oper_state::up) co_return linx::success();
    pause.expires_after(std::chrono::milliseconds(1));
    LINX_TRYV(co_await pause.async_wait(linx::as_result));
  }
}

} // namespace

boost::asio::ip::address host_network::host_address()
{
  return boost::asio::ip::make_address(to_string(host_ip));
}

boost::asio::ip::address host_network::child_address()
{
  return boost::asio::ip::make_address(to_string(child_ip));
}

linx::task<host_network> host_network::open(linx::executor ex)
{
  LINX_TRY(auto connection, rtnl::connection::open(std::move(ex)));
  LINX_TRY(auto names, co_await names_of_links(connection));
  co_return host_network(std::move(connection), std::move(names));
}

linx::task<> host_network::connect(const linx::ns::handle& inside)
{
  const linx::executor ex = co_await boost::asio::this_coro::executor;
  rtnl::veth pair(outer_end, inner_end);
  pair.peer_in(inside);
  LINX_TRYV(co_await rtnl_.add_link(std::move(pair)));
  LINX_TRYV(co_await bring_up(rtnl_, outer_end, host_ip));

  LINX_TRY(auto child, rtnl::connection::open(ex, inside));
  const rtnl::link_id loopback("lo");
  LINX_TRYV(co_await child.set_up(loopback));
  LINX_TRYV(co_await bring_up(child, inner_end, child_ip));
  rtnl::route out = rtnl::route::default_via(host_ip);
  LINX_TRYV(co_await child.add_route(std::move(out)));
  auto inner = carrier(child, inner_end);
  LINX_TRYV(co_await linx::with_timeout(std::move(inner), std::chrono::seconds(5)));
  auto outer = carrier(rtnl_, outer_end);
  co_return co_await linx::with_timeout(std::move(outer), std::chrono::seconds(5));
}

linx::task<std::string> host_network::take_down()
{
  // It may be gone already, or never have been: the list of links is what counts.
  const rtnl::link_id link(outer_end);
  (void)co_await rtnl_.remove_link(link);
  LINX_TRY(auto names, co_await names_of_links(rtnl_));
  co_return names == links_at_first_ ? std::string() : names;
}

linx::task<std::size_t> host_network::tables()
{
  const linx::executor ex = co_await boost::asio::this_coro::executor;
  LINX_TRY(auto connection, linx::netlink::connection::open(ex, NETLINK_NETFILTER));
  LINX_TRY(const auto ruleset, co_await linx::netfilter::pull(std::move(connection)));
  co_return ruleset.tables.size();
}

std::string word_of(const rtnl::event& event)
{
  if (std::holds_alternative<linx::netlink::lost>(event)) return "lost";
  if (std::holds_alternative<rtnl::synchronized>(event)) return "in-sync";
  return std::visit(
      [](const auto& each) {
        if constexpr (requires { each.what(); }) {
          return std::string(to_string(each.what()));
        } else {
          return std::string();
        }
      },
      event);
}

bool is_noteworthy(const rtnl::event& event)
{
  const auto* route = std::get_if<rtnl::changed<rtnl::route>>(&event);
  return route == nullptr || route->value().table != RT_TABLE_LOCAL;
}

bool is_farewell(const rtnl::event& event)
{
  const auto* link = std::get_if<rtnl::changed<rtnl::link>>(&event);
  return link != nullptr && link->what() == rtnl::change::removed && link->value().name == outer_end;
}

} // namespace headline
