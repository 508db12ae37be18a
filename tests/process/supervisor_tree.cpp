#include "process/supervisor_tree.hpp"

namespace linx::test {

task<tree> tree::plant(supervisor_options options)
{
  const executor ex = co_await asio::this_coro::executor;
  LINX_TRY(auto made, supervisor::create(ex, std::move(options)));
  tree t(std::move(made));
  linx::spawn(ex, t.root->run(),
              asio::bind_cancellation_slot(t.life_->stop.slot(),
                                           [life = t.life_](result<> how) { life->ended = std::move(how); }));
  co_return std::move(t);
}

task<ending> tree::ended()
{
  auto life = life_;
  while (!life->ended) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_REQUIRE(life->ended->has_error());
  ending how{life->ended->error()};
  co_return std::move(how);
}

task<ending> tree::stopped()
{
  cancel();
  return ended();
}

const child_status& tree::child(const std::string& id)
{
  last_ = root->status();
  const auto* found = last_.find(id);
  BOOST_REQUIRE_MESSAGE(found, "no child '" << id << "' of " << last_.children.size());
  return *found;
}

task<> tree::reach(std::string id, child_state state)
{
  while (child(id).state != state) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

child_spec sleeper(const std::string& id)
{
  return child_spec(id, process_options("/bin/sleep").arg("1000"));
}

task<std::string> story(stream<supervisor_event> events)
{
  std::string text;
  for (;;) {
    LINX_TRY(auto event, co_await events.next());
    if (!event) co_return text;
    if (event->what() == supervisor_event::kind::starting) continue;
    auto line = to_string(*event);
    if (const auto pid = line.find(" (pid"); pid != line.npos) line.erase(pid, line.find(')') + 1 - pid);
    text += (text.empty() ? "" : ", ") + line;
  }
}

task<> endless(process&)
{
  for (;;) {
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (cancel.cancelled() != asio::cancellation_type::none) co_return errc::cancelled;
    LINX_TRYV(co_await pause_briefly());
  }
}

} // namespace linx::test
