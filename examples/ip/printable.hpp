// Names that are no text.
#pragma once

#include "objects.hpp"

#include <string>
#include <string_view>

namespace ip_tool {

/// UTF-8 stays as it is. The kernel lets the name, the alias and the other names of a link have any bytes:
/// in a text that is not UTF-8, each byte that is wrong, and each backslash, is "\xNN".
std::string as_utf8(std::string_view bytes);

/// The same, and control characters are "\xNN" as well: nothing in it moves the cursor, or ends a line.
std::string as_line(std::string_view bytes);

/// With all strings inside as UTF-8, which JSON has to be.
json as_utf8(json all);

} // namespace ip_tool
