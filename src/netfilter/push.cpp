#include <linx/netfilter/push.hpp>

#include "netfilter/encode.hpp"

#include <linx/netlink/attribute_names.hpp>

#include <cerrno>

#include <linux/netlink.h>

namespace linx::netfilter {

namespace {

/// The messages as they go out, one behind the other. Only the end asks to be acknowledged: an answer for
/// each of some thousand rules would not fit into the receive buffer, and the kernel would drop the last,
/// which counts.
std::vector<std::byte> join(detail::encoded_batch& encoded)
{
  auto& messages = encoded.messages();
  messages.back().add_flags(NLM_F_ACK);
  std::size_t size = 0;
  for (const auto& m : messages) size += m.size();
  std::vector<std::byte> bytes;
  bytes.reserve(size);
  for (const auto& m : messages) bytes.insert(bytes.end(), m.bytes().begin(), m.bytes().end());
  return bytes;
}

/// What the kernel said, with the command that it said it of.
error attribute(const netlink::refusal& refused, const detail::encoded_batch& encoded, const batch& changes)
{
  error why = refused.reason();
  // the kernel answers the begin of a batch with ERESTART if the generation is another (nfnetlink_rcv_batch)
  if (refused.index() == 0 && why.errnum() == ERESTART)
    return error(errc::conflict, stage::commit)
        .with_object("the ruleset has another generation than was expected");

  if (refused.index() < encoded.messages().size() && why.offset() != 0) {
    const auto& message = encoded.messages()[refused.index()];
    if (message.names())
      why = std::move(why).with_offset(
          why.offset(), netlink::attribute_at(message.bytes(), why.offset(), *message.names()));
  }
  const std::size_t command = encoded.command_of(refused.index());
  std::string object = command < changes.commands().size()
                           ? to_string(changes.commands()[command])
                           : "batch of " + std::to_string(changes.commands().size()) + " commands";
  return std::move(why).with_stage(stage::commit).with_object(std::move(object));
}

} // namespace

task<> push(netlink::connection nf, batch changes, push_options options)
{
  if (changes.empty()) co_return success();
  auto encoded = detail::encode(changes, options.expected_generation());
  if (!encoded) co_return std::move(encoded).error();
  for (const auto& message : encoded.value().messages())
    if (auto checked = message.check(); !checked) co_return std::move(checked).error();

  auto bytes = join(encoded.value());
  LINX_TRY(auto reply, co_await nf.transact(std::move(bytes)));
  // The first refusal is the cause; the kernel goes on to the end of a batch that it will not commit, and
  // what it says to the rest is often a consequence. Without one the batch has been committed, acknowledged
  // or not: kernels before 6.10 say nothing.
  if (!reply.refusals().empty()) co_return attribute(reply.refusals().front(), encoded.value(), changes);
  co_return success();
}

} // namespace linx::netfilter
