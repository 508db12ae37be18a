// Text that came from the kernel, as it may stand on a person's terminal.
#pragma once

#include <string>
#include <string_view>

namespace linx::netfilter::detail {

/// In double quotes. Bytes that could move the cursor or end the quotation are written as \xNN: comments, log
/// prefixes and names are chosen by whoever may change the ruleset, not by whoever watches it.
std::string quoted(std::string_view);

/// The name of a table, chain or set: as it is where nft(8) would take it so, else quoted.
std::string word(std::string_view name);

} // namespace linx::netfilter::detail
