#include "netfilter/decode.hpp"

#include "netfilter/userdata.hpp"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

namespace linx::netfilter::detail {

namespace {

using netlink::attribute;
using netlink::message_view;

family family_of(const message_view& m) noexcept
{
  return static_cast<family>(m.family_header<nfgenmsg>().nfgen_family);
}

std::uint32_t u32(const attribute& a) noexcept
{
  return a.as_be<std::uint32_t>().value_or(0);
}
std::uint64_t u64(const attribute& a) noexcept
{
  return a.as_be<std::uint64_t>().value_or(0);
}
std::string text(const attribute& a)
{
  return std::string(a.as_string());
}

/// Milliseconds of the kernel, kept within what std::chrono can count.
std::chrono::milliseconds milliseconds(const attribute& a) noexcept
{
  return std::chrono::milliseconds(static_cast<std::int64_t>(u64(a) & 0x7fffffffffffffff));
}

struct hook_description {
  std::uint32_t number = 0;
  std::int32_t priority = 0;
  std::vector<std::string> devices;
};

hook_description decode_hook(const attribute& hook)
{
  hook_description found;
  for (const attribute a : hook.nested()) {
    switch (a.type()) {
    case NFTA_HOOK_HOOKNUM:
      found.number = u32(a);
      break;
    case NFTA_HOOK_PRIORITY:
      found.priority = static_cast<std::int32_t>(u32(a));
      break;
    case NFTA_HOOK_DEVS:
      for (const attribute device : a.nested())
        if (device.type() == NFTA_DEVICE_NAME) found.devices.push_back(text(device));
      break;
    default:
      break; // NFTA_HOOK_DEV repeats the first of NFTA_HOOK_DEVS
    }
  }
  return found;
}

element decode_element(const netlink::attributes& all)
{
  const auto key_in = [](const attribute& a) {
    const auto value = a.nested().find(NFTA_DATA_VALUE);
    return value ? data(value->payload()) : data();
  };
  data key;
  if (const auto a = all.find(NFTA_SET_ELEM_KEY)) key = key_in(*a);
  element e(key);
  for (const attribute a : all) {
    switch (a.type()) {
    case NFTA_SET_ELEM_FLAGS:
      if (u32(a) & NFT_SET_ELEM_INTERVAL_END) e.ends_interval();
      if (u32(a) & NFT_SET_ELEM_CATCHALL) e.catch_all();
      break;
    case NFTA_SET_ELEM_KEY_END:
      e.key_end(key_in(a));
      break;
    case NFTA_SET_ELEM_TIMEOUT:
      e.timeout(milliseconds(a));
      break;
    case NFTA_SET_ELEM_EXPIRATION:
      e.expires_in(milliseconds(a));
      break;
    case NFTA_SET_ELEM_USERDATA:
      e.comment(find_text(a.payload(), NFTNL_UDATA_SET_ELEM_COMMENT));
      break;
    default:
      break;
    }
  }
  return e;
}

} // namespace

std::optional<std::uint8_t> nf_tables_type(const message_view& m) noexcept
{
  if (NFNL_SUBSYS_ID(m.type()) != NFNL_SUBSYS_NFTABLES) return std::nullopt;
  return static_cast<std::uint8_t>(NFNL_MSG_TYPE(m.type()));
}

table decode_table(const message_view& m)
{
  std::string name;
  const auto all = m.attributes_after<nfgenmsg>();
  if (const auto a = all.find(NFTA_TABLE_NAME)) name = text(*a);
  table t(family_of(m), std::move(name));
  for (const attribute a : all) {
    switch (a.type()) {
    case NFTA_TABLE_FLAGS:
      t.flags(u32(a));
      break;
    case NFTA_TABLE_HANDLE:
      t.handle(u64(a));
      break;
    case NFTA_TABLE_OWNER:
      t.owner_port(u32(a));
      break;
    case NFTA_TABLE_USERDATA:
      t.comment(find_text(a.payload(), NFTNL_UDATA_TABLE_COMMENT));
      break;
    default:
      break;
    }
  }
  return t;
}

chain decode_chain(const message_view& m)
{
  const auto all = m.attributes_after<nfgenmsg>();
  const auto table = all.find(NFTA_CHAIN_TABLE);
  const auto name = all.find(NFTA_CHAIN_NAME);
  chain c(family_of(m), table ? text(*table) : "", name ? text(*name) : "");
  std::string type;
  std::optional<hook_description> hook;
  for (const attribute a : all) {
    switch (a.type()) {
    case NFTA_CHAIN_HANDLE:
      c.handle(u64(a));
      break;
    case NFTA_CHAIN_HOOK:
      hook = decode_hook(a);
      break;
    case NFTA_CHAIN_TYPE:
      type = text(a);
      break;
    case NFTA_CHAIN_POLICY:
      c.policy(static_cast<policy>(u32(a)));
      break;
    case NFTA_CHAIN_USERDATA:
      c.comment(find_text(a.payload(), NFTNL_UDATA_CHAIN_COMMENT));
      break;
    default:
      break;
    }
  }
  if (hook) {
    c.base(std::move(type), hook->number, hook->priority);
    for (auto& device : hook->devices) c.device(std::move(device));
  }
  return c;
}

rule decode_rule(const message_view& m)
{
  const auto all = m.attributes_after<nfgenmsg>();
  const auto table = all.find(NFTA_RULE_TABLE);
  const auto chain = all.find(NFTA_RULE_CHAIN);
  rule r(family_of(m), table ? text(*table) : "", chain ? text(*chain) : "");
  for (const attribute a : all) {
    switch (a.type()) {
    case NFTA_RULE_HANDLE:
      r.handle(u64(a));
      break;
    case NFTA_RULE_POSITION:
      r.position(u64(a));
      break;
    case NFTA_RULE_EXPRESSIONS:
      for (auto& e : decode_expressions(a.nested())) r.add(std::move(e));
      break;
    case NFTA_RULE_USERDATA:
      r.comment(find_text(a.payload(), NFTNL_UDATA_RULE_COMMENT));
      break;
    default:
      break;
    }
  }
  return r;
}

set decode_set(const message_view& m)
{
  const auto all = m.attributes_after<nfgenmsg>();
  const auto number = [&all](std::uint16_t type) {
    const auto a = all.find(type);
    return a ? u32(*a) : 0;
  };
  const auto table = all.find(NFTA_SET_TABLE);
  const auto name = all.find(NFTA_SET_NAME);
  set s(family_of(m), table ? text(*table) : "", name ? text(*name) : "", number(NFTA_SET_KEY_TYPE),
        number(NFTA_SET_KEY_LEN));
  for (const attribute a : all) {
    switch (a.type()) {
    case NFTA_SET_HANDLE:
      s.handle(u64(a));
      break;
    case NFTA_SET_TIMEOUT:
      s.timeout(milliseconds(a));
      break;
    case NFTA_SET_DESC:
      if (const auto size = a.nested().find(NFTA_SET_DESC_SIZE)) s.size(u32(*size));
      break;
    case NFTA_SET_USERDATA:
      s.comment(find_text(a.payload(), NFTNL_UDATA_SET_COMMENT));
      break;
    default:
      break;
    }
  }
  s.flags(number(NFTA_SET_FLAGS));
  s.data_type(number(NFTA_SET_DATA_TYPE), number(NFTA_SET_DATA_LEN));
  return s;
}

elements decode_elements(const message_view& m)
{
  const auto all = m.attributes_after<nfgenmsg>();
  const auto table = all.find(NFTA_SET_ELEM_LIST_TABLE);
  const auto name = all.find(NFTA_SET_ELEM_LIST_SET);
  elements list(family_of(m), table ? text(*table) : "", name ? text(*name) : "");
  if (const auto found = all.find(NFTA_SET_ELEM_LIST_ELEMENTS))
    for (const attribute one : found->nested())
      if (one.type() == NFTA_LIST_ELEM) list.add(decode_element(one.nested()));
  return list;
}

std::optional<generation_notice> decode_generation(const message_view& m)
{
  if (nf_tables_type(m) != NFT_MSG_NEWGEN) return std::nullopt;
  const auto all = m.attributes_after<nfgenmsg>();
  const auto id = all.find(NFTA_GEN_ID);
  const auto number = id ? id->as_be<std::uint32_t>() : std::nullopt;
  if (!number) return std::nullopt;
  generation_notice notice;
  notice.generation = *number;
  if (const auto pid = all.find(NFTA_GEN_PROC_PID)) notice.pid = u32(*pid);
  if (const auto name = all.find(NFTA_GEN_PROC_NAME)) notice.program = text(*name);
  return notice;
}

} // namespace linx::netfilter::detail
