// rtnetlink requests about links.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/link.hpp>

#include <span>

struct ifinfomsg;

namespace linx::rtnl {

class link_change;
class new_link;
class veth;
class xdp_program;

// What dev_valid_name() of the kernel accepts; otherwise `stage::argument`.
result<> check_link_name(std::string_view name);
// The same, or an alternative name, which may be longer.
result<> check_link_reference(std::string_view name);

// A message about one link: by index, or by name for the kernel to look up.
result<netlink::message_builder> link_message(std::uint16_t type, std::uint16_t flags, const link_id&,
                                              ifinfomsg header);

result<netlink::message_builder> encode_new_link(const veth&);
// `flags` are NLM_F_CREATE, with NLM_F_EXCL or without. The links that it names, by index.
result<netlink::message_builder> encode_new_link(const new_link&, std::uint16_t flags);
// By name, unless the name itself changes: that takes an index. The master by index.
result<netlink::message_builder> encode_change(const link_id&, const link_change&);
result<netlink::message_builder> encode_remove(const link_id&);
result<netlink::message_builder> encode_get(const link_id&);
// `master` 0 and an empty kind list all.
netlink::message_builder encode_list_links(std::uint32_t master = 0, std::string_view kind = {});
// `type` is RTM_NEWLINKPROP or RTM_DELLINKPROP.
result<netlink::message_builder> encode_alternative_names(std::uint16_t type, const link_id&,
                                                          std::span<const std::string> names);
result<netlink::message_builder> encode_attach_xdp(const link_id&, const xdp_program&);
result<netlink::message_builder> encode_detach_xdp(const link_id&, xdp_mode);

} // namespace linx::rtnl
