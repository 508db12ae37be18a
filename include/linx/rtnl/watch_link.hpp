/// One link: waiting for it, and following it.
#pragma once

#include <linx/core/stream.hpp>
#include <linx/rtnl/link.hpp>

#include <functional>

namespace linx::ns {
class handle;
} // namespace linx::ns

namespace linx::rtnl {

/// Each state of one link, the present one first. One that is not there yet is waited for; when it is
/// removed, or moved to another network namespace, the stream ends. A link that is renamed stays the same.
///
/// Parameters: `which` by index, name or alternative name. States that follow each other fast may be told as
/// one.
/// Lifetimes, executor, cancellation, errors: see `monitor`.
/// Source: rtnetlink(7).
LINX_API result<stream<link>> watch_link(executor ex, link_id which);
/// In another network namespace.
LINX_API result<stream<link>> watch_link(executor ex, const ns::handle& net, link_id which);

/// What a link is waited for to be.
enum class link_condition : std::uint8_t {
  exists,
  up,      ///< set up by the administrator
  carrier, ///< up, and the medium is there
};

/// Waits until the link is so, and returns it as it is then; at once if it is so already. A link that is
/// removed meanwhile is waited for again. There is no limit: `with_timeout`.
///
///     auto waiting = wait_for_link(ex, "eth0", link_condition::carrier);
///     LINX_TRY(const auto eth0, co_await with_timeout(std::move(waiting), 5s));
///
/// Cancellation: total; nothing is left behind.
/// Errors: those of `monitor`.
LINX_API task<link> wait_for_link(executor ex, link_id which, link_condition what = link_condition::exists);
/// Any condition. `holds` is called on the executor.
LINX_API task<link> wait_for_link(executor ex, link_id which, std::function<bool(const link&)> holds);
/// In another network namespace. `net` is borrowed for the call alone.
LINX_API task<link> wait_for_link(executor ex, const ns::handle& net, link_id which,
                                  link_condition what = link_condition::exists);

} // namespace linx::rtnl
