/// What a monitor yields.
#pragma once

#include <linx/netlink/message.hpp>

#include <string_view>
#include <variant>

namespace linx::netlink {

/// Events were dropped: what a consumer believes about the kernel's state may be wrong until it has listed it
/// anew.
///
/// There is no number: the kernel reports one overrun however many messages it dropped (netlink(7), ENOBUFS).
class lost {
public:
  enum class cause : std::uint8_t {
    receive_buffer, ///< the socket's buffer was full: the process did not get to reading
    queue,          ///< the process's own queue was full or could not grow: the consumer fell behind
    truncated,      ///< a message was longer than the reader's buffer
  };

  explicit lost(cause why) noexcept : why_(why) {}
  cause why() const noexcept { return why_; }
  friend bool operator==(const lost&, const lost&) noexcept = default;

private:
  cause why_;
};

LINX_API std::string_view to_string(lost::cause) noexcept;

/// An event, or the news that there were some.
using notification = std::variant<message, lost>;

} // namespace linx::netlink
