/// Code written for libmnl, on a connection of linx.
#pragma once

#include <linx/core/task.hpp>
#include <linx/netlink/connection.hpp>
#include <linx/netlink/message.hpp>
#include <linx/netlink/message_builder.hpp>

#include <optional>
#include <utility>
#include <vector>

#include <libmnl/libmnl.h>

namespace linx::mnl {

/// A message in libmnl's hands as a view, for `rtnl::route::decode` and every other decoder of linx. Inside a
/// callback of `mnl_cb_run` too.
///
/// Lifetime: as the message's.
inline netlink::message_view view(const nlmsghdr* message) noexcept
{
  const auto* body = static_cast<const std::byte*>(mnl_nlmsg_get_payload(message));
  const std::size_t length = message->nlmsg_len < sizeof(nlmsghdr) ? 0 : mnl_nlmsg_get_payload_len(message);
  return {*message, std::span(body, length)};
}

/// A copy of a request that was built with `mnl_nlmsg_put_header` and `mnl_attr_put`, for any verb of a
/// `netlink::connection`. Port and sequence number are not copied: the connection gives its own.
///
/// Errors: none; throws `std::bad_alloc`.
LINX_API netlink::message_builder copy_request(const nlmsghdr* request);

/// Sends a request and hands each message of the reply to a callback, as `mnl_socket_sendto` and a loop of
/// `mnl_socket_recvfrom` and `mnl_cb_run` would, but without blocking: many coroutines may do it on one
/// connection at the same time.
///
/// Kernel: netlink(7). NLM_F_ACK is added unless NLM_F_DUMP is set.
///
/// Parameters: the request, which is copied before this returns; a libmnl callback, null for none, and what
/// it gets as its second argument. NLMSG_ERROR and NLMSG_DONE do not reach it. MNL_CB_STOP ends the call with
/// success, and the rest of a dump is swallowed.
///
/// Lifetime: `data` must live until the completion.
///
/// Executor: the callback is called on that of the connection, and must not block.
///
/// Cancellation: as that of the connection: stage `receive` if the request had been sent.
///
/// Errors: those of `netlink::connection::request` and `dump`, with the kernel's words and the offset; for
/// MNL_CB_ERROR the callback's errno at stage `decode`. A dump whose table changed is read again before the
/// callback sees anything of it.
LINX_API task<> query(netlink::connection connection, const nlmsghdr* request, mnl_cb_t callback = nullptr,
                      void* data = nullptr);

/// The values of a dump that was asked for with libmnl: T is a type of linx with a `decode`, `rtnl::route`
/// for instance.
///
/// Errors: as of `query`.
template <class T>
task<std::vector<T>> list(netlink::connection connection, netlink::message_builder request)
{
  std::vector<T> values;
  auto blocks = connection.dump_blocks(std::move(request), netlink::dump_options());
  for (;;) {
    LINX_TRY(auto block, co_await blocks.next());
    if (!block) break;
    for (const netlink::message_view m : *block) {
      auto value = T::decode(m);
      if (value) values.push_back(std::move(*value));
    }
  }
  co_return std::move(values);
}

template <class T>
task<std::vector<T>> list(netlink::connection connection, const nlmsghdr* request)
{
  return list<T>(std::move(connection), copy_request(request));
}

} // namespace linx::mnl
