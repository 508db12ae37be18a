// g++ 12.2 destroys an aggregate twice that is written next to co_await: what a caller passes to a task is a
// class.
#include <linx/diag/inet_socket.hpp>
#include <linx/diag/unix_socket.hpp>
#include <linx/genl/ethtool.hpp>
#include <linx/genl/wireguard.hpp>
#include <linx/netfilter/batch.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/netlink/options.hpp>
#include <linx/process/enter_target.hpp>
#include <linx/process/id_map.hpp>
#include <linx/process/options.hpp>
#include <linx/process/run.hpp>
#include <linx/process/stdio.hpp>
#include <linx/uevent/monitor.hpp>

#include <type_traits>

template <class... Types>
constexpr bool no_aggregates = (!std::is_aggregate_v<Types> && ...);

static_assert(no_aggregates<linx::process_options, linx::orphan_policy, linx::stdio, linx::id_map,
                            linx::enter_target, linx::run_limits>);
static_assert(no_aggregates<linx::netlink::connection_options, linx::netlink::dump_options,
                            linx::netlink::monitor_options, linx::netlink::message_builder>);
static_assert(no_aggregates<linx::netfilter::table, linx::netfilter::chain, linx::netfilter::rule,
                            linx::netfilter::set, linx::netfilter::batch>);
static_assert(no_aggregates<linx::diag::inet_query, linx::diag::unix_query, linx::diag::inet_socket,
                            linx::diag::condition, linx::uevent::monitor_options>);
static_assert(no_aggregates<linx::genl::device, linx::genl::ethtool::rings, linx::genl::ethtool::channels,
                            linx::genl::ethtool::coalescing, linx::genl::ethtool::link_modes_change,
                            linx::genl::wireguard::device_change, linx::genl::wireguard::peer_change,
                            linx::genl::wireguard::device>);
