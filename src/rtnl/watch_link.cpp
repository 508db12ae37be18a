#include <linx/rtnl/watch_link.hpp>

#include "core/source.hpp"

#include <linx/rtnl/monitor.hpp>

namespace linx::rtnl {

namespace {

monitor_options links_alone()
{
  return monitor_options().addresses(false).routes(false).initial_state(true);
}

bool is_one(const link_id& which, const link& l)
{
  return which.index() != 0 ? l.index == which.index() : l.is_called(which.name());
}

class link_source final : public linx::detail::source<rtnl::link> {
public:
  link_source(executor home, stream<event> events, link_id which)
      : source(std::move(home)), events_(std::move(events)), which_(std::move(which))
  {}

private:
  task<std::optional<rtnl::link>> read() override
  {
    for (;;) {
      if (is_closed()) co_return errc::closed;
      if (has_ended_) co_return std::optional<rtnl::link>();
      LINX_TRY(auto one, co_await events_.next());
      if (!one) has_ended_ = true;
      if (one && std::holds_alternative<netlink::lost>(*one)) is_in_doubt_ = true;
      // it went while events were lost
      if (one && std::holds_alternative<synchronized>(*one) && is_in_doubt_) has_ended_ = index_ != 0;
      auto* told = one ? std::get_if<changed<rtnl::link>>(&*one) : nullptr;
      if (told == nullptr || !is_ours(told->value())) continue;
      // one that went before it was ever told, and may come again
      if (told->what() == change::removed && index_ == 0) continue;
      is_in_doubt_ = false;
      has_ended_ = told->what() == change::removed;
      if (has_ended_) continue;
      index_ = told->value().index;
      co_return std::optional<rtnl::link>(std::move(*told).value());
    }
  }

  // From the first time on by its index: names change.
  bool is_ours(const rtnl::link& l) const { return index_ != 0 ? l.index == index_ : is_one(which_, l); }

  void on_close() noexcept override { events_.cancel(); }

  stream<event> events_;
  link_id which_;
  std::uint32_t index_ = 0;
  bool is_in_doubt_ = false;
  bool has_ended_ = false;
};

stream<link> make_stream(executor ex, stream<event> events, link_id which)
{
  return stream<link>(
      linx::detail::make_state<link_source>(std::move(ex), std::move(events), std::move(which)));
}

std::function<bool(const link&)> condition(link_condition what)
{
  switch (what) {
  case link_condition::up:
    return &link::is_up;
  case link_condition::carrier:
    return [](const link& l) { return l.is_up() && l.has_carrier(); };
  case link_condition::exists:
    break;
  }
  return [](const link&) { return true; };
}

// Of all links that go by that name one after the other.
task<link> wait_in(result<stream<event>> opened, link_id which, std::function<bool(const link&)> holds)
{
  LINX_TRY(auto events, std::move(opened));
  for (;;) {
    LINX_TRY(auto one, co_await events.next());
    if (!one) co_return errc::closed;
    auto* told = std::get_if<changed<link>>(&*one);
    if (told == nullptr || told->what() == change::removed || !is_one(which, told->value())) continue;
    if (holds(told->value())) co_return std::move(*told).value();
  }
}

} // namespace

result<stream<link>> watch_link(executor ex, link_id which)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto events, monitor::open(ex, links_alone()));
  return make_stream(std::move(ex), std::move(events), std::move(which));
}

result<stream<link>> watch_link(executor ex, const ns::handle& net, link_id which)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto events, monitor::open(ex, net, links_alone()));
  return make_stream(std::move(ex), std::move(events), std::move(which));
}

task<link> wait_for_link(executor ex, link_id which, link_condition what)
{
  return wait_for_link(std::move(ex), std::move(which), condition(what));
}

task<link> wait_for_link(executor ex, link_id which, std::function<bool(const link&)> holds)
{
  auto opened = monitor::open(std::move(ex), links_alone());
  return wait_in(std::move(opened), std::move(which), std::move(holds));
}

task<link> wait_for_link(executor ex, const ns::handle& net, link_id which, link_condition what)
{
  auto opened = monitor::open(std::move(ex), net, links_alone());
  return wait_in(std::move(opened), std::move(which), condition(what));
}

} // namespace linx::rtnl
