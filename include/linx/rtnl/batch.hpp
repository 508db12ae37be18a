/// Many requests that are sent together.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>

#include <vector>

namespace linx::rtnl {

class address;
class address_label;
class neighbour;
class nexthop;
class route;
class rule;

/// Requests of any kind, in order, for `connection::submit` and `connection::bulk`:
///
///     batch all;
///     all.add(address(2, "10.0.0.1/24"_ifaddr)).add(route::default_via("10.0.0.254"_ip));
///     LINX_TRY(const auto refused, co_await kernel.bulk(std::move(all)));
///     for (const auto& one : refused) complain(one.index(), one.reason());
///
/// The verbs are those of `connection`. The values are encoded at once and need not live on.
class LINX_API batch {
public:
  batch& add(const address&);
  batch& replace(const address&);
  batch& remove(const address&);

  batch& add(const route&);
  batch& replace(const route&);
  batch& change(const route&);
  batch& append(const route&);
  batch& remove(const route&);

  batch& add(const nexthop&);
  batch& replace(const nexthop&);
  batch& remove(const nexthop&); ///< by its id

  batch& add(const rule&);
  batch& remove(const rule&);

  batch& add(const neighbour&);
  batch& replace(const neighbour&);
  batch& change(const neighbour&);
  batch& remove(const neighbour&);

  batch& add(const address_label&);
  batch& replace(const address_label&);
  batch& remove(const address_label&);

  /// Any other request, or why there is none.
  batch& request(result<netlink::message_builder> one);

  std::size_t size() const noexcept { return requests_.size(); }
  bool empty() const noexcept { return requests_.empty(); }
  void reserve(std::size_t count) { requests_.reserve(count); }

  /// The encoded requests, each as long as it could be encoded.
  const std::vector<result<netlink::message_builder>>& requests() const& noexcept { return requests_; }
  std::vector<result<netlink::message_builder>> requests() && noexcept { return std::move(requests_); }

private:
  std::vector<result<netlink::message_builder>> requests_;
};

} // namespace linx::rtnl
