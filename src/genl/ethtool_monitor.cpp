#include <linx/genl/ethtool.hpp>

#include "core/source.hpp"
#include "genl/ethtool_request.hpp"
#include "netlink/connection_access.hpp"

#include <linx/netlink/monitor.hpp>
#include <linx/ns/handle.hpp>

namespace linx::genl::ethtool {

namespace {

// What the bits of notifications are called.
class bit_names {
public:
  std::vector<std::string> features, link_modes;
};

event decode_event(const netlink::message_view& m, const bit_names& names)
{
  if (auto f = features::decode(m)) {
    for (auto* set : {&f->changeable, &f->wanted, &f->active, &f->fixed}) set->name_bits(names.features);
    return std::move(*f);
  }
  if (auto modes = link_modes::decode(m)) {
    for (auto* set : {&modes->ours, &modes->peer}) set->name_bits(names.link_modes);
    return std::move(*modes);
  }
  if (auto r = rings::decode(m)) return std::move(*r);
  if (auto c = channels::decode(m)) return std::move(*c);
  if (auto c = coalescing::decode(m)) return std::move(*c);
  other_change other;
  other.command = m.family_header<genlmsghdr>().cmd;
  if (const auto header = m.attributes_after<genlmsghdr>().find(1)) other.device = read_device(*header);
  return other;
}

class monitor_source final : public linx::detail::source<event> {
public:
  monitor_source(executor home, stream<netlink::notification> notifications, bit_names names)
      : source(std::move(home)), notifications_(std::move(notifications)), names_(std::move(names))
  {}

private:
  task<std::optional<event>> read() override
  {
    LINX_TRY(auto notification, co_await notifications_.next());
    if (!notification) co_return std::optional<event>();
    if (const auto* loss = std::get_if<netlink::lost>(&*notification)) co_return std::optional<event>(*loss);
    co_return std::optional<event>(decode_event(std::get<netlink::message>(*notification), names_));
  }

  void on_close() noexcept override { notifications_.cancel(); }

  stream<netlink::notification> notifications_;
  bit_names names_;
};

// On the executor of the connection, whose context cannot go while this runs there. `net` is null for the
// calling thread's namespace.
task<stream<event>> opened_at_home(connection c, std::shared_ptr<const ns::handle> net)
{
  bit_names names;
  LINX_TRY(names.features, co_await c.strings(ETH_SS_FEATURES));
  LINX_TRY(names.link_modes, co_await c.strings(ETH_SS_LINK_MODES));
  LINX_TRY(const auto group, c.family().group(ETHTOOL_MCGRP_MONITOR_NAME));
  netlink::monitor_options options;
  options.group(group);
  const executor home = co_await asio::this_coro::executor;
  auto opened = net ? netlink::monitor::open(home, NETLINK_GENERIC, *net, options)
                    : netlink::monitor::open(home, NETLINK_GENERIC, options);
  LINX_TRY(auto notifications, std::move(opened));
  co_return stream<event>(
      linx::detail::make_state<monitor_source>(home, std::move(notifications), std::move(names)));
}

task<stream<event>> open_monitor(connection c, std::shared_ptr<const ns::handle> net)
{
  auto home = netlink::detail::connection_access::state(c.transport().transport());
  auto body = opened_at_home(std::move(c), std::move(net));
  return linx::detail::operation<stream<event>>(std::move(home), std::move(body));
}

} // namespace

task<stream<event>> monitor::open(connection c)
{
  return open_monitor(std::move(c), nullptr);
}

task<stream<event>> monitor::open(connection c, ns::handle net)
{
  return open_monitor(std::move(c), std::make_shared<const ns::handle>(std::move(net)));
}

std::string to_string(const event& e)
{
  class printer {
  public:
    std::string operator()(const features& f) const { return "features " + to_string(f); }
    std::string operator()(const link_modes& m) const { return "link modes " + to_string(m); }
    std::string operator()(const rings& r) const { return "rings " + to_string(r); }
    std::string operator()(const channels& c) const { return "channels " + to_string(c); }
    std::string operator()(const coalescing& c) const { return "coalescing " + to_string(c); }
    std::string operator()(const other_change& o) const
    {
      return "change " + std::to_string(o.command) + " " + to_string(o.device);
    }
    std::string operator()(const netlink::lost& l) const
    {
      return "lost: " + std::string(to_string(l.why()));
    }
  };
  return std::visit(printer(), e);
}

} // namespace linx::genl::ethtool
