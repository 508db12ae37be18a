#include <linx/netfilter/monitor.hpp>

#include "netfilter/monitor_source.hpp"

#include <linx/io/unique_fd.hpp>
#include <linx/netlink/monitor.hpp>
#include <linx/ns/handle.hpp>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

namespace linx::netfilter {

namespace {

using sources = result<std::shared_ptr<detail::monitor_source>>;

netlink::monitor_options listening(const monitor_options& options)
{
  netlink::monitor_options all;
  all.group(NFNLGRP_NFTABLES).receive_buffer(options.receive_buffer()).queue(options.queue());
  return all;
}

sources combine(executor ex, result<stream<netlink::notification>> events,
                result<netlink::connection> requests, const monitor_options& options)
{
  if (!events) return std::move(events).error();
  if (!requests) return std::move(requests).error();
  return linx::detail::make_state<detail::monitor_source>(std::move(ex), std::move(events).value(),
                                                          std::move(requests).value(), options.queue());
}

task<stream<commit>> begin(sources opened, monitor_options options)
{
  if (!opened) co_return std::move(opened).error();
  auto source = std::move(opened).value();
  stream<commit> commits(source);
  LINX_TRYV(co_await source->begin(options.has_snapshot()));
  co_return std::move(commits);
}

} // namespace

task<stream<commit>> monitor::open(executor ex, monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  auto events = netlink::monitor::open(ex, NETLINK_NETFILTER, listening(options));
  auto requests = netlink::connection::open(ex, NETLINK_NETFILTER);
  return begin(combine(std::move(ex), std::move(events), std::move(requests), options), options);
}

task<stream<commit>> monitor::open(executor ex, const ns::handle& net, monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  auto events = netlink::monitor::open(ex, NETLINK_NETFILTER, net, listening(options));
  auto requests = netlink::connection::open(ex, NETLINK_NETFILTER, net);
  return begin(combine(std::move(ex), std::move(events), std::move(requests), options), options);
}

task<stream<commit>> monitor::adopt(executor ex, io::unique_fd events_socket, io::unique_fd requests_socket,
                                    monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  auto events = netlink::monitor::adopt(ex, std::move(events_socket), listening(options));
  auto requests = netlink::connection::adopt(ex, std::move(requests_socket));
  return begin(combine(std::move(ex), std::move(events), std::move(requests), options), options);
}

} // namespace linx::netfilter
