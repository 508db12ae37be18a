// TCA_OPTIONS of each kind, read and written.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/qdisc_options.hpp>

#include <string_view>

namespace linx::rtnl {

qdisc_options decode_qdisc_options(std::string_view kind, const netlink::attribute& options);
class_options decode_class_options(std::string_view kind, const netlink::attribute& options);

// Adds TCA_OPTIONS. Errors: stage `argument` for what the kernel could only refuse without a word.
result<> put_qdisc_options(netlink::message_builder&, const qdisc_options&);
result<> put_class_options(netlink::message_builder&, const class_options&);

} // namespace linx::rtnl
