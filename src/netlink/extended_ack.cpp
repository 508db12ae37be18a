#include "netlink/extended_ack.hpp"

#include <cerrno>
#include <cstdlib>

namespace linx::netlink::detail {

namespace {

// linux/netlink.h of 6.1; older headers lack it
constexpr std::uint16_t attr_miss_type = 5;

void read_attributes(std::span<const std::byte> bytes, answer& into) noexcept
{
  for (const attribute a : attributes(bytes)) {
    switch (a.type()) {
    case NLMSGERR_ATTR_MSG:
      into.text = a.as_string();
      break;
    case NLMSGERR_ATTR_OFFS:
      into.offset = a.as<std::uint32_t>().value_or(0);
      break;
    case attr_miss_type:
      if (const auto type = a.as<std::uint32_t>()) {
        into.missing_type = *type;
        into.has_missing_type = true;
      }
      break;
    default:
      break;
    }
  }
}

} // namespace

answer read_answer(const message_view& m) noexcept
{
  answer read;
  const auto body = m.body();
  if (body.size() < sizeof(std::int32_t)) {
    // a DONE without an errno is what some dumps of old kernels end with
    read.errnum = m.type() == NLMSG_DONE ? 0 : EPROTO;
    return read;
  }
  const auto code = read_struct<std::int32_t>(body);
  // negative by protocol; NLMSG_DONE of a dump may carry a positive length, which is no error
  read.errnum = code < 0 ? (code == INT32_MIN ? EPROTO : -code) : 0;
  if (!(m.flags() & NLM_F_ACK_TLVS)) return read;

  std::size_t at = sizeof(std::int32_t);
  if (m.type() == NLMSG_ERROR) {
    const auto request = read_struct<nlmsgerr>(body).msg;
    at = sizeof(nlmsgerr);
    if (!(m.flags() & NLM_F_CAPPED) && request.nlmsg_len > sizeof(nlmsghdr))
      at += aligned(request.nlmsg_len - sizeof(nlmsghdr));
  }
  if (at < body.size()) read_attributes(body.subspan(at), read);
  return read;
}

error to_error(const answer& a, std::span<const std::byte> request, const attribute_names* names)
{
  error e = error::from_errno(a.errnum, stage::kernel);
  if (names && names->describe()) e = std::move(e).with_object(names->describe()(request));
  if (!a.text.empty()) e = std::move(e).with_kernel_text(std::string(a.text));
  if (a.offset != 0) {
    std::string name;
    if (names) name = attribute_at(request, a.offset, *names);
    e = std::move(e).with_offset(a.offset, std::move(name));
  } else if (a.has_missing_type) {
    const auto* entry = names ? names->find(static_cast<std::uint16_t>(a.missing_type)) : nullptr;
    e = std::move(e).with_offset(
        0, "missing " + (entry ? std::string(entry->name()) : "attribute " + std::to_string(a.missing_type)));
  }
  return e;
}

} // namespace linx::netlink::detail
