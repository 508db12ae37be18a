// Expressions to bytes, by libnftnl.
#pragma once

#include <linx/netfilter/expression.hpp>
#include <linx/netlink/message_builder.hpp>

#include <string>
#include <vector>

namespace linx::netfilter::detail {

/// Why these expressions cannot be encoded, "" if they can: a name or a prefix that is longer than the kernel
/// takes.
std::string fault_of(const std::vector<expression>&);

/// Appends `type` (NFTA_RULE_EXPRESSIONS) with one NFTA_LIST_ELEM for each. `fault_of` them must be empty.
void put_expressions(netlink::message_builder&, std::uint16_t type, const std::vector<expression>&);

} // namespace linx::netfilter::detail
