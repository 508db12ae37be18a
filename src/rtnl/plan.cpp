#include <linx/rtnl/plan.hpp>

#include <linx/rtnl/cache.hpp>

#include <string_view>

namespace linx::rtnl {

namespace {

constexpr std::string_view verbs[] = {"remove", "add", "change"};
constexpr std::string_view objects[] = {"link", "address", "neighbour", "route", "rule"};

} // namespace

observed::observed(const cache& c)
    : links(c.links()),
      addresses(c.addresses()),
      neighbours(c.neighbours()),
      routes(c.routes()),
      rules(c.rules())
{}

std::string to_string(const action& a)
{
  std::string text(verbs[static_cast<std::size_t>(a.what())]);
  text += " ";
  text += objects[a.which().index()];
  text += " ";
  text += std::visit([](const auto& one) { return to_string(one); }, a.which());
  return text;
}

std::string to_string(const plan& steps)
{
  std::string text;
  for (const auto& one : steps) text += to_string(one) + "\n";
  return text;
}

} // namespace linx::rtnl
