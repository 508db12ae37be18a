// Dumps of the rooms above: messages decoded into values as they are asked for.
#pragma once

#include "netlink/connection_access.hpp"
#include "netlink/decoding_source.hpp"
#include "netlink/dump_source.hpp"

namespace linx::netlink::detail {

template <class T, class Decode>
stream<T> typed_dump(const connection& c, message_builder request, const dump_options& options, Decode decode)
{
  auto state = connection_access::state(c);
  auto blocks = std::make_shared<dump_source>(state, std::move(request), options);
  return stream<T>(
      std::make_shared<decoding_source<T, Decode>>(std::move(state), std::move(blocks), std::move(decode)));
}

} // namespace linx::netlink::detail
