// A supervisor at work, as the tests of it share one.
#pragma once

#include "process/support.hpp"

#include <linx/core/spawn.hpp>
#include <linx/process/supervisor.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>

namespace linx::test {

inline child_spec sleeper(const std::string& id)
{
  return child_spec(id, process_options("/bin/sleep").arg("1000"));
}

// How run() ended: always by an error.
struct ending {
  error why;
};

// A supervisor whose run() is a root of its own, as in a program.
class tree {
public:
  static task<tree> plant(supervisor_options options)
  {
    const executor ex = co_await asio::this_coro::executor;
    BOOST_OUTCOME_CO_TRY(auto made, supervisor::create(ex, std::move(options)));
    tree t(std::move(made));
    linx::spawn(ex, t.root->run(),
                asio::bind_cancellation_slot(
                    t.life_->stop.slot(), [life = t.life_](result<> how) { life->ended = std::move(how); }));
    co_return std::move(t);
  }

  void cancel() { life_->stop.emit(asio::cancellation_type::terminal); }

  // How run() ended.
  task<ending> ended()
  {
    auto life = life_;
    while (!life->ended) {
      BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
    }
    BOOST_REQUIRE(life->ended->has_error());
    ending how{life->ended->error()};
    co_return std::move(how);
  }

  task<ending> stopped()
  {
    cancel();
    return ended();
  }

  const child_status& child(const std::string& id)
  {
    last_ = root->status();
    const auto* found = last_.find(id);
    BOOST_REQUIRE_MESSAGE(found, "no child '" << id << "' of " << last_.children.size());
    return *found;
  }

  // Until the child is in that state.
  task<> reach(std::string id, child_state state)
  {
    while (child(id).state != state) {
      BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
    }
    co_return success();
  }

  std::optional<supervisor> root;

private:
  struct life {
    asio::cancellation_signal stop;
    std::optional<result<>> ended;
  };

  explicit tree(supervisor made) : root(std::move(made)), life_(std::make_shared<life>()) {}

  std::shared_ptr<life> life_;
  supervisor_status last_;
};

// "a: starting, a: running, ..." up to the end of the stream, without pids.
inline task<std::string> story(stream<supervisor_event> events)
{
  std::string text;
  for (;;) {
    BOOST_OUTCOME_CO_TRY(auto event, co_await events.next());
    if (!event) co_return text;
    if (event->what() == supervisor_event::kind::starting) continue;
    auto line = to_string(*event);
    if (const auto pid = line.find(" (pid"); pid != line.npos) line.erase(pid, line.find(')') + 1 - pid);
    text += (text.empty() ? "" : ", ") + line;
  }
}

// Parked for good.
inline task<> endless(process&)
{
  for (;;) {
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (cancel.cancelled() != asio::cancellation_type::none) co_return errc::cancelled;
    BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
  }
}

} // namespace linx::test
