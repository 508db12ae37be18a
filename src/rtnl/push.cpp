#include <linx/rtnl/reconcile.hpp>

#include "rtnl/canonical.hpp"
#include "rtnl/encode_route.hpp"
#include "rtnl/encode_rule.hpp"
#include "rtnl/exact_removal.hpp"
#include "rtnl/flush.hpp"
#include "rtnl/names.hpp"
#include "rtnl/requests.hpp"

#include <linx/core/collect.hpp>
#include <linx/rtnl/address_filter.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/new_link.hpp>

#include <linux/rtnetlink.h>

#include <map>

namespace linx::rtnl {

namespace {

using verb = action::verb;

bool is_v4(const desired_address& a) noexcept
{
  return a.local.family() == net::family::v4;
}

// Takes steps, and remembers the indices of the links that they name.
class steps_taker {
public:
  explicit steps_taker(connection kernel) noexcept : kernel_(std::move(kernel)) {}

  // `step` is borrowed.
  task<> take(const action& step)
  {
    auto body = std::visit([&](const auto& one) { return take(step.what(), one); }, step.which());
    auto done = co_await std::move(body);
    if (!done && step.what() == verb::remove && is_gone(done.error())) co_return success();
    co_return std::move(done);
  }

private:
  task<> take(verb what, const desired_link& l)
  {
    if (what == verb::change) {
      link_change change;
      if (l.address) change.address(*l.address);
      if (l.mtu_bytes) change.mtu(*l.mtu_bytes);
      if (l.master) {
        std::uint32_t master = 0;
        if (!l.master->empty()) {
          LINX_TRY(master, co_await index(*l.master));
        }
        change.master(master);
      }
      if (l.data) change.data(l.data);
      if (l.is_up && !*l.is_up) change.down();
      const bool has_master = l.master && !l.master->empty();
      // a bond takes a port that is down, and older kernels read the flags of a request before its master
      if (l.is_up && *l.is_up && !has_master) change.up();
      auto sent = kernel_.change_link(l.name, std::move(change));
      if (!(l.is_up && *l.is_up && has_master)) co_return co_await std::move(sent);
      LINX_TRYV(co_await std::move(sent));
      link_change up;
      up.up();
      auto last = kernel_.change_link(l.name, std::move(up));
      co_return co_await std::move(last);
    }
    indices_.clear();
    if (what == verb::remove) {
      auto sent = kernel_.remove_link(l.name);
      co_return co_await std::move(sent);
    }
    if (!l.data)
      co_return error::argument("link " + l.name + " is not there, and no kind is named to make it of");
    if (!l.peer.empty()) {
      veth pair(l.name, l.peer);
      auto sent = kernel_.add_link(std::move(pair));
      co_return co_await std::move(sent);
    }
    new_link made(l.name, l.data);
    if (!l.lower.empty()) made.lower(l.lower);
    auto sent = kernel_.add_link(std::move(made));
    co_return co_await std::move(sent);
  }

  task<> take(verb what, const desired_address& a)
  {
    LINX_TRY(const auto on, co_await index(a.link));
    address one(on, a.local);
    one.peer = detail::canonical(a).peer;
    if (what == verb::remove && is_v4(a)) {
      auto removing = remove_alone(std::move(one));
      co_return co_await std::move(removing);
    }
    task<> sent;
    if (what == verb::remove)
      sent = kernel_.remove_address(std::move(one));
    else if (one.peer)
      sent = kernel_.add_address(std::move(one));
    else
      sent = kernel_.add_address(on, a.local); // with its broadcast address
    co_return co_await std::move(sent);
  }

  // An entry that the kernel resolved meanwhile gives way.
  task<> take(verb what, const desired_neighbour& n)
  {
    LINX_TRY(const auto on, co_await index(n.link));
    neighbour one(on, n.address);
    one.at(n.link_address);
    auto sent = what == verb::remove ? kernel_.remove_neighbour(std::move(one))
                                     : kernel_.replace_neighbour(std::move(one));
    co_return co_await std::move(sent);
  }

