#include "netfilter/decode.hpp"
#include "netfilter/messages.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>

namespace linx::netfilter::detail {

namespace {

using netlink::message_view;

std::string object_kind(std::uint32_t type)
{
  // NFT_OBJECT_*
  static constexpr std::array<const char*, 11> names{"",        "counter",        "quota",   "ct helper",
                                                     "limit",   "connlimit",      "tunnel",  "ct timeout",
                                                     "secmark", "ct expectation", "synproxy"};
  return type != 0 && type < names.size() ? names[type] : "object " + std::to_string(type);
}

other_object decode_object(const message_view& m)
{
  const auto all = m.attributes_after<nfgenmsg>();
  const auto string = [&all](std::uint16_t type) {
    const auto a = all.find(type);
    return a ? std::string(a->as_string()) : std::string();
  };
  const auto type = all.find(NFTA_OBJ_TYPE);
  return other_object(object_kind(type ? type->as_be<std::uint32_t>().value_or(0) : 0),
                      static_cast<family>(m.family_header<nfgenmsg>().nfgen_family), string(NFTA_OBJ_TABLE),
                      string(NFTA_OBJ_NAME));
}

other_object decode_flowtable(const message_view& m)
{
  const auto all = m.attributes_after<nfgenmsg>();
  const auto string = [&all](std::uint16_t type) {
    const auto a = all.find(type);
    return a ? std::string(a->as_string()) : std::string();
  };
  return other_object("flowtable", static_cast<family>(m.family_header<nfgenmsg>().nfgen_family),
                      string(NFTA_FLOWTABLE_TABLE), string(NFTA_FLOWTABLE_NAME));
}

/// The kernel tells by the flags of the event how a rule came (nf_tables_rule_notify, linux 5.13 and newer):
/// APPEND for the end of the chain. Older kernels set it for additions alike.
operation how_rule_came(const message_view& m) noexcept
{
  return (m.flags() & NLM_F_APPEND) != 0 ? operation::add : operation::insert;
}

} // namespace

std::optional<event> decode_event(const message_view& m)
{
  const auto type = nf_tables_type(m);
  if (!type) return std::nullopt;
  switch (*type) {
  case NFT_MSG_NEWTABLE:
    return event(operation::add, decode_table(m));
  case NFT_MSG_DELTABLE:
  case msg_destroytable:
    return event(operation::remove, decode_table(m));
  case NFT_MSG_NEWCHAIN:
    return event(operation::add, decode_chain(m));
  case NFT_MSG_DELCHAIN:
  case msg_destroychain:
    return event(operation::remove, decode_chain(m));
  case NFT_MSG_NEWRULE:
    return event(how_rule_came(m), decode_rule(m));
  case NFT_MSG_DELRULE:
  case msg_destroyrule:
    return event(operation::remove, decode_rule(m));
  case NFT_MSG_NEWSET:
    return event(operation::add, decode_set(m));
  case NFT_MSG_DELSET:
  case msg_destroyset:
    return event(operation::remove, decode_set(m));
  case NFT_MSG_NEWSETELEM:
    return event(operation::add, decode_elements(m));
  case NFT_MSG_DELSETELEM:
  case msg_destroysetelem:
    return event(operation::remove, decode_elements(m));
  case NFT_MSG_NEWOBJ:
    return event(operation::add, decode_object(m));
  case NFT_MSG_DELOBJ:
  case msg_destroyobj:
    return event(operation::remove, decode_object(m));
  case NFT_MSG_NEWFLOWTABLE:
    return event(operation::add, decode_flowtable(m));
  case NFT_MSG_DELFLOWTABLE:
  case msg_destroyflowtable:
    return event(operation::remove, decode_flowtable(m));
  default:
    return std::nullopt;
  }
}

} // namespace linx::netfilter::detail
