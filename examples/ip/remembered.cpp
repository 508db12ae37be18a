#include "remembered.hpp"

#include "wanted.hpp"

namespace ip_tool {

namespace rtnl = linx::rtnl;
using linx::result;
using linx::success;

namespace {

// What an object is known by, section for section; routes are known by their protocol and not remembered.

std::string identity(const rtnl::desired_link& l)
{
  return l.name + ' ' + std::string(kind_name(l.data)) + ' ' + l.peer; // one of another kind is another
}
std::string identity(const rtnl::desired_address& a)
{
  return to_string(a);
}
std::string identity(const rtnl::desired_neighbour& n)
{
  return to_string(n);
}
// The kernel's listing says more than was asked for.
std::string identity(rtnl::rule r)
{
  r.flags = 0;
  r.protocol = 0;
  return (r.family == linx::net::family::v4 ? "4 " : "6 ") + to_string(r);
}

template <class Use>
void each_section(const rtnl::desired& all, Use use)
{
  use("links", all.links);
  use("addresses", all.addresses);
  use("neighbours", all.neighbours);
  use("rules", all.rules);
}

} // namespace

result<> remembered::add(std::string_view text, const std::string& name)
{
  BOOST_OUTCOME_TRY(const auto all, read_wanted(text, name));
  BOOST_OUTCOME_TRY(const auto document, parse_document(text));
  each_section(all, [&](const char* section, const auto& objects) {
    for (std::size_t n = 0; n != objects.size(); ++n)
      entries_.insert_or_assign({section, identity(objects[n])}, document[section][n]);
  });
  return success();
}

std::string remembered::text(const rtnl::desired& ours) const
{
  json document{{"protocol", ours.protocol}};
  each_section(ours, [&](const char* section, const auto& objects) {
    for (const auto& each : objects) {
      const auto found = entries_.find({section, identity(each)});
      if (found != entries_.end()) document[section].push_back(found->second);
    }
  });
  return document.dump(2) + '\n';
}

} // namespace ip_tool
