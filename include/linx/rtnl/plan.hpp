/// What it takes to get from the network that is there to the one that is wanted.
#pragma once

#include <linx/core/result.hpp>
#include <linx/rtnl/address.hpp>
#include <linx/rtnl/desired.hpp>
#include <linx/rtnl/link.hpp>
#include <linx/rtnl/neighbour.hpp>

#include <variant>

namespace linx::rtnl {

class cache;

/// What is there, as listed.
class LINX_API observed {
public:
  observed() = default;
  /// As a copy knows it that follows links, addresses, routes, rules and neighbours.
  explicit observed(const cache&);

  std::vector<rtnl::link> links;
  std::vector<address> addresses;
  std::vector<neighbour> neighbours;
  std::vector<route> routes; ///< of both families
  std::vector<rule> rules;
};

/// One step of a plan.
class action {
public:
  enum class verb : std::uint8_t {
    remove,
    add,
    change, ///< of a link what is named, of others all
  };
  using object = std::variant<desired_link, desired_address, desired_neighbour, desired_route, rule>;

  action(verb what, object which) noexcept : verb_(what), object_(std::move(which)) {}

  verb what() const noexcept { return verb_; }
  const object& which() const noexcept { return object_; }

  friend bool operator==(const action&, const action&) = default;

private:
  verb verb_;
  object object_;
};

/// "add link v0 veth v1", "change link v0 mtu 1400 up", "remove route 10.0.0.0/8 dev v0 proto 200 table 254"
LINX_API std::string to_string(const action&);

/// Steps in the order in which they can be taken: removals of rules, routes, neighbours, addresses and links,
/// then links, addresses, neighbours, routes and rules. An IPv4 address that another one follows on its link
/// goes behind that: the last of a link takes routes along.
using plan = std::vector<action>;

/// One step a line.
LINX_API std::string to_string(const plan&);

/// What turns `there` into `want`; nothing if it is so.
///
/// Routes are compared two-way: those of `want.protocol` are ours, all others are never touched. Links,
/// addresses, neighbours and rules have no such mark; what `last` wanted and `want` does not is removed, and
/// what neither names is never touched: pass what was applied last, an empty `desired` at first. A rule goes
/// only where its protocol is the same. A link is
/// removed only if `last` named its kind; one that was merely changed keeps what it has.
///
/// A pure function.
/// Errors: stage `argument` for what contradicts itself: an object twice, a rule without a priority, a name
/// or a protocol that cannot be.
LINX_API result<plan> diff(const desired& want, const observed& there, const desired& last);

} // namespace linx::rtnl
