#include <linx/rtnl/connection.hpp>

#include <linx/io/unique_fd.hpp>

#include <linux/netlink.h>

namespace linx::rtnl {

result<connection> connection::open(executor ex)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::open(std::move(ex), NETLINK_ROUTE));
  return connection(std::move(transport));
}

result<connection> connection::open(executor ex, const ns::handle& net)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::open(std::move(ex), NETLINK_ROUTE, net));
  return connection(std::move(transport));
}

result<connection> connection::adopt(executor ex, io::unique_fd socket)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::adopt(std::move(ex), std::move(socket)));
  return connection(std::move(transport));
}

} // namespace linx::rtnl
