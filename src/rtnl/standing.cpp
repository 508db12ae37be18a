#include "rtnl/standing.hpp"

#include "rtnl/unmet_options.hpp"
#include "rtnl/view.hpp"

namespace linx::rtnl {

namespace {

class teller {
public:
  explicit teller(const observed& there) : there_(there), now_(there) {}

  std::string operator()(const desired_link& asked) const
  {
    const auto* one = now_.find(asked.name);
    if (one == nullptr) return {};
    desired_link found(one->name);
    if (asked.address && one->address) found.address = one->address->as_mac();
    if (asked.mtu_bytes) found.mtu_bytes = one->mtu;
    if (asked.master) found.master = now_.name(one->master.value_or(0));
    if (asked.is_up) found.is_up = one->is_up();
    return to_string(found) + compare(asked.data, one->data).found;
  }

  std::string operator()(const desired_address& asked) const
  {
    std::string text;
    for (const auto& each : there_.addresses)
      if (each.local.address() == asked.local.address() && now_.is_called(each.link, asked.link))
        add(text, to_string(desired_address(asked.link, each.local, each.peer)));
    return text;
  }

  std::string operator()(const desired_neighbour& asked) const
  {
    const auto* one = now_.find(asked);
    return one == nullptr ? std::string() : to_string(*one);
  }

  std::string operator()(const desired_route& asked) const
  {
    std::string text;
    for (const auto& each : there_.routes)
      if (each.protocol == asked.value.protocol && detail::key_of(each) == detail::key_of(asked.value))
        add(text, to_string(now_.named(each)));
    return text;
  }

  std::string operator()(const rule& asked) const
  {
    std::string text;
    for (const auto& each : there_.rules)
      if (each.family == asked.family && each.priority == asked.priority) add(text, to_string(each));
    return text;
  }

private:
  static void add(std::string& text, const std::string& one) { text += (text.empty() ? "" : "; ") + one; }

  const observed& there_;
  detail::view now_;
};

} // namespace

std::string standing_for(const action& step, const observed& there)
{
  return std::visit(teller(there), step.which());
}

} // namespace linx::rtnl
