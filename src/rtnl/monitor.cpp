#include <linx/rtnl/monitor.hpp>

#include "core/operation.hpp"

#include <linx/io/unique_fd.hpp>
#include <linx/netlink/monitor.hpp>
#include <linx/rtnl/connection.hpp>

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

constexpr bool is_removal(std::uint16_t type) noexcept
{
  return type == RTM_DELLINK || type == RTM_DELADDR || type == RTM_DELROUTE;
}

std::optional<event> decode_event(const netlink::message_view& m)
{
  const auto what = is_removal(m.type()) ? change::removed : change::set;
  switch (m.type()) {
  case RTM_NEWLINK:
  case RTM_DELLINK:
    if (auto l = link::decode(m)) return changed<link>(what, std::move(*l));
    break;
  case RTM_NEWADDR:
  case RTM_DELADDR:
    if (auto a = address::decode(m)) return changed<address>(what, std::move(*a));
    break;
  case RTM_NEWROUTE:
  case RTM_DELROUTE:
    if (auto r = route::decode(m)) return changed<route>(what, std::move(*r));
    break;
  default:
    break;
  }
  return std::nullopt;
}

// Notifications, and between `lost` and `synchronized` a listing of everything.
// (context_state has a member called link: hence the qualified name of the type.)
class monitor_source final : public stream_source<event>, public linx::detail::context_state {
public:
  monitor_source(executor home, stream<netlink::notification> notifications, connection tables,
                 const monitor_options& options)
      : context_state(std::move(home)),
        notifications_(std::move(notifications)),
        tables_(std::move(tables)),
        options_(options)
  {
    if (options_.initial_state()) begin_listing();
  }

  task<std::optional<event>> next() override
  {
    auto body = take();
    return linx::detail::operation<std::optional<event>>(shared_from_this(), std::move(body));
  }

  void close() noexcept override
  {
    closed_ = true;
    notifications_.cancel();
    links_.cancel();
    addresses_.cancel();
    routes_.cancel();
  }

private:
  enum class listing : std::uint8_t { none, links, addresses, routes_v4, routes_v6 };

  // The members shut themselves down: they are states of the same context.
  void shutdown() noexcept override { closed_ = true; }

  task<std::optional<event>> take()
  {
    if (reading_) co_return errc::not_ready;
    reading_ = true;
    auto body = read();
    auto read = co_await std::move(body);
    reading_ = false;
    co_return std::move(read);
  }

  task<std::optional<event>> read()
  {
    for (;;) {
      if (closed_) co_return errc::closed;
      if (failure_) co_return *failure_;
      while (listing_ != listing::none) {
        auto body = listed();
        auto one = co_await std::move(body);
        if (!one && !(one.error() == errc::cancelled) && !closed_) failure_ = one.error();
        if (!one) co_return std::move(one).error();
        if (one.value()) co_return std::move(one);
        if (advance()) co_return std::optional<event>(synchronized());
      }
      BOOST_OUTCOME_CO_TRY(auto notification, co_await notifications_.next());
      if (!notification) co_return std::optional<event>();
      if (const auto* loss = std::get_if<netlink::lost>(&*notification)) {
        begin_listing();
        co_return std::optional<event>(*loss);
      }
      if (auto decoded = decode_event(std::get<netlink::message>(*notification)))
        co_return std::move(decoded);
    }
  }

  // The next object of the listing, nothing at the end of its present table.
  task<std::optional<event>> listed()
  {
    switch (listing_) {
    case listing::links: {
      BOOST_OUTCOME_CO_TRY(auto one, co_await links_.next());
      if (one) co_return std::optional<event>(changed<rtnl::link>(change::listed, std::move(*one)));
      break;
    }
    case listing::addresses: {
      BOOST_OUTCOME_CO_TRY(auto one, co_await addresses_.next());
      if (one) co_return std::optional<event>(changed<address>(change::listed, std::move(*one)));
      break;
    }
    case listing::routes_v4:
    case listing::routes_v6: {
      BOOST_OUTCOME_CO_TRY(auto one, co_await routes_.next());
      if (one) co_return std::optional<event>(changed<route>(change::listed, std::move(*one)));
      break;
    }
    case listing::none:
      break;
    }
    co_return std::optional<event>();
  }

