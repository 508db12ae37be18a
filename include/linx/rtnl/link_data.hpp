/// What the kind of an interface says about it, as a value.
#pragma once

#include <linx/core/config.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace linx::rtnl {

// linx/rtnl/link_kinds.hpp defines them all.
class bond;
class bond_port;
class bridge;
class bridge_port;
class dummy;
class geneve;
class gre;
class gretap;
class ifb;
class ip6gre;
class ip6gretap;
class ip6tnl;
class ipip;
class ipvlan;
class ipvtap;
class macvlan;
class macvtap;
class sit;
class tun;
class veth_end;
class vlan;
class vrf;
class vrf_port;
class vxlan;
class wireguard;

/// A kind that linx does not know: its name, and IFLA_INFO_DATA as it was received.
class other_kind {
public:
  other_kind() = default;
  explicit other_kind(std::string name) : kind(std::move(name)) {}

  std::string kind;
  std::vector<std::byte> data;

  friend bool operator==(const other_kind&, const other_kind&) = default;
};

/// The data of a link's kind; nothing for a physical device and for lo.
using kind_data = std::variant<std::monostate, bond, bridge, dummy, geneve, gre, gretap, ifb, ip6gre,
                               ip6gretap, ip6tnl, ipip, ipvlan, ipvtap, macvlan, macvtap, sit, tun, veth_end,
                               vlan, vrf, vxlan, wireguard, other_kind>;

/// What the master of a link says of its port; nothing where it has no master.
using master_data = std::variant<std::monostate, bond_port, bridge_port, vrf_port, other_kind>;

namespace detail {

template <class Kind, class Variant>
inline constexpr bool is_alternative = false;
template <class Kind, class... Kinds>
inline constexpr bool
    is_alternative<Kind, std::variant<Kinds...>> = std::is_same_v<Kind, std::variant<Kinds...>> ||
                                                   (std::is_same_v<Kind, Kinds> || ...);

// Names a variant without being made of it: a comparison would look for operators in a template argument's
// own template arguments, and for that want them to be complete.
class any_kind {
public:
  using variant = kind_data;
};
class any_master {
public:
  using variant = master_data;
};

} // namespace detail

/// Holds one of the alternatives of a variant whose types need not be known where it is only passed on.
/// Copies share the value, which never changes. Whoever looks into it includes linx/rtnl/link_kinds.hpp.
template <class Which>
class boxed {
public:
  using variant = typename Which::variant;

  boxed() noexcept = default;
  /// From an alternative, or from the whole variant.
  template <class Kind>
  requires detail::is_alternative<std::remove_cvref_t<Kind>, variant> boxed(Kind&& kind)
      : value_(std::make_shared<const variant>(std::forward<Kind>(kind)))
  {}

  /// Whether there is anything.
  explicit operator bool() const noexcept { return static_cast<bool>(value_); }

  /// Whether it is of that kind.
  template <class Kind>
  bool holds() const noexcept
  {
    return get_if<Kind>() != nullptr;
  }
  /// The value if it is of that kind, else null; lives as long as a box that holds it.
  template <class Kind>
  const Kind* get_if() const& noexcept
  {
    return value_ ? std::get_if<Kind>(value_.get()) : nullptr;
  }
  template <class Kind>
  const Kind* get_if() const&& = delete;
  /// Null where there is nothing.
  const variant* get() const& noexcept { return value_.get(); }
  const variant* get() const&& = delete;

  /// Compares the values.
  LINX_API bool equal(const boxed& other) const noexcept;
  friend bool operator==(const boxed& a, const boxed& b) noexcept { return a.equal(b); }

private:
  std::shared_ptr<const variant> value_;
};

using link_data = boxed<detail::any_kind>;
using port_data = boxed<detail::any_master>;

extern template class LINX_API boxed<detail::any_kind>;
extern template class LINX_API boxed<detail::any_master>;

/// "vxlan id 42 port 4789", the words being the members that have a value; "" where there is nothing.
LINX_API std::string to_string(const link_data&);
LINX_API std::string to_string(const port_data&);

/// The kernel's name of the kind: "vxlan"; "" where there is nothing.
LINX_API std::string_view kind_name(const link_data&) noexcept;
LINX_API std::string_view kind_name(const port_data&) noexcept;

} // namespace linx::rtnl
