// sock_diag requests of values.
#pragma once

#include <linx/core/result.hpp>
#include <linx/diag/inet_socket.hpp>
#include <linx/diag/unix_socket.hpp>
#include <linx/netlink/message_builder.hpp>

namespace linx::diag {

// One family of the query.
result<netlink::message_builder> encode_list(const inet_query&, net::family);
netlink::message_builder encode_list(const unix_query&);
netlink::message_builder encode_get(protocol, const inet_socket&);
netlink::message_builder encode_destroy(protocol, const inet_socket&);

} // namespace linx::diag