  void begin_listing()
  {
    listing_ = listing::none;
    advance();
  }

  // On to the next table; true if there is none.
  bool advance()
  {
    switch (listing_) {
    case listing::none:
      if (options_.links()) {
        links_ = tables_.links();
        listing_ = listing::links;
        return false;
      }
      [[fallthrough]];
    case listing::links:
      if (options_.addresses()) {
        addresses_ = tables_.addresses();
        listing_ = listing::addresses;
        return false;
      }
      [[fallthrough]];
    case listing::addresses:
      if (options_.routes()) {
        routes_ = tables_.routes(net::family::v4);
        listing_ = listing::routes_v4;
        return false;
      }
      break;
    case listing::routes_v4:
      routes_ = tables_.routes(net::family::v6);
      listing_ = listing::routes_v6;
      return false;
    case listing::routes_v6:
      break;
    }
    listing_ = listing::none;
    return true;
  }

  stream<netlink::notification> notifications_;
  connection tables_;
  monitor_options options_;
  stream<rtnl::link> links_;
  stream<address> addresses_;
  stream<route> routes_;
  std::optional<error> failure_;
  listing listing_ = listing::none;
  bool reading_ = false;
  bool closed_ = false;
};

netlink::monitor_options transport_options(const monitor_options& options)
{
  netlink::monitor_options transport;
  transport.receive_buffer(options.receive_buffer()).queue(options.queue());
  if (options.links()) transport.group(RTNLGRP_LINK);
  if (options.addresses()) transport.group(RTNLGRP_IPV4_IFADDR).group(RTNLGRP_IPV6_IFADDR);
  if (options.routes()) transport.group(RTNLGRP_IPV4_ROUTE).group(RTNLGRP_IPV6_ROUTE);
  return transport;
}

stream<event> make_stream(executor ex, stream<netlink::notification> notifications, connection tables,
                          const monitor_options& options)
{
  return stream<event>(linx::detail::make_state<monitor_source>(std::move(ex), std::move(notifications),
                                                                std::move(tables), options));
}

} // namespace

std::string_view to_string(change what) noexcept
{
  switch (what) {
  case change::set:
    return "set";
  case change::removed:
    return "removed";
  case change::listed:
    return "listed";
  }
  return "";
}

std::string to_string(const event& e)
{
  if (const auto* l = std::get_if<changed<link>>(&e))
    return std::string(to_string(l->what())) + " link " + to_string(l->value());
  if (const auto* a = std::get_if<changed<address>>(&e))
    return std::string(to_string(a->what())) + " address " + to_string(a->value());
  if (const auto* r = std::get_if<changed<route>>(&e))
    return std::string(to_string(r->what())) + " route " + to_string(r->value());
  if (const auto* loss = std::get_if<netlink::lost>(&e))
    return "lost: " + std::string(to_string(loss->why()));
  return "synchronized";
}

result<stream<event>> monitor::open(executor ex, monitor_options options)
{
  // The listener first: what changes before the listing is told twice and not missed.
  BOOST_OUTCOME_TRY(auto notifications,
                    netlink::monitor::open(ex, NETLINK_ROUTE, transport_options(options)));
  BOOST_OUTCOME_TRY(auto tables, connection::open(ex));
  return make_stream(std::move(ex), std::move(notifications), std::move(tables), options);
}

result<stream<event>> monitor::open(executor ex, const ns::handle& net, monitor_options options)
{
  BOOST_OUTCOME_TRY(auto notifications,
                    netlink::monitor::open(ex, NETLINK_ROUTE, net, transport_options(options)));
  BOOST_OUTCOME_TRY(auto tables, connection::open(ex, net));
  return make_stream(std::move(ex), std::move(notifications), std::move(tables), options);
}

result<stream<event>> monitor::adopt(executor ex, io::unique_fd listener, connection tables,
                                     monitor_options options)
{
  BOOST_OUTCOME_TRY(auto notifications,
                    netlink::monitor::adopt(ex, std::move(listener), transport_options(options)));
  return make_stream(std::move(ex), std::move(notifications), std::move(tables), options);
}

} // namespace linx::rtnl
