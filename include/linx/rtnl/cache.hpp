/// A copy of the kernel's tables that follows their changes.
#pragma once

#include <linx/rtnl/monitor.hpp>

#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <vector>

namespace linx::rtnl {

class connection;
class follower;

/// The links, addresses, routes, rules, neighbours, nexthops and qdiscs of a network namespace, as events
/// told them. Once the namespace is quiet it is equal to a fresh listing.
///
///     auto copy = std::make_shared<cache>(options);
///     LINX_TRY(auto events, cache::follow(ex, copy));
///     for (;;) {
///       LINX_TRY(auto event, co_await events.next());   // applied to *copy already
///       if (copy->is_exact()) use(*copy);
///     }
///
/// Objects have the kernel's own identity: a link its index; an address the link, itself and for IPv4 the
/// prefix and the peer; a route its table, destination, source network, tos and metric, beside which several
/// may stand; a nexthop its id; a neighbour link and address; a qdisc link and parent; a rule is all that it
/// says.
///
/// The kernel does not tell everything: it drops the IPv4 routes of a link that goes down or an address that
/// goes, and nexthops, qdiscs and flags with a link, without a word; veths are paired after they were told
/// of; and its words for a route that replaces one are those for a second one beside it. The tables that such
/// an event leaves unsure are `in_doubt`, and `follow` lists them again. Times that run (lifetimes, ages),
/// counters, and the states through which neighbours go by themselves are those of the last event. Neighbours
/// that need no resolution (NUD_NOARP, NUD_NONE) come and go untold, and are left out.
///
/// A plain value without I/O.
/// Executor: none of its own. Where `follow` feeds it, it changes on the executor given there, and is to be
/// read there; from another one by `co_await linx::spawn(home, look_at(copy), as_result)`.
class LINX_API cache {
public:
  /// Parameters: `options`: what it is about, and how `follow` listens. Routes are followed truly only with
  /// links and addresses, and with nexthops where routes use them.
  explicit cache(const monitor_options& options = monitor_options()) : options_(options) {}

  /// Takes in an event. `lost` empties it until all has been listed again.
  void apply(const event&);
  /// Takes the listing of a table, events that are `listed`, in place of what is known of it.
  void relist(table which, const std::vector<event>& listed);

  /// All has been listed since the start and since the last loss.
  bool is_synchronized() const noexcept { return synchronized_; }
  /// And no table is in doubt.
  bool is_exact() const noexcept { return synchronized_ && doubtful_.empty(); }
  const std::set<table>& in_doubt() const noexcept { return doubtful_; }

  const link* find_link(std::uint32_t index) const noexcept;
  const link* find_link(std::string_view name) const noexcept;

  /// By index.
  std::vector<link> links() const;
  std::vector<address> addresses() const;
  /// By table, destination and metric. The order of IPv4 routes that differ in none of these is not known.
  std::vector<route> routes() const;
  std::vector<nexthop> nexthops() const;
  /// By family and priority.
  std::vector<rule> rules() const;
  std::vector<neighbour> neighbours() const;
  std::vector<qdisc> qdiscs() const;

  const monitor_options& options() const noexcept { return options_; }

  /// Waits until this cache has seen all that a connection did before this call, and is exact.
  ///
  ///     LINX_TRYV(co_await kernel.add_route(route));
  ///     LINX_TRYV(co_await copy->caught_up(kernel)); // while another task reads the stream of `follow`
  ///
  /// Parameters: `kernel`: a connection into the namespace that is followed. What the kernel does later by
  /// itself, as after duplicate address detection, is not waited for.
  /// Lifetime: the cache may go meanwhile.
  /// Executor: any. It yields nothing but that the cache is there by now: whoever is elsewhere still has to
  /// go to the executor of `follow` to read it.
  /// Cancellation: total; nothing is left behind.
  /// Errors: `errc::not_ready` if nobody follows this cache, which goes for copies of it, or if it is fed by
  /// a stream that is not one of `monitor`; `errc::closed` if the stream of `follow` is dropped meanwhile;
  /// those of `connection`, and the one with which the stream ended.
  task<> caught_up(const connection& kernel) const;

  /// Opens a monitor and feeds `into` from it: each event has been applied when `next()` yields it. Tables in
  /// doubt are listed again once no event came for 10 ms, and at least every second, without an event of
  /// their own: `synchronized` follows.
  ///
  /// Lifetime: the stream shares `into`. Cancellation, concurrency, errors: see `monitor`; `into` is changed
  /// only while a `next()` is pending.
  static result<stream<event>> follow(executor ex, std::shared_ptr<cache> into);
  /// In another network namespace.
  static result<stream<event>> follow(executor ex, const ns::handle& net, std::shared_ptr<cache> into);
  /// From a monitor opened elsewhere with the same options and `initial_state`; `tables` is a connection into
  /// the same namespace.
  static stream<event> follow(executor ex, stream<event> events, connection tables,
                              std::shared_ptr<cache> into);

private:
  friend class follower;

  // The source behind the stream of `follow`; a copy of the cache is followed by nobody.
  class follower_link {
  public:
    follower_link() noexcept = default;
    follower_link(const follower_link&) noexcept {}
    follower_link& operator=(const follower_link&) noexcept { return *this; }
    ~follower_link() = default;

    std::weak_ptr<follower> to;
  };

  using address_key = std::tuple<std::uint32_t, net::ip, unsigned, std::optional<net::ip>>;
  using route_key =
      std::tuple<std::uint32_t, net::subnet, std::optional<net::subnet>, std::uint8_t, std::uint32_t>;
  using neighbour_key = std::pair<std::uint32_t, net::ip>;
  using qdisc_key = std::pair<std::uint32_t, std::uint32_t>;

  static address_key key_of(const address&);
  static route_key key_of(const route&);

  void apply_to(const changed<link>&);
  void apply_to(const changed<address>&);
  void apply_to(const changed<route>&);
  void apply_to(const changed<nexthop>&);
  void apply_to(const changed<rule>&);
  void apply_to(const changed<neighbour>&);
  void apply_to(const changed<qdisc>&);
  void apply_to(const netlink::lost&);
  void apply_to(const synchronized&);

  void doubt(table which);
  void doubt_routes();
  void doubt_named_rules(std::string_view link_name);
  void clear(table which);

  monitor_options options_;
  std::map<std::uint32_t, link> links_;
  std::map<address_key, address> addresses_;
  std::multimap<route_key, route> routes_v4_;
  std::multimap<route_key, route> routes_v6_;
  std::map<std::uint32_t, nexthop> nexthops_;
  std::vector<rule> rules_;
  std::map<neighbour_key, neighbour> neighbours_;
  std::map<qdisc_key, qdisc> qdiscs_;
  std::set<table> doubtful_;
  bool synchronized_ = false;
  follower_link follower_;
};

} // namespace linx::rtnl
