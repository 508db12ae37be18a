#include "netfilter/encode.hpp"

#include "netfilter/attribute_tables.hpp"
#include "netfilter/encode_expression.hpp"
#include "netfilter/messages.hpp"
#include "netfilter/userdata.hpp"

#include <libnftnl/udata.h>
#include <linux/if.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>

namespace linx::netfilter::detail {

namespace {

using netlink::message_builder;

/// A list of elements is one attribute with a length of 16 bits; a message of half of that leaves room for
/// the longest key and comment that one more element may have.
constexpr std::size_t element_bytes_per_message = 32 * 1024;

nfgenmsg header_of(family f, std::uint16_t resource = 0) noexcept
{
  nfgenmsg header{};
  header.nfgen_family = static_cast<std::uint8_t>(f);
  header.version = NFNETLINK_V0;
  header.res_id = netlink::network_order(resource);
  return header;
}

message_builder batch_edge(std::uint16_t type)
{
  return message_builder(type, 0, header_of(family::unspec, NFNL_SUBSYS_NFTABLES));
}

std::string check_name(std::string_view what, const std::string& name)
{
  std::string text(what);
  if (name.empty()) return text += " has no name";
  if (name.size() >= NFT_NAME_MAXLEN) return text += " has a name longer than 255 bytes";
  if (name.find('\0') != name.npos) return text += " has a NUL in its name";
  return {};
}

std::string check_comment(const std::string& comment)
{
  if (comment.size() > max_comment) return "the comment is longer than 127 bytes";
  return comment.find('\0') != comment.npos ? "the comment has a NUL inside" : "";
}

std::string first_fault(std::initializer_list<std::string> faults)
{
  for (const auto& fault : faults)
    if (!fault.empty()) return fault;
  return {};
}

/// Encodes the commands one by one; `fault` says why one of them cannot be.
class encoder {
public:
  explicit encoder(encoded_batch& out) noexcept : out_(out) {}

  std::string encode(const command& c, std::size_t index)
  {
    index_ = index;
    return std::visit([&](const auto& object) { return one(c.what(), object); }, c.on());
  }

private:
  message_builder request(std::uint8_t type, std::uint16_t flags, family f,
                          const netlink::attribute_names& names)
  {
    message_builder message(message_type(type), flags, header_of(f));
    message.set_names(names);
    return message;
  }

  static std::uint16_t flags_of(operation what) noexcept
  {
    switch (what) {
    case operation::add:
    case operation::insert:
      return NLM_F_CREATE;
    case operation::create:
      return NLM_F_CREATE | NLM_F_EXCL;
    default:
      return 0;
    }
  }

  static bool makes(operation what) noexcept { return flags_of(what) != 0; }

  /// The three requests that an object has: new, delete, destroy.
  static std::uint8_t pick(operation what, std::uint8_t fresh, std::uint8_t gone,
                           std::uint8_t destroyed) noexcept
  {
    return makes(what) ? fresh : what == operation::destroy ? destroyed : gone;
  }

  std::string one(operation, std::monostate)
  {
    // DELTABLE without a name removes the tables of the family, and of all families if that is left open
    out_.add(request(NFT_MSG_DELTABLE, 0, family::unspec, table_attributes), index_);
    return {};
  }

  std::string one(operation what, const table& t)
  {
    if (auto fault = first_fault({check_name("the table", t.name()), check_comment(t.comment())});
        !fault.empty())
      return fault;
    if (what == operation::flush) return flush_rules(t.family(), t.name(), nullptr);
    auto message = request(pick(what, NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE, msg_destroytable), flags_of(what),
                           t.family(), table_attributes);
    message.put_string(NFTA_TABLE_NAME, t.name());
    if (makes(what)) {
      message.put_be32(NFTA_TABLE_FLAGS, t.flags());
      if (!t.comment().empty())
        put_comment(message, NFTA_TABLE_USERDATA, NFTNL_UDATA_TABLE_COMMENT, t.comment());
    }
    out_.add(std::move(message), index_);
    return {};
  }

  std::string one(operation what, const chain& c)
  {
    if (auto fault = check(what, c); !fault.empty()) return fault;
    if (what == operation::flush) return flush_rules(c.family(), c.table(), &c.name());
    auto message = request(pick(what, NFT_MSG_NEWCHAIN, NFT_MSG_DELCHAIN, msg_destroychain), flags_of(what),
                           c.family(), chain_attributes);
    message.put_string(NFTA_CHAIN_TABLE, c.table());
    message.put_string(NFTA_CHAIN_NAME, c.name());
    if (makes(what)) {
      if (c.is_base()) put_hook(message, c);
      if (c.policy()) message.put_be32(NFTA_CHAIN_POLICY, static_cast<std::uint32_t>(*c.policy()));
      if (!c.comment().empty())
        put_comment(message, NFTA_CHAIN_USERDATA, NFTNL_UDATA_CHAIN_COMMENT, c.comment());
    }
    out_.add(std::move(message), index_);
    return {};
  }

