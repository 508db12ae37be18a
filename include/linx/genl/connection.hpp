/// Generic netlink: families by name.
#pragma once

#include <linx/genl/family.hpp>
#include <linx/netlink/connection.hpp>

namespace linx::genl {

namespace detail {
class family_cache;
}

/// Generic netlink over a `netlink::connection` for NETLINK_GENERIC. A cheap handle, shared like the
/// connection under it, whose lifetimes, cancellation and concurrency hold for every verb; copies share what
/// they know of families.
///
///     LINX_TRY(const auto stats, co_await c.family("TASKSTATS"));
///     auto request = stats.request(TASKSTATS_CMD_GET);
///     request.put_u32(TASKSTATS_CMD_ATTR_PID, pid);
///     LINX_TRY(auto reply, co_await c.transport().request(std::move(request)));
///     for (const auto a : reply.attributes_after<genlmsghdr>()) ...
///
/// Source: linux/genetlink.h, net/netlink/genetlink.c.
class LINX_API connection {
public:
  /// On a connection for NETLINK_GENERIC.
  explicit connection(netlink::connection transport);

  /// In the calling thread's network namespace, or in another one; see `netlink::connection::open`.
  static result<connection> open(executor ex);
  static result<connection> open(executor ex, const ns::handle& net);
  /// On a socket made elsewhere; see `netlink::connection::adopt`.
  static result<connection> adopt(executor ex, io::unique_fd socket);

  /// The family of that name: asked for once (CTRL_CMD_GETFAMILY), remembered after that. Where the kernel
  /// may it loads the family's module on its own.
  ///
  /// Errors: stage `kernel`, ENOENT with the name and the module to load; stage `argument` for a name that no
  /// family can have.
  task<genl::family> family(std::string name) const;

  /// The same, asked for anew: once a module has been loaded again its family has another number, and
  /// requests with the old one are ENOENT.
  task<genl::family> refresh(std::string name) const;

  /// Every family of the kernel.
  stream<genl::family> families() const;

  const netlink::connection& transport() const noexcept { return transport_; }

private:
  netlink::connection transport_;
  std::shared_ptr<detail::family_cache> cache_;
};

} // namespace linx::genl
