#include "rtnl/new_link_check.hpp"

#include <linx/core/result.hpp>

namespace linx::rtnl {

namespace {

constexpr std::uint32_t vni_limit = 1u << 24;

// Has a member `lower`: an attribute of its own for the device below.
template <class Kind>
concept tunnel = requires(Kind k)
{
  k.lower;
};

template <class Kind>
constexpr bool is_stacked =
    std::is_same_v<Kind, vlan> || std::is_base_of_v<macvlan, Kind> || std::is_base_of_v<ipvlan, Kind>;

result<> refuse(const new_link& l, std::string_view why)
{
  return error::argument("link " + l.name() + ", kind " + std::string(kind_name(l.data())) + ": " +
                         std::string(why));
}

result<> check_ends(const new_link& l, const std::optional<net::ip>& one, const std::optional<net::ip>& other)
{
  if (one && other && one->family() != other->family())
    return refuse(l, to_string(*one) + " and " + to_string(*other) + " are of different families");
  return success();
}

result<> check_family(const new_link& l, const std::optional<net::ip>& end, net::family wanted)
{
  if (!end || end->family() == wanted) return success();
  return refuse(l, to_string(*end) +
                       (wanted == net::family::v4 ? " is no IPv4 address" : " is no IPv6 address"));
}

template <class Kind>
result<> check(const new_link&, const Kind&)
{
  return success();
}

template <class Kind>
requires std::is_base_of_v<tunnel_base, Kind> result<> check(const new_link& l, const Kind& k)
{
  constexpr bool v6 =
      std::is_same_v<Kind, ip6gre> || std::is_same_v<Kind, ip6gretap> || std::is_same_v<Kind, ip6tnl>;
  constexpr auto family = v6 ? net::family::v6 : net::family::v4;
  BOOST_OUTCOME_TRYV(check_family(l, k.local, family));
  return check_family(l, k.remote, family);
}

result<> check(const new_link& l, const vlan& k)
{
  if (!k.id) return refuse(l, "it needs an id");
  if (*k.id > 4094) return refuse(l, "id " + std::to_string(*k.id) + ": 4094 is the last");
  if (k.protocol && *k.protocol != 0x8100 && *k.protocol != 0x88a8)
    return refuse(l, "the protocol is 0x8100 (802.1Q) or 0x88a8 (802.1ad)");
  return success();
}

result<> check(const new_link& l, const vxlan& k)
{
  if (k.id && *k.id >= vni_limit) return refuse(l, "id " + std::to_string(*k.id) + ": 16777215 is the last");
  if (k.id.value_or(0) != 0 && k.collect_metadata.value_or(false))
    return refuse(l, "with collect_metadata the id is that of each packet");
  if (!k.id && !k.collect_metadata.value_or(false)) return refuse(l, "it needs an id, or collect_metadata");
  if (k.group && k.group->is_multicast() && !k.lower && !l.lower())
    return refuse(l, "a multicast group needs a device below");
  return check_ends(l, k.local, k.group);
}

result<> check(const new_link& l, const geneve& k)
{
  if (k.id && *k.id >= vni_limit) return refuse(l, "id " + std::to_string(*k.id) + ": 16777215 is the last");
  if (k.collect_metadata.value_or(false)) {
    if (k.id.value_or(0) != 0 || k.remote)
      return refuse(l, "with collect_metadata there is neither id nor remote end");
    return success();
  }
  if (!k.id || !k.remote) return refuse(l, "it needs an id and a remote end, or collect_metadata");
  return success();
}

result<> check(const new_link& l, const vrf& k)
{
  if (k.table.value_or(0) == 0) return refuse(l, "it needs a table");
  return success();
}

result<> check(const new_link& l, const tun&)
{
  return refuse(l, "it is made by open_tun: rtnetlink makes no tun and no tap");
}

result<> check(const new_link& l, const other_kind& k)
{
  if (k.kind.empty()) return refuse(l, "the kind has no name");
  return success();
}

result<> check(const new_link& l, const std::monostate&)
{
  return error::argument("link " + l.name() + ": it needs a kind");
}

} // namespace

result<> check_new_link(const new_link& l)
{
  if (!l.data()) return check(l, std::monostate());
  return std::visit(
      [&]<class Kind>(const Kind& kind) -> result<> {
        if constexpr (is_stacked<Kind>) {
          if (!l.lower()) return refuse(l, "it needs a device below");
        }
        if constexpr (tunnel<Kind>) {
          if (kind.lower && l.lower() && *kind.lower != l.lower()->index())
            return refuse(l, "two different devices below");
        }
        return check(l, kind);
      },
      *l.data().get());
}

bool has_lower_inside(const link_data& data) noexcept
{
  return data && std::visit([]<class Kind>(const Kind&) { return tunnel<Kind>; }, *data.get());
}

std::uint32_t lower_of(const link& l) noexcept
{
  if (!has_lower_inside(l.data)) return l.lower.value_or(0);
  return std::visit(
      []<class Kind>(const Kind& kind) -> std::uint32_t {
        if constexpr (tunnel<Kind>)
          return kind.lower.value_or(0);
        else
          return 0;
      },
      *l.data.get());
}

link_data with_lower_inside(const new_link& l)
{
  if (!l.lower() || !has_lower_inside(l.data())) return l.data();
  auto data = *l.data().get();
  std::visit(
      [&]<class Kind>(Kind& kind) {
        if constexpr (tunnel<Kind>) kind.lower = l.lower()->index();
      },
      data);
  return data;
}

} // namespace linx::rtnl
