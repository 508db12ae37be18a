#include <linx/rtnl/monitor.hpp>

#include "core/rest.hpp"
#include "core/source.hpp"
#include "netlink/listener.hpp"
#include "rtnl/decode_event.hpp"
#include "rtnl/listed_events.hpp"
#include "rtnl/marked.hpp"

#include <linx/io/unique_fd.hpp>
#include <linx/netlink/monitor.hpp>
#include <linx/rtnl/connection.hpp>

#include <linux/rtnetlink.h>

#include <atomic>
#include <deque>

namespace linx::rtnl {

namespace {

using namespace std::chrono_literals;

// Notifications, and between `lost` and `synchronized` a listing of everything.
class monitor_source final : public linx::detail::source<event>, public marked {
public:
  monitor_source(executor home, stream<netlink::notification> notifications, connection tables,
                 const monitor_options& options)
      : source(std::move(home)),
        notifications_(std::move(notifications)),
        tables_(std::move(tables)),
        options_(options)
  {
    if (options_.initial_state()) begin_listing();
  }

  task<std::uint32_t> mark() override
  {
    auto body = mark_here();
    return linx::detail::operation<std::uint32_t>(shared_from_this(), std::move(body));
  }

  bool has_passed(std::uint32_t mark) const noexcept override
  {
    return static_cast<std::int32_t>(passed_.load(std::memory_order_relaxed) - mark) >= 0;
  }

private:
  void on_close() noexcept override
  {
    notifications_.cancel();
    listed_.cancel();
    resting_.wake();
  }

  void on_shutdown() noexcept override { resting_.drop(); }

  task<std::optional<event>> read() override
  {
    for (;;) {
      if (is_closed()) co_return errc::closed;
      if (failure_) co_return *failure_;
      while (!waiting_.empty()) {
        auto body = listed();
        auto one = co_await std::move(body);
        if (!one && one.error() == errc::dump_interrupted) {
          // Once more from the beginning of the table. What keeps changing it waits behind the listing.
          listed_ = stream<event>();
          auto pausing = resting_.for_a(pauses_.next());
          LINX_TRYV(co_await std::move(pausing));
          if (is_closed()) co_return errc::closed;
          continue;
        }
        if (!one && !(one.error() == errc::cancelled) && !is_closed()) failure_ = one.error();
        if (!one) co_return std::move(one).error();
        if (one.value()) co_return std::move(one);
        listed_ = stream<event>();
        pauses_.reset();
        waiting_.pop_front();
        if (waiting_.empty()) {
          pass(marked_at_loss_);
          co_return std::optional<event>(synchronized());
        }
      }
      LINX_TRY(auto notification, co_await notifications_.next());
      if (!notification) co_return std::optional<event>();
      if (const auto* loss = std::get_if<netlink::lost>(&*notification)) {
        // A mark that was lost as well: what is listed now is younger.
        marked_at_loss_ = marked_;
        begin_listing();
        co_return std::optional<event>(*loss);
      }
      const auto& message = std::get<netlink::message>(*notification);
      if (port_ != 0 && message.port() == port_) {
        pass(message.sequence());
        co_return std::optional<event>(synchronized());
      }
      if (auto decoded = decode_event(message)) co_return std::move(decoded);
    }
  }

  task<std::uint32_t> mark_here()
  {
    const auto source = std::dynamic_pointer_cast<netlink::detail::listener>(notifications_.source());
    if (!source) co_return errc::closed;
    const std::uint32_t place = ++marked_;
    auto marking = source->mark(place);
    LINX_TRY(port_, co_await std::move(marking));
    co_return place;
  }

  void pass(std::uint32_t place) noexcept
  {
    if (!has_passed(place)) passed_.store(place, std::memory_order_relaxed);
  }

