/// Netlink messages as they were received.
#pragma once

#include <linx/netlink/attribute.hpp>

#include <linux/netlink.h>

#include <vector>

namespace linx::netlink {

/// One message inside a received datagram. A view; the bytes belong to whoever received them.
///
/// Source: linux/netlink.h (struct nlmsghdr), netlink(7).
class message_view {
public:
  message_view() noexcept = default;
  message_view(const nlmsghdr& header, std::span<const std::byte> body) noexcept
      : header_(header), body_(body)
  {}

  std::uint16_t type() const noexcept { return header_.nlmsg_type; }
  std::uint16_t flags() const noexcept { return header_.nlmsg_flags; }
  std::uint32_t sequence() const noexcept { return header_.nlmsg_seq; }
  std::uint32_t port() const noexcept { return header_.nlmsg_pid; }
  const nlmsghdr& header() const noexcept { return header_; }

  /// All that follows the nlmsghdr.
  std::span<const std::byte> body() const noexcept { return body_; }

  /// The family's fixed header (ifinfomsg, rtmsg, nfgenmsg, ...), zero-extended where the message is shorter.
  template <class T>
  T family_header() const noexcept
  {
    return read_struct<T>(body_);
  }

  /// The attributes behind a family header of type T.
  template <class T>
  netlink::attributes attributes_after() const noexcept
  {
    return netlink::attributes(body_.subspan(std::min(aligned(sizeof(T)), body_.size())));
  }

private:
  nlmsghdr header_{};
  std::span<const std::byte> body_;
};

/// A message that owns its bytes.
class message {
public:
  message() = default;
  explicit message(const message_view& view)
      : header_(view.header()), body_(view.body().begin(), view.body().end())
  {}

  message_view view() const noexcept { return {header_, body_}; }
  operator message_view() const noexcept { return view(); }

  std::uint16_t type() const noexcept { return header_.nlmsg_type; }
  std::uint16_t flags() const noexcept { return header_.nlmsg_flags; }
  std::uint32_t sequence() const noexcept { return header_.nlmsg_seq; }
  std::uint32_t port() const noexcept { return header_.nlmsg_pid; }
  std::span<const std::byte> body() const noexcept { return body_; }
  template <class T>
  T family_header() const noexcept
  {
    return view().family_header<T>();
  }
  template <class T>
  netlink::attributes attributes_after() const noexcept
  {
    return view().attributes_after<T>();
  }

private:
  nlmsghdr header_{};
  std::vector<std::byte> body_;
};

/// A range over the messages of one datagram.
///
/// Never reads outside `bytes`: at a message whose length is impossible the range ends.
class messages {
public:
  using iterator = detail::record_iterator<message_view, nlmsghdr, &nlmsghdr::nlmsg_len>;

  explicit messages(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  iterator begin() const noexcept { return iterator(bytes_); }
  iterator end() const noexcept { return iterator(); }

private:
  std::span<const std::byte> bytes_;
};

} // namespace linx::netlink
