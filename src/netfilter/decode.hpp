// Messages of the kernel to values: linx's own readers, bounded by the message, never by trust.
#pragma once

#include <linx/netfilter/batch.hpp>
#include <linx/netfilter/event.hpp>
#include <linx/netlink/message.hpp>

#include <optional>

namespace linx::netfilter::detail {

/// Number of the nf_tables request or event (NFT_MSG_*), nothing for a message of another subsystem.
std::optional<std::uint8_t> nf_tables_type(const netlink::message_view&) noexcept;

// What an attribute of the message does not say stays at its default; attributes that linx does not know are
// skipped. The message is of the object's own kind: NFT_MSG_NEWRULE, DELRULE for a rule.
table decode_table(const netlink::message_view&);
chain decode_chain(const netlink::message_view&);
rule decode_rule(const netlink::message_view&);
set decode_set(const netlink::message_view&);
elements decode_elements(const netlink::message_view&);

/// One expression (the content of NFTA_LIST_ELEM). What does not fit the type that linx has for it is
/// `unknown`, with all its bytes.
expression decode_expression(const netlink::attributes&);
std::vector<expression> decode_expressions(const netlink::attributes& list);

/// NFT_MSG_NEWGEN: the end of a transaction.
struct generation_notice {
  std::uint32_t generation = 0;
  std::uint32_t pid = 0;
  std::string program;
};
/// Nothing if the message does not say the generation.
std::optional<generation_notice> decode_generation(const netlink::message_view&);

/// An event, nothing for messages that are none: requests, traces, the end of a transaction.
std::optional<event> decode_event(const netlink::message_view&);

} // namespace linx::netfilter::detail
