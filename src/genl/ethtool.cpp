#include <linx/genl/ethtool.hpp>

#include "genl/ethtool_encode.hpp"
#include "genl/ethtool_request.hpp"

namespace linx::genl::ethtool {

namespace {

// A request whose reply is one value.
template <class T>
task<T> fetch(netlink::connection transport, netlink::message_builder request)
{
  LINX_TRY(auto reply, co_await transport.request(std::move(request)));
  auto found = T::decode(reply);
  if (!found) co_return error(errc::protocol, stage::decode).with_object("the reply of ethtool");
  co_return std::move(*found);
}

task<std::vector<std::string>> fetch_strings(netlink::connection transport, netlink::message_builder request,
                                             std::uint32_t set)
{
  LINX_TRY(auto reply, co_await transport.request(std::move(request)));
  co_return read_strings(reply, set);
}

// Counters come by number, their names by another request.
task<statistics> fetch_statistics(connection c, device d)
{
  auto request = make_statistics_request(c.family(), d);
  auto fetched = fetch<statistics>(c.transport().transport(), std::move(request));
  LINX_TRY(auto found, co_await std::move(fetched));
  for (auto& group : found.groups) {
    if (group.counters.empty()) continue;
    LINX_TRY(const auto names, co_await c.strings(group.string_set));
    for (auto& counter : group.counters)
      if (counter.index < names.size()) counter.name = names[counter.index];
  }
  co_return std::move(found);
}

} // namespace

task<connection> connection::open(genl::connection transport)
{
  LINX_TRY(auto found, co_await transport.family(ETHTOOL_GENL_NAME));
  co_return connection(std::move(transport), std::make_shared<const genl::family>(std::move(found)));
}

task<rings> connection::get_rings(device d) const
{
  return fetch<rings>(transport_.transport(), make_request(*family_, ETHTOOL_MSG_RINGS_GET, d));
}

task<> connection::set_rings(device d, rings wanted) const
{
  return transport_.transport().submit(encode_set(*family_, d, wanted));
}

task<channels> connection::get_channels(device d) const
{
  return fetch<channels>(transport_.transport(), make_request(*family_, ETHTOOL_MSG_CHANNELS_GET, d));
}

task<> connection::set_channels(device d, channels wanted) const
{
  return transport_.transport().submit(encode_set(*family_, d, wanted));
}

task<coalescing> connection::get_coalescing(device d) const
{
  return fetch<coalescing>(transport_.transport(), make_request(*family_, ETHTOOL_MSG_COALESCE_GET, d));
}

task<> connection::set_coalescing(device d, coalescing wanted) const
{
  return transport_.transport().submit(encode_set(*family_, d, wanted));
}

task<features> connection::get_features(device d) const
{
  return fetch<features>(transport_.transport(), make_request(*family_, ETHTOOL_MSG_FEATURES_GET, d));
}

task<features_outcome> connection::set_features(device d, std::map<std::string, bool> switches) const
{
  return fetch<features_outcome>(transport_.transport(), encode_features(*family_, d, switches));
}

task<link_modes> connection::get_link_modes(device d) const
{
  return fetch<link_modes>(transport_.transport(), make_request(*family_, ETHTOOL_MSG_LINKMODES_GET, d));
}

task<> connection::set_link_modes(device d, link_modes_change change) const
{
  return transport_.transport().submit(encode_set(*family_, d, change));
}

task<link_state> connection::get_link_state(device d) const
{
  return fetch<link_state>(transport_.transport(), make_request(*family_, ETHTOOL_MSG_LINKSTATE_GET, d));
}

task<statistics> connection::get_statistics(device d) const
{
  return fetch_statistics(*this, std::move(d));
}

task<std::vector<std::string>> connection::strings(std::uint32_t set) const
{
  return strings(device(), set);
}

task<std::vector<std::string>> connection::strings(device d, std::uint32_t set) const
{
  return fetch_strings(transport_.transport(), make_strings_request(*family_, d, set), set);
}

} // namespace linx::genl::ethtool
