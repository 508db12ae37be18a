#include <linx/rtnl/connection.hpp>

#include "netlink/typed_dump.hpp"
#include "rtnl/encode_qdisc.hpp"
#include "rtnl/requests.hpp"

#include <linx/rtnl/link_statistics.hpp>
#include <linx/rtnl/qdisc.hpp>

namespace linx::rtnl {

namespace {

constexpr std::uint16_t create = NLM_F_CREATE | NLM_F_EXCL;
constexpr std::uint16_t create_or_replace = NLM_F_CREATE | NLM_F_REPLACE;

task<link_statistics> fetch_statistics(netlink::connection transport, link_id which)
{
  LINX_TRY(const std::uint32_t index, co_await index_of(transport, which));
  LINX_TRY(auto reply, co_await transport.request(encode_get_statistics(index)));
  auto found = link_statistics::decode(reply);
  if (!found) co_return error(errc::protocol, stage::decode).with_object("link " + to_string(which));
  co_return std::move(*found);
}

} // namespace

task<> connection::add_qdisc(qdisc q) const
{
  return submit_or_fail(transport_, encode_new(q, create));
}

task<> connection::replace_qdisc(qdisc q) const
{
  return submit_or_fail(transport_, encode_new(q, create_or_replace));
}

task<> connection::change_qdisc(qdisc q) const
{
  return submit_or_fail(transport_, encode_new(q, 0));
}

task<> connection::remove_qdisc(qdisc q) const
{
  return transport_.submit(encode_remove(q));
}

stream<qdisc> connection::qdiscs(std::uint32_t link_index, netlink::dump_options options) const
{
  return netlink::detail::typed_dump<qdisc>(transport_, encode_list_qdiscs(link_index), options,
                                            &qdisc::decode);
}

task<> connection::add_class(traffic_class c) const
{
  return submit_or_fail(transport_, encode_new(c, create));
}

task<> connection::replace_class(traffic_class c) const
{
  return submit_or_fail(transport_, encode_new(c, create_or_replace));
}

task<> connection::change_class(traffic_class c) const
{
  return submit_or_fail(transport_, encode_new(c, 0));
}

task<> connection::remove_class(traffic_class c) const
{
  return transport_.submit(encode_remove(c));
}

stream<traffic_class> connection::classes(std::uint32_t link_index, netlink::dump_options options) const
{
  return netlink::detail::typed_dump<traffic_class>(transport_, encode_list_classes(link_index), options,
                                                    &traffic_class::decode);
}

stream<filter> connection::filters(std::uint32_t link_index, tc_handle parent,
                                   netlink::dump_options options) const
{
  return netlink::detail::typed_dump<filter>(transport_, encode_list_filters(link_index, parent), options,
                                             &filter::decode);
}

task<link_statistics> connection::get_statistics(link_id which) const
{
  return fetch_statistics(transport_, std::move(which));
}

stream<link_statistics> connection::statistics(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<link_statistics>(transport_, encode_get_statistics(0), options,
                                                      &link_statistics::decode);
}

} // namespace linx::rtnl
