// What a link to be made must be, as far as it can be told without the kernel.
#pragma once

#include <linx/rtnl/new_link.hpp>

namespace linx::rtnl {

// `stage::argument` for what no kernel can make: it would answer EINVAL without a word.
result<> check_new_link(const new_link&);

// Tunnels name the device below in their own attribute.
bool has_lower_inside(const link_data&) noexcept;
// Index of the device below, wherever the kind has it; 0 for none.
std::uint32_t lower_of(const link&) noexcept;
// The kind's data with `new_link::lower` in it, for such a kind.
link_data with_lower_inside(const new_link&);

} // namespace linx::rtnl
