// What the kernel answers to a request: NLMSG_ERROR and NLMSG_DONE with their extended-ack attributes.
#pragma once

#include <linx/core/error.hpp>
#include <linx/netlink/attribute_names.hpp>
#include <linx/netlink/message.hpp>

namespace linx::netlink::detail {

// The final message of a reply, decoded. The text points into the message.
struct answer {
  int errnum = 0;
  std::string_view text;
  std::uint32_t offset = 0;
  std::uint32_t missing_type = 0;
  bool has_missing_type = false;
};

// Whether a message ends the reply to its request.
inline bool is_final(const message_view& m) noexcept
{
  return m.type() == NLMSG_ERROR || m.type() == NLMSG_DONE;
}

// Decodes a final message. One too short to carry an errno is malformed and reads as EPROTO.
answer read_answer(const message_view&) noexcept;

// The answer as an error; `request` are the encoded bytes that it is about, `names` may be null.
error to_error(const answer&, std::span<const std::byte> request, const attribute_names* names);

} // namespace linx::netlink::detail
