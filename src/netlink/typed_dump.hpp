// Dumps of the rooms above: messages decoded into values as they are asked for.
#pragma once

#include "netlink/connection_access.hpp"
#include "netlink/decoding_source.hpp"
#include "netlink/dump_source.hpp"

namespace linx::netlink::detail {

// `absent` as of `dump_source`.
template <class T, class Decode>
stream<T> typed_dump(const connection& c, message_builder request, const dump_options& options, Decode decode,
                     int absent = 0)
{
  using linx::detail::make_state;
  auto state = connection_access::state(c);
  // On any thread, and the context of the connection may be about to go.
  const auto& beside = *state;
  return beside.with_home([&](const executor& home) {
    auto blocks = make_state<dump_source>(home, std::move(state), std::move(request), options, absent);
    return stream<T>(make_state<decoding_source<T, Decode>>(home, std::move(blocks), std::move(decode)));
  });
}

} // namespace linx::netlink::detail