  // The next object of the listing, nothing at the end of its present table.
  task<std::optional<event>> listed()
  {
    if (!settled_) {
      auto waited = until_settled(tables_);
      LINX_TRYV(co_await std::move(waited));
      settled_ = true;
    }
    if (!listed_) listed_ = listed_events(tables_, waiting_.front());
    auto read = listed_.next();
    co_return co_await std::move(read);
  }

  void begin_listing()
  {
    listed_ = stream<event>();
    const auto all = options_.tables();
    waiting_.assign(all.begin(), all.end());
    settled_ = false;
  }

  stream<netlink::notification> notifications_;
  connection tables_;
  monitor_options options_;
  stream<event> listed_;
  std::deque<table> waiting_;               // those still to be listed, the present one first
  linx::detail::backoff pauses_{100ms, 2s}; // after a listing that was interrupted each time it was tried
  linx::detail::rest resting_;
  std::optional<error> failure_;
  bool settled_ = false;

  std::uint32_t port_ = 0; // that acknowledgements of marks are sent to, once there is a mark
  std::uint32_t marked_ = 0;
  std::uint32_t marked_at_loss_ = 0;
  std::atomic<std::uint32_t> passed_ = 0;
};

netlink::monitor_options transport_options(const monitor_options& options)
{
  netlink::monitor_options transport;
  transport.receive_buffer(options.receive_buffer()).queue(options.queue());
  if (options.links()) transport.group(RTNLGRP_LINK);
  if (options.addresses()) transport.group(RTNLGRP_IPV4_IFADDR).group(RTNLGRP_IPV6_IFADDR);
  if (options.routes()) transport.group(RTNLGRP_IPV4_ROUTE).group(RTNLGRP_IPV6_ROUTE);
  if (options.rules()) transport.group(RTNLGRP_IPV4_RULE).group(RTNLGRP_IPV6_RULE);
  if (options.neighbours()) transport.group(RTNLGRP_NEIGH);
  if (options.nexthops()) transport.group(RTNLGRP_NEXTHOP);
  if (options.qdiscs()) transport.group(RTNLGRP_TC);
  return transport;
}

stream<event> make_stream(executor ex, stream<netlink::notification> notifications, connection tables,
                          const monitor_options& options)
{
  return stream<event>(linx::detail::make_state<monitor_source>(std::move(ex), std::move(notifications),
                                                                std::move(tables), options));
}

} // namespace

std::set<table> monitor_options::tables() const
{
  std::set<table> all;
  if (links_) all.insert(table::links);
  if (addresses_) all.insert(table::addresses);
  if (nexthops_) all.insert(table::nexthops);
  if (routes_) all.insert({table::routes_v4, table::routes_v6});
  if (rules_) all.insert(table::rules);
  if (neighbours_) all.insert(table::neighbours);
  if (qdiscs_) all.insert(table::qdiscs);
  return all;
}

result<stream<event>> monitor::open(executor ex, monitor_options options)
{
  ex = linx::detail::serial(std::move(ex)); // one for all of it
  // The listener first: what changes before the listing is told twice and not missed.
  BOOST_OUTCOME_TRY(auto notifications,
                    netlink::monitor::open(ex, NETLINK_ROUTE, transport_options(options)));
  BOOST_OUTCOME_TRY(auto tables, connection::open(ex));
  return make_stream(std::move(ex), std::move(notifications), std::move(tables), options);
}

result<stream<event>> monitor::open(executor ex, const ns::handle& net, monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto notifications,
                    netlink::monitor::open(ex, NETLINK_ROUTE, net, transport_options(options)));
  BOOST_OUTCOME_TRY(auto tables, connection::open(ex, net));
  return make_stream(std::move(ex), std::move(notifications), std::move(tables), options);
}

result<stream<event>> monitor::adopt(executor ex, io::unique_fd listener, connection tables,
                                     monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto notifications,
                    netlink::monitor::adopt(ex, std::move(listener), transport_options(options)));
  return make_stream(std::move(ex), std::move(notifications), std::move(tables), options);
}

} // namespace linx::rtnl
