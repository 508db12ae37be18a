// Listings of what a filter means.
#pragma once

#include "netlink/typed_dump.hpp"

namespace linx::rtnl {

// Decodes, and passes on what matches: kernels before 4.20, and older ones for some objects, do not filter.
template <class T, class Filter>
stream<T> listing(const netlink::connection& transport, netlink::message_builder request,
                  const netlink::dump_options& options, Filter filter, int absent = 0)
{
  return netlink::detail::typed_dump<T>(
      transport, std::move(request), options,
      [filter = std::move(filter)](const netlink::message_view& m) {
        auto value = T::decode(m);
        if (value && !filter.matches(*value)) value.reset();
        return value;
      },
      absent);
}

} // namespace linx::rtnl
