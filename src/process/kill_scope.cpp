#include <linx/process/kill_scope.hpp>

#include <algorithm>
#include <array>

namespace linx {

namespace {

constexpr std::array<std::string_view, 5> names{"process", "group", "session", "tree", "cgroup"};

} // namespace

std::string_view to_string(kill_scope scope) noexcept
{
  return names[static_cast<std::size_t>(scope)];
}

std::optional<kill_scope> parse_kill_scope(std::string_view name) noexcept
{
  const auto* const found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<kill_scope>(found - names.begin());
}

} // namespace linx
