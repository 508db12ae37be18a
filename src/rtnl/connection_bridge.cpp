#include <linx/rtnl/connection.hpp>

#include "netlink/typed_dump.hpp"
#include "rtnl/encode_bridge.hpp"
#include "rtnl/requests.hpp"

#include <linx/rtnl/bridge_port.hpp>

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

task<> change_port(netlink::connection transport, link_id port, bridge_port options)
{
  LINX_TRY(const std::uint32_t index, co_await index_of(transport, std::move(port)));
  auto submitted = transport.submit(encode_change(index, options));
  co_return co_await std::move(submitted);
}

task<> change_vlan(netlink::connection transport, link_id port, bridge_vlan range, std::uint16_t type)
{
  LINX_TRY(const std::uint32_t index, co_await index_of(transport, std::move(port)));
  LINX_TRY(auto request, encode_bridge_vlan(type, index, range));
  auto submitted = transport.submit(std::move(request));
  co_return co_await std::move(submitted);
}

task<> flush(netlink::connection transport, link_id which, fdb_flush what)
{
  LINX_TRY(const std::uint32_t index, co_await index_of(transport, std::move(which)));
  auto submitted = transport.submit(encode_flush_fdb(index, what));
  co_return co_await std::move(submitted);
}

} // namespace

task<> connection::change_bridge_port(link_id port, bridge_port options) const
{
  return change_port(transport_, std::move(port), std::move(options));
}

task<> connection::add_bridge_vlan(link_id port, bridge_vlan range) const
{
  return change_vlan(transport_, std::move(port), range, RTM_SETLINK);
}

task<> connection::remove_bridge_vlan(link_id port, bridge_vlan range) const
{
  return change_vlan(transport_, std::move(port), range, RTM_DELLINK);
}

stream<port_vlans> connection::bridge_vlans(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<port_vlans>(transport_, encode_list_bridge_vlans(), options,
                                                 &port_vlans::decode);
}

task<> connection::add_fdb(fdb_entry entry) const
{
  return submit_or_fail(transport_, encode_fdb(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, entry));
}

task<> connection::replace_fdb(fdb_entry entry) const
{
  return submit_or_fail(transport_, encode_fdb(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, entry));
}

task<> connection::append_fdb(fdb_entry entry) const
{
  return submit_or_fail(transport_, encode_fdb(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_APPEND, entry));
}

task<> connection::remove_fdb(fdb_entry entry) const
{
  return submit_or_fail(transport_, encode_fdb(RTM_DELNEIGH, 0, entry));
}

stream<fdb_entry> connection::fdb(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<fdb_entry>(transport_, encode_list_fdb(0, 0), options,
                                                &fdb_entry::decode);
}

stream<fdb_entry> connection::fdb(fdb_filter which, netlink::dump_options options) const
{
  return netlink::detail::typed_dump<fdb_entry>(transport_, encode_list_fdb(which.bridge(), which.link()),
                                                options, &fdb_entry::decode);
}

task<> connection::flush_fdb(link_id which, fdb_flush what) const
{
  return flush(transport_, std::move(which), what);
}

} // namespace linx::rtnl
