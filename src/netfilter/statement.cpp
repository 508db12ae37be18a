#include <linx/netfilter/statement.hpp>

#include <linx/netfilter/set.hpp>

#include <linux/if.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

// Each word becomes the expressions that nft(8) makes of it (`nft --debug=netlink`), so that nft lists the
// rule as a person would have written it, and a rule of linx compares equal to the same rule of nft.

namespace linx::netfilter {

namespace {

statement match(expression load, expr::compare op, data value)
{
  std::vector<expression> all;
  all.push_back(std::move(load));
  all.push_back(expr::cmp(op, value));
  return statement(std::move(all));
}

statement port(std::uint8_t protocol, std::uint32_t offset, std::uint16_t number)
{
  auto word =
      match(expr::payload(expr::base::transport, offset, 2), expr::compare::eq, data::network(number, 2));
  word.needs_transport(protocol);
  return word;
}

statement ports(std::uint8_t protocol, std::uint32_t offset, std::uint16_t first, std::uint16_t last)
{
  if (first > last)
    return statement::invalid("the port range " + std::to_string(first) + "-" + std::to_string(last) +
                              " is empty");
  std::vector<expression> all;
  all.push_back(expr::payload(expr::base::transport, offset, 2));
  all.push_back(expr::cmp(expr::compare::gte, data::network(first, 2)));
  all.push_back(expr::cmp(expr::compare::lte, data::network(last, 2)));
  statement word(std::move(all));
  word.needs_transport(protocol);
  return word;
}

statement look_up(expression load, const set& in)
{
  std::vector<expression> all;
  all.push_back(std::move(load));
  all.push_back(expr::lookup(in.name()));
  return statement(std::move(all));
}

statement ports(std::uint8_t protocol, std::uint32_t offset, const set& in)
{
  if (in.type() != static_cast<std::uint32_t>(key_type::inet_service))
    return statement::invalid("the set " + in.name() + " does not hold ports");
  auto word = look_up(expr::payload(expr::base::transport, offset, 2), in);
  word.needs_transport(protocol);
  return word;
}

/// Where an address stands in the headers of IPv4 (RFC 791) and IPv6 (RFC 8200).
struct address_field {
  std::uint32_t v4;
  std::uint32_t v6;
};
constexpr address_field source{12, 8};
constexpr address_field destination{16, 24};

statement address(const address_field& at, const net::subnet& prefix)
{
  const net::ip& network = prefix.address();
  const net::ip netmask = prefix.netmask();
  const auto value = std::as_bytes(network.bytes());
  const std::uint32_t offset = network.is_v4() ? at.v4 : at.v6;
  // nft loads only the bytes that a prefix of whole bytes covers, and masks any other
  const bool whole_bytes = prefix.prefix() != 0 && prefix.prefix() % 8 == 0;
  const std::size_t loaded = whole_bytes ? prefix.prefix() / 8 : value.size();
  std::vector<expression> all;
  all.push_back(expr::payload(expr::base::network, offset, static_cast<std::uint32_t>(loaded)));
  if (!whole_bytes) all.push_back(expr::bitwise(data(std::as_bytes(netmask.bytes()))));
  all.push_back(expr::cmp(expr::compare::eq, data(value.first(loaded))));
  statement word(std::move(all));
  word.needs_network(network.is_v4() ? family::ip : family::ip6);
  return word;
}

statement address(const address_field& at, const set& in)
{
  const bool v4 = in.type() == static_cast<std::uint32_t>(key_type::ipv4_addr);
  if (!v4 && in.type() != static_cast<std::uint32_t>(key_type::ipv6_addr))
    return statement::invalid("the set " + in.name() + " does not hold addresses");
  auto word = look_up(expr::payload(expr::base::network, v4 ? at.v4 : at.v6, v4 ? 4 : 16), in);
  word.needs_network(v4 ? family::ip : family::ip6);
  return word;
}

net::subnet host_route(const net::ip& address)
{
  return net::subnet(address, address.bits());
}

statement interface_name(expr::meta_key key, std::string_view name)
{
  const bool prefix = name.ends_with('*');
  const std::string_view characters = prefix ? name.substr(0, name.size() - 1) : name;
  if (name.empty() || characters.size() >= IFNAMSIZ || characters.find('\0') != name.npos)
    return statement::invalid("\"" + std::string(name) + "\" is no interface name");
  // a lone "*" would compare nothing; any interface is what it means
  if (characters.empty()) return statement(std::vector<expression>());
  return match(expr::meta(key), expr::compare::eq, data::text(characters, prefix ? 0 : IFNAMSIZ));
}

statement icmp(family network, std::uint8_t protocol, std::uint8_t type)
{
  auto word = match(expr::payload(expr::base::transport, 0, 1), expr::compare::eq, data::network(type, 1));
  word.needs_network(network).needs_transport(protocol);
  return word;
}

expr::compare opposite(expr::compare op) noexcept
{
  switch (op) {
  case expr::compare::eq:
    return expr::compare::neq;
  case expr::compare::neq:
    return expr::compare::eq;
  case expr::compare::lt:
    return expr::compare::gte;
  case expr::compare::lte:
    return expr::compare::gt;
  case expr::compare::gt:
    return expr::compare::lte;
  case expr::compare::gte:
    return expr::compare::lt;
  }
  return op;
}

} // namespace

statement statement::invalid(std::string why)
{
  statement word{std::vector<expression>()};
  word.fault_ = std::move(why);
  return word;
}

statement& statement::needs_network(family ip_or_ip6) noexcept
{
  network_ = ip_or_ip6;
  return *this;
}

statement& statement::needs_transport(std::uint8_t ip_protocol) noexcept
{
  transport_ = ip_protocol;
  return *this;
}

statement operator!(statement word)
{
  std::vector<expression>& all = word.expressions_;
  const auto tests = std::ranges::count_if(all, [](const expression& e) {
    return std::holds_alternative<expr::cmp>(e) || std::holds_alternative<expr::lookup>(e);
  });
  if (tests == 1) {
    for (auto& e : all) {
      if (auto* c = std::get_if<expr::cmp>(&e))
        c->op = opposite(c->op);
      else if (auto* l = std::get_if<expr::lookup>(&e))
        l->negated = !l->negated;
    }
    return word;
  }
  // the two comparisons of a range: outside of it is one expression
  if (tests == 2 && all.size() == 3) {
    const auto* low = std::get_if<expr::cmp>(&all[1]);
    const auto* high = std::get_if<expr::cmp>(&all[2]);
    if (low && high && low->op == expr::compare::gte && high->op == expr::compare::lte) {
      expr::range outside(expr::compare::neq, low->value, high->value);
      all.resize(1);
      all.push_back(std::move(outside));
      return word;
    }
  }
  if (word.fault_.empty()) word.fault_ = "only a match with one comparison can be negated";
  return word;
}

statement ct_state(state any_of)
{
  std::vector<expression> all;
  all.push_back(expr::ct(expr::ct_key::state));
  all.push_back(expr::bitwise(data::host32(static_cast<std::uint32_t>(any_of))));
  all.push_back(expr::cmp(expr::compare::neq, data::host32(0)));
  return statement(std::move(all));
}

statement l4proto(std::uint8_t ip_protocol)
{
  return match(expr::meta(expr::meta_key::l4proto), expr::compare::eq, data::network(ip_protocol, 1));
}

statement tcp_dport(std::uint16_t number)
{
  return port(IPPROTO_TCP, 2, number);
}
statement tcp_dport(std::uint16_t first, std::uint16_t last)
{
  return ports(IPPROTO_TCP, 2, first, last);
}
statement tcp_dport(const set& in)
{
  return ports(IPPROTO_TCP, 2, in);
}
statement tcp_sport(std::uint16_t number)
{
  return port(IPPROTO_TCP, 0, number);
}
statement tcp_sport(std::uint16_t first, std::uint16_t last)
{
  return ports(IPPROTO_TCP, 0, first, last);
}
statement udp_dport(std::uint16_t number)
{
  return port(IPPROTO_UDP, 2, number);
}
statement udp_dport(std::uint16_t first, std::uint16_t last)
{
  return ports(IPPROTO_UDP, 2, first, last);
}
statement udp_dport(const set& in)
{
  return ports(IPPROTO_UDP, 2, in);
}
statement udp_sport(std::uint16_t number)
{
  return port(IPPROTO_UDP, 0, number);
}
statement udp_sport(std::uint16_t first, std::uint16_t last)
{
  return ports(IPPROTO_UDP, 0, first, last);
}

statement iifname(std::string_view name)
{
  return interface_name(expr::meta_key::iifname, name);
}
statement oifname(std::string_view name)
{
  return interface_name(expr::meta_key::oifname, name);
}

statement iif(std::uint32_t index)
{
  return match(expr::meta(expr::meta_key::iif), expr::compare::eq, data::host32(index));
}

statement oif(std::uint32_t index)
{
  return match(expr::meta(expr::meta_key::oif), expr::compare::eq, data::host32(index));
}

statement saddr(const net::ip& one)
{
  return address(source, host_route(one));
}
statement saddr(const net::subnet& prefix)
{
  return address(source, prefix);
}
statement saddr(const set& in)
{
  return address(source, in);
}
statement daddr(const net::ip& one)
{
  return address(destination, host_route(one));
}
statement daddr(const net::subnet& prefix)
{
  return address(destination, prefix);
}
statement daddr(const set& in)
{
  return address(destination, in);
}

statement icmp_type(std::uint8_t type)
{
  return icmp(family::ip, IPPROTO_ICMP, type);
}
statement icmpv6_type(std::uint8_t type)
{
  return icmp(family::ip6, IPPROTO_ICMPV6, type);
}

statement mark(std::uint32_t value)
{
  return match(expr::meta(expr::meta_key::mark), expr::compare::eq, data::host32(value));
}

statement counter()
{
  return statement(expr::counter());
}

statement limit(std::uint64_t packets, std::chrono::seconds per, std::uint32_t burst)
{
  static constexpr std::array<std::int64_t, 5> units{1, 60, 3600, 86400, 604800};
  if (packets == 0 || std::ranges::find(units, per.count()) == units.end())
    return statement::invalid("a limit counts packets by the second, minute, hour, day or week");
  expr::limit rate;
  rate.rate = packets;
  rate.unit_seconds = static_cast<std::uint64_t>(per.count());
  rate.burst = burst;
  return statement(rate);
}

statement log(std::string prefix)
{
  expr::log to_syslog;
  to_syslog.prefix = std::move(prefix);
  return statement(std::move(to_syslog));
}

statement log(std::string prefix, std::uint16_t group)
{
  expr::log to_readers;
  to_readers.prefix = std::move(prefix);
  to_readers.to_group = true;
  to_readers.group = group;
  return statement(std::move(to_readers));
}

statement reject()
{
  return statement(expr::reject(NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH));
}

statement reject_with_tcp_reset()
{
  statement word(expr::reject(NFT_REJECT_TCP_RST, 0));
  word.needs_transport(IPPROTO_TCP);
  return word;
}

statement accept()
{
  return statement(expr::verdict(expr::verdict_code::accept));
}
statement drop()
{
  return statement(expr::verdict(expr::verdict_code::drop));
}
statement jump(std::string chain)
{
  return statement(expr::verdict(expr::verdict_code::jump, std::move(chain)));
}
statement goto_(std::string chain)
{
  return statement(expr::verdict(expr::verdict_code::goto_, std::move(chain)));
}
statement return_()
{
  return statement(expr::verdict(expr::verdict_code::return_));
}
statement continue_()
{
  return statement(expr::verdict(expr::verdict_code::continue_));
}

} // namespace linx::netfilter
