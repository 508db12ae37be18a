// Requests and the answers of a kernel that is none, for the rules of a connection without a socket.
#pragma once

#include "netlink/multiplexer.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace linx::test {

// A datagram as the kernel would send it.
class datagram {
public:
  datagram& add(std::uint32_t sequence, std::uint16_t type, std::span<const std::byte> body = {},
                std::uint16_t flags = 0)
  {
    const nlmsghdr header{static_cast<std::uint32_t>(sizeof(nlmsghdr) + body.size()), type, flags, sequence,
                          42};
    const auto raw = std::as_bytes(std::span(&header, 1));
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
    bytes_.insert(bytes_.end(), body.begin(), body.end());
    bytes_.resize(netlink::aligned(bytes_.size()));
    return *this;
  }
  datagram& answer(std::uint32_t sequence, int errnum = 0)
  {
    nlmsgerr e{};
    e.error = -errnum;
    return add(sequence, NLMSG_ERROR, std::as_bytes(std::span(&e, 1)));
  }
  datagram& done(std::uint32_t sequence, std::int32_t errnum = 0, std::uint16_t flags = 0)
  {
    const std::int32_t code = -errnum;
    return add(sequence, NLMSG_DONE, std::as_bytes(std::span(&code, 1)), flags);
  }
  std::span<const std::byte> bytes() const { return bytes_; }

private:
  std::vector<std::byte> bytes_;
};

inline std::uint32_t sequence_of(const netlink::detail::exchange& x)
{
  return netlink::read_struct<nlmsghdr>(x.request()).nlmsg_seq;
}

inline std::unique_ptr<netlink::detail::single_exchange>
ask(std::uint16_t type = 20,
    netlink::detail::single_exchange::keep what = netlink::detail::single_exchange::keep::nothing)
{
  static std::deque<netlink::message_builder> requests; // an exchange borrows its request
  return std::make_unique<netlink::detail::single_exchange>(requests.emplace_back(type), what);
}

// What would be sent now, by header.
inline std::vector<nlmsghdr> collect(netlink::detail::multiplexer& m, std::size_t limit)
{
  std::vector<std::byte> bytes;
  m.collect(limit, bytes);
  std::vector<nlmsghdr> headers;
  for (const auto one : netlink::messages(bytes)) headers.push_back(one.header());
  return headers;
}

inline std::vector<std::byte> several(std::size_t count)
{
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < count; ++i) {
    const netlink::message_builder one(static_cast<std::uint16_t>(100 + i));
    bytes.insert(bytes.end(), one.bytes().begin(), one.bytes().end());
  }
  return bytes;
}

} // namespace linx::test
