#include <linx/core/error.hpp>

#include <cerrno>

namespace linx {

std::string_view remedy(const error&) noexcept { return ""; }

} // namespace linx