  static std::string check(operation what, const chain& c)
  {
    auto fault = first_fault(
        {check_name("the table", c.table()), check_name("the chain", c.name()), check_comment(c.comment())});
    if (!fault.empty() || !makes(what)) return fault;
    if (c.is_base() && !c.hook_number())
      return "a table of family " + std::string(to_string(c.family())) + " has no such hook";
    if (!c.is_base() && c.policy()) return "a policy belongs to a base chain, and this chain has no hook";
    for (const auto& device : c.devices())
      if (device.empty() || device.size() >= IFNAMSIZ || device.find('\0') != device.npos)
        return "\"" + device + "\" is no interface name";
    return {};
  }

  static void put_hook(message_builder& message, const chain& c)
  {
    {
      const auto hook = message.nested(NFTA_CHAIN_HOOK);
      message.put_be32(NFTA_HOOK_HOOKNUM, *c.hook_number());
      message.put_be32(NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(c.priority()));
      // one device by the attribute that every kernel knows, several by that of 5.5
      if (c.devices().size() == 1) {
        message.put_string(NFTA_HOOK_DEV, c.devices().front());
      } else if (!c.devices().empty()) {
        const auto devices = message.nested(NFTA_HOOK_DEVS);
        for (const auto& device : c.devices()) message.put_string(NFTA_DEVICE_NAME, device);
      }
    }
    message.put_string(NFTA_CHAIN_TYPE, c.type());
  }

  std::string one(operation what, const rule& r)
  {
    if (auto fault = first_fault({check_name("the table", r.table()), check_name("the chain", r.chain())});
        !fault.empty())
      return fault;
    if (!makes(what)) {
      // without a handle DELRULE means all rules of the chain
      if (r.handle() == 0)
        return "a rule is deleted by its handle, and this one has none: take it from a ruleset that was "
               "pulled";
      auto message = request(pick(what, NFT_MSG_NEWRULE, NFT_MSG_DELRULE, msg_destroyrule), 0, r.family(),
                             rule_attributes);
      put_chain(message, r);
      message.put_be64(NFTA_RULE_HANDLE, r.handle());
      out_.add(std::move(message), index_);
      return {};
    }
    if (auto fault = first_fault({r.fault(), fault_of(r.expressions()), check_comment(r.comment())});
        !fault.empty())
      return fault;
    const std::uint16_t end = what == operation::add ? NLM_F_APPEND : 0;
    auto message = request(NFT_MSG_NEWRULE, NLM_F_CREATE | end, r.family(), rule_attributes);
    put_chain(message, r);
    put_expressions(message, NFTA_RULE_EXPRESSIONS, r.expressions());
    if (r.position() != 0) message.put_be64(NFTA_RULE_POSITION, r.position());
    if (!r.comment().empty()) put_comment(message, NFTA_RULE_USERDATA, NFTNL_UDATA_RULE_COMMENT, r.comment());
    out_.add(std::move(message), index_);
    return {};
  }

  static void put_chain(message_builder& message, const rule& r)
  {
    message.put_string(NFTA_RULE_TABLE, r.table());
    message.put_string(NFTA_RULE_CHAIN, r.chain());
  }

  std::string one(operation what, const set& s)
  {
    auto fault = first_fault(
        {check_name("the table", s.table()), check_name("the set", s.name()), check_comment(s.comment())});
    if (!fault.empty()) return fault;
    if (what == operation::flush) return flush_elements(s);
    auto message = request(pick(what, NFT_MSG_NEWSET, NFT_MSG_DELSET, msg_destroyset), flags_of(what),
                           s.family(), set_attributes);
    message.put_string(NFTA_SET_TABLE, s.table());
    message.put_string(NFTA_SET_NAME, s.name());
    if (makes(what)) {
      if (s.key_bytes() == 0) return "a set whose keys have no bytes";
      if (s.has(set_flag::map)) return "maps cannot be made yet";
      put_set(message, s);
    }
    out_.add(std::move(message), index_);
    return {};
  }

  void put_set(message_builder& message, const set& s)
  {
    message.put_be32(NFTA_SET_FLAGS, s.flags());
    message.put_be32(NFTA_SET_KEY_TYPE, s.type());
    message.put_be32(NFTA_SET_KEY_LEN, s.key_bytes());
    // required, and unique within the batch; the position of the command is that
    message.put_be32(NFTA_SET_ID, static_cast<std::uint32_t>(index_ + 1));
    if (s.size() != 0) {
      const auto description = message.nested(NFTA_SET_DESC);
      message.put_be32(NFTA_SET_DESC_SIZE, s.size());
    }
    if (s.timeout().count() > 0)
      message.put_be64(NFTA_SET_TIMEOUT, static_cast<std::uint64_t>(s.timeout().count()));
    // nft(8) cannot list a set without knowing the byte order of its keys (enum byteorder in its datatype.h)
    userdata data;
    const bool host = s.type() == static_cast<std::uint32_t>(key_type::mark) ||
                      s.type() == static_cast<std::uint32_t>(key_type::ifname);
    data.put_u32(NFTNL_UDATA_SET_KEYBYTEORDER, host ? 1 : 2);
    if (!s.comment().empty()) data.put_string(NFTNL_UDATA_SET_COMMENT, s.comment());
    message.put(NFTA_SET_USERDATA, data.bytes());
  }

