// The socket between host and parked child, full: what finds room is done, what does not says so, and the
// word to proceed waits for its turn.

#include "process/support.hpp"

#include <linx/core/spawn.hpp>

#include <csignal>

using namespace linx;
using namespace linx::test;

namespace {

struct steps {
  int asked = 0, done = 0, full = 0;
  std::optional<error> other;

  void take(const result<>& answer)
  {
    if (answer)
      ++done;
    else if (answer.error().where() == stage::send && answer.error().errnum() == EAGAIN)
      ++full;
    else
      other = answer.error();
  }
  bool complete() const { return done + full == asked || other; }
};

/// \param goes_on the child reads on; or it dies.
task<> full(bool goes_on)
{
  BOOST_OUTCOME_CO_TRY(auto child, co_await spawn_parked(shell("exit 6")));
  const pid_t pid = child.host_pid().value();
  ::kill(pid, SIGSTOP);
  const executor home = co_await asio::this_coro::executor;
  steps all;
  for (; all.full == 0 && all.asked != 2000; ++all.asked)
    linx::spawn(home, child.no_new_privs(), [&all](const result<>& answer) { all.take(answer); });
  while (all.full == 0) {
    BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
  }
  std::optional<result<>> proceeded;
  auto note = [&proceeded](result<> r) { proceeded.emplace(std::move(r)); };
  linx::spawn(home, child.proceed(), std::move(note));
  BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
  BOOST_TEST(!proceeded.has_value());
  BOOST_TEST(!is_terminal(child.info().state));
  ::kill(pid, goes_on ? SIGCONT : SIGKILL);
  while (!proceeded || (goes_on && !all.complete())) {
    BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
  }
  const auto how = co_await child.wait();
  BOOST_TEST_MESSAGE(all.done << " steps done, " << all.full << " refused");
  if (goes_on) {
    BOOST_TEST(!all.other.has_value());
    BOOST_TEST(all.done > 100);
    BOOST_TEST(proceeded->has_value(), why(*proceeded));
    BOOST_TEST((how && how.value() == exit_status::exited(6)), why(how));
  } else {
    BOOST_TEST((how.has_error() && how.error().where() == stage::exec_outcome), why(how));
    BOOST_TEST((proceeded->has_error() && proceeded->error().where() == stage::exec_outcome));
    while (all.done + all.full != all.asked && !all.other) {
      BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
    }
    BOOST_TEST((all.other && *all.other == errc::no_process)); // no step is left without an answer
  }
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_SUITE(process_checkpoint_fault)

BOOST_AUTO_TEST_CASE(full_of_steps)
{
  run_body(full(true));
}
BOOST_AUTO_TEST_CASE(full_of_steps_and_the_child_dies)
{
  run_body(full(false));
}

BOOST_AUTO_TEST_SUITE_END()
