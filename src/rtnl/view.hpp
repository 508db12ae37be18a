// What is there, found by the names that a wanted network uses.
#pragma once

#include <linx/rtnl/plan.hpp>

#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace linx::rtnl::detail {

// Routes with the same key stand in each other's way.
using route_key =
    std::tuple<std::uint32_t, net::subnet, std::optional<net::subnet>, std::uint8_t, std::uint32_t>;
route_key key_of(const route&);

// Borrows what it shows. Links go by their names and alternative names, as the kernel has them found.
class view {
public:
  explicit view(const observed&);

  const link* find(const std::string& name) const;
  // The name of the link itself where an alternative one is given; what is given where there is no such link.
  std::string own_name(const std::string& name) const;
  // "" for one that is not there.
  std::string name(std::uint32_t index) const;
  bool is_called(std::uint32_t index, const std::string& name) const;

  bool has(const desired_address&) const;
  const neighbour* find(const desired_neighbour&) const;
  // Whoever made it.
  bool has(const rule&) const;
  // Of the same protocol alone.
  const rule* find(const rule&) const;

  // Whether a listed route does what is wanted, whoever made it.
  bool is_same_route(const desired_route& want, const route& there) const;
  desired_route named(const route&) const;

private:
  bool is_same_way(const next_hop& want, const std::string& device, const next_hop& there,
                   bool several) const;

  std::map<std::string, const link*> by_name_;
  std::map<std::uint32_t, const link*> by_index_;
  std::set<std::tuple<std::uint32_t, net::interface_address, std::optional<net::ip>>> addresses_;
  std::map<std::pair<std::uint32_t, net::ip>, const neighbour*> neighbours_;
  std::multimap<std::uint32_t, const rule*> rules_; // by priority
};

} // namespace linx::rtnl::detail