  std::string one(operation what, const elements& e)
  {
    auto fault = first_fault({check_name("the table", e.table()), check_name("the set", e.set()), e.fault()});
    for (const auto& key : e.list())
      if (fault.empty()) fault = check_comment(key.comment());
    if (!fault.empty()) return fault;
    if (e.list().empty()) return "no elements"; // to the kernel that would be all of them
    const auto ordered = in_order(e.list());
    for (auto next = ordered.begin(); next != ordered.end();) {
      auto message = request(pick(what, NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM, msg_destroysetelem),
                             flags_of(what), e.family(), element_list_attributes);
      message.put_string(NFTA_SET_ELEM_LIST_TABLE, e.table());
      message.put_string(NFTA_SET_ELEM_LIST_SET, e.set());
      {
        const auto list = message.nested(NFTA_SET_ELEM_LIST_ELEMENTS);
        for (; next != ordered.end() && message.size() < element_bytes_per_message; ++next)
          put_element(message, **next);
      }
      out_.add(std::move(message), index_);
    }
    return {};
  }

  /// Intervals by their keys, which fills the kernel's tree a third faster; an end before the beginning that
  /// follows it at the same key. Single keys stay as they are: order is nothing to a hash.
  static std::vector<const element*> in_order(const std::vector<element>& list)
  {
    std::vector<const element*> ordered;
    ordered.reserve(list.size());
    for (const auto& e : list) ordered.push_back(&e);
    if (std::ranges::none_of(list, &element::is_interval_end)) return ordered;
    std::ranges::stable_sort(ordered, [](const element* a, const element* b) {
      if (a->key() == b->key()) return a->is_interval_end() && !b->is_interval_end();
      return std::ranges::lexicographical_compare(a->key().bytes(), b->key().bytes());
    });
    return ordered;
  }

  static void put_element(message_builder& message, const element& e)
  {
    const auto one = message.nested(NFTA_LIST_ELEM);
    const std::uint32_t flags = (e.is_interval_end() ? NFT_SET_ELEM_INTERVAL_END : 0) |
                                (e.is_catch_all() ? NFT_SET_ELEM_CATCHALL : 0);
    if (flags != 0) message.put_be32(NFTA_SET_ELEM_FLAGS, flags);
    const auto put_key = [&message](std::uint16_t type, const data& key) {
      const auto nested = message.nested(type);
      message.put(NFTA_DATA_VALUE, key.bytes());
    };
    if (!e.is_catch_all()) put_key(NFTA_SET_ELEM_KEY, e.key());
    if (e.key_end()) put_key(NFTA_SET_ELEM_KEY_END, *e.key_end());
    if (e.timeout().count() > 0)
      message.put_be64(NFTA_SET_ELEM_TIMEOUT, static_cast<std::uint64_t>(e.timeout().count()));
    if (!e.comment().empty())
      put_comment(message, NFTA_SET_ELEM_USERDATA, NFTNL_UDATA_SET_ELEM_COMMENT, e.comment());
  }

  /// DELSETELEM without a list: all elements.
  std::string flush_elements(const set& s)
  {
    auto message = request(NFT_MSG_DELSETELEM, 0, s.family(), element_list_attributes);
    message.put_string(NFTA_SET_ELEM_LIST_TABLE, s.table());
    message.put_string(NFTA_SET_ELEM_LIST_SET, s.name());
    out_.add(std::move(message), index_);
    return {};
  }

  /// DELRULE without a handle: the rules of a chain, or of all chains of a table.
  std::string flush_rules(family f, const std::string& table, const std::string* chain)
  {
    auto message = request(NFT_MSG_DELRULE, 0, f, rule_attributes);
    message.put_string(NFTA_RULE_TABLE, table);
    if (chain) message.put_string(NFTA_RULE_CHAIN, *chain);
    out_.add(std::move(message), index_);
    return {};
  }

  static void put_comment(message_builder& message, std::uint16_t attribute, std::uint8_t type,
                          const std::string& comment)
  {
    userdata data;
    data.put_string(type, comment);
    message.put(attribute, data.bytes());
  }

  encoded_batch& out_;
  std::size_t index_ = 0;
};

} // namespace

std::uint16_t message_type(std::uint8_t request) noexcept
{
  return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | request);
}

result<encoded_batch> encode(const batch& all, std::optional<std::uint32_t> generation)
{
  encoded_batch out;
  auto begin = batch_edge(NFNL_MSG_BATCH_BEGIN);
  begin.set_names(batch_attributes);
  if (generation) begin.put_be32(NFNL_BATCH_GENID, *generation);
  out.add(std::move(begin), encoded_batch::no_command);

  encoder each(out);
  for (std::size_t i = 0; i < all.commands().size(); ++i)
    if (auto fault = each.encode(all.commands()[i], i); !fault.empty())
      return error::argument(to_string(all.commands()[i]) + ": " + fault);

  out.add(batch_edge(NFNL_MSG_BATCH_END), encoded_batch::no_command);
  return out;
}

} // namespace linx::netfilter::detail