  task<> take(verb what, const desired_route& r)
  {
    auto one = r.value;
    for (std::size_t n = 0; n < one.hops.size(); ++n) {
      if (r.devices[n].empty()) continue;
      LINX_TRY(one.hops[n].output, co_await index(r.devices[n]));
    }
    auto sent = what == verb::remove   ? submit_or_fail(kernel_.transport(), encode_remove_exactly(one))
                : what == verb::change ? kernel_.replace_route(std::move(one))
                                       : kernel_.add_route(std::move(one));
    co_return co_await std::move(sent);
  }

  task<> take(verb what, const rule& r)
  {
    if (what == verb::remove) {
      auto listing = rules();
      LINX_TRY(const auto listed, co_await std::move(listing));
      auto removing = send_all(removal_of(r, listed));
      co_return co_await std::move(removing);
    }
    auto adding = kernel_.add_rule(r);
    auto added = co_await std::move(adding);
    if (added || added.error().errnum() != EEXIST) co_return std::move(added);
    // To the kernel a rule that says more is this one, too (rule_exists() in net/core/fib_rules.c).
    auto listing = rules();
    LINX_TRY(const auto listed, co_await std::move(listing));
    for (const auto& each : listed)
      if (detail::is_same(each, r)) co_return std::move(added);
    auto sent = submit_or_fail(kernel_.transport(), encode_new(r, NLM_F_CREATE));
    co_return co_await std::move(sent);
  }

  task<std::vector<rule>> rules()
  {
    auto listing = linx::collect(kernel_.rules());
    co_return co_await std::move(listing);
  }

  // And none of those that the kernel would take along.
  task<> remove_alone(address gone)
  {
    auto listing = linx::collect(kernel_.addresses(address_filter(net::family::v4).link(gone.link)));
    LINX_TRY(const auto addresses, co_await std::move(listing));
    for (const auto& each : addresses)
      if (each.local == gone.local && each.peer == gone.peer) gone = each;
    const auto with = what_goes_along(gone, addresses);
    std::vector<route> routes;
    std::vector<neighbour> neighbours;
    if (!with.empty()) {
      auto v4 = linx::collect(kernel_.routes(net::family::v4));
      LINX_TRY(routes, co_await std::move(v4));
    }
    if (with.all) {
      auto of_link = linx::collect(kernel_.neighbours(neighbour_filter(net::family::v4).link(gone.link)));
      LINX_TRY(neighbours, co_await std::move(of_link));
    }
    auto removing = send_all(removal_of(gone, with, routes, neighbours));
    co_return co_await std::move(removing);
  }

  // At once, so that what is put back is missed for no longer than it takes. One that is there already was
  // not taken along.
  task<> send_all(result<requests> all)
  {
    if (!all) co_return std::move(all).error();
    auto sent = kernel_.transport().bulk(std::move(all).value());
    LINX_TRY(const auto refused, co_await std::move(sent));
    for (const auto& one : refused)
      if (one.index() == 0 || one.reason().errnum() != EEXIST) co_return one.reason();
    co_return success();
  }

  task<std::uint32_t> index(const std::string& name)
  {
    const auto known = indices_.find(name);
    if (known != indices_.end()) co_return known->second;
    auto asked = index_of(kernel_.transport(), link_id(name));
    LINX_TRY(const auto found, co_await std::move(asked));
    indices_.emplace(name, found);
    co_return found;
  }

  connection kernel_;
  std::map<std::string, std::uint32_t> indices_;
};

} // namespace

task<report> push(connection kernel, plan steps)
{
  report done;
  steps_taker taker(std::move(kernel));
  for (auto step = steps.begin(); step != steps.end(); ++step) {
    auto taking = taker.take(*step);
    auto taken = co_await std::move(taking);
    if (taken) {
      done.applied.push_back(std::move(*step));
      continue;
    }
    if (taken.error() == errc::cancelled) co_return errc::cancelled;
    done.failed.emplace(std::move(*step), std::move(taken).error());
    done.pending.assign(std::make_move_iterator(step + 1), std::make_move_iterator(steps.end()));
    break;
  }
  co_return std::move(done);
}

} // namespace linx::rtnl
