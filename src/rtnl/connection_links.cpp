#include <linx/rtnl/connection.hpp>

#include "netlink/typed_dump.hpp"
#include "rtnl/encode_link.hpp"
#include "rtnl/encode_netns.hpp"
#include "rtnl/requests.hpp"

#include <linx/ns/handle.hpp>
#include <linx/rtnl/link_filter.hpp>
#include <linx/rtnl/new_link.hpp>

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

bool is_named(const std::optional<link_id>& which) noexcept
{
  return which && which->index() == 0 && !which->name().empty();
}

// With the master by index.
task<link_change> resolved(netlink::connection transport, link_change change)
{
  if (is_named(change.master())) {
    LINX_TRY(const std::uint32_t master, co_await index_of(transport, *change.master()));
    change.master(master);
  }
  co_return std::move(change);
}

task<> look_up_and_change(netlink::connection transport, link_id which, link_change change)
{
  LINX_TRY(auto by_index, co_await resolved(transport, std::move(change)));
  // IFLA_IFNAME is the new name then, so it cannot say which link is meant
  if (by_index.name()) {
    LINX_TRY(const std::uint32_t index, co_await index_of(transport, std::move(which)));
    which = index;
  }
  LINX_TRY(auto request, encode_change(which, by_index));
  auto submitted = transport.submit(std::move(request));
  co_return co_await std::move(submitted);
}

task<> look_up_and_make(netlink::connection transport, new_link link, std::uint16_t flags)
{
  // before the look-ups: a link that cannot be made needs none
  LINX_TRYV(encode_new_link(link, flags));
  LINX_TRY(auto settings, co_await resolved(transport, link.settings()));
  link.with(std::move(settings));
  if (is_named(link.lower())) {
    LINX_TRY(const std::uint32_t lower, co_await index_of(transport, *link.lower()));
    link.lower(lower);
  }
  LINX_TRY(auto request, encode_new_link(link, flags));
  auto submitted = transport.submit(std::move(request));
  co_return co_await std::move(submitted);
}

task<> make(const netlink::connection& transport, new_link link, std::uint16_t flags)
{
  if (is_named(link.lower()) || is_named(link.settings().master()))
    return look_up_and_make(transport, std::move(link), flags);
  return submit_or_fail(transport, encode_new_link(link, flags));
}

task<std::optional<std::int32_t>> ask_netns_id(netlink::connection transport,
                                               netlink::message_builder request)
{
  LINX_TRY(auto reply, co_await transport.request(std::move(request)));
  const auto id = decode_netns_id(reply);
  if (!id) co_return error(errc::protocol, stage::decode).with_object("network namespace id");
  if (*id < 0) co_return std::optional<std::int32_t>(); // NETNSA_NSID_NOT_ASSIGNED
  co_return id;
}

} // namespace

task<> connection::add_link(veth pair) const
{
  return submit_or_fail(transport_, encode_new_link(pair));
}

task<> connection::add_link(new_link link) const
{
  return make(transport_, std::move(link), NLM_F_CREATE | NLM_F_EXCL);
}

task<> connection::replace_link(new_link link) const
{
  // not NLM_F_REPLACE, which rtnetlink refuses for links with EOPNOTSUPP
  return make(transport_, std::move(link), NLM_F_CREATE);
}

task<> connection::change_link(link_id which, link_change change) const
{
  if ((change.name() && which.index() == 0) || is_named(change.master()))
    return look_up_and_change(transport_, std::move(which), std::move(change));
  return submit_or_fail(transport_, encode_change(which, change));
}

task<> connection::set_up(link_id which) const
{
  return submit_or_fail(transport_, encode_change(which, link_change().up()));
}

task<> connection::set_down(link_id which) const
{
  return submit_or_fail(transport_, encode_change(which, link_change().down()));
}

task<> connection::remove_link(link_id which) const
{
  return submit_or_fail(transport_, encode_remove(which));
}

task<link> connection::get_link(link_id which) const
{
  return fetch_link(transport_, std::move(which));
}

stream<link> connection::links(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<link>(transport_, encode_list_links(), options, &link::decode);
}

stream<link> connection::links(link_filter which, netlink::dump_options options) const
{
  return netlink::detail::typed_dump<link>(transport_, encode_list_links(which.master(), which.kind()),
                                           options, &link::decode);
}

task<> connection::add_alternative_names(link_id which, std::vector<std::string> names) const
{
  return submit_or_fail(transport_, encode_alternative_names(RTM_NEWLINKPROP, which, names));
}

task<> connection::remove_alternative_names(link_id which, std::vector<std::string> names) const
{
  return submit_or_fail(transport_, encode_alternative_names(RTM_DELLINKPROP, which, names));
}

task<> connection::attach_xdp(link_id which, xdp_program program) const
{
  return submit_or_fail(transport_, encode_attach_xdp(which, program));
}

task<> connection::detach_xdp(link_id which, xdp_mode mode) const
{
  return submit_or_fail(transport_, encode_detach_xdp(which, mode));
}

task<> connection::set_netns_id(const ns::handle& net, std::int32_t id) const
{
  return transport_.submit(encode_netns_id(RTM_NEWNSID, net.fd(), id));
}

task<std::optional<std::int32_t>> connection::get_netns_id(const ns::handle& net) const
{
  return ask_netns_id(transport_, encode_netns_id(RTM_GETNSID, net.fd(), std::nullopt));
}

stream<std::int32_t> connection::netns_ids(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<std::int32_t>(transport_, encode_list_netns_ids(), options,
                                                   &decode_netns_id);
}

} // namespace linx::rtnl
