// The socket between host and parked child, full: what finds room is done, what does not says so, and the
// word to proceed waits for its turn. And the same socket after the child's death.

#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <linx/core/spawn.hpp>

#include <csignal>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(process_checkpoint_fault)

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
  LINX_TRY(auto child, co_await spawn_parked(shell("exit 6")));
  const pid_t pid = child.host_pid().value();
  ::kill(pid, SIGSTOP);
  const executor home = co_await asio::this_coro::executor;
  steps all;
  for (; all.full == 0 && all.asked != 2000; ++all.asked)
    linx::spawn(home, child.no_new_privs(), [&all](const result<>& answer) { all.take(answer); });
  while (all.full == 0) {
    LINX_TRYV(co_await pause_briefly());
  }
  std::optional<result<>> proceeded;
  auto note = [&proceeded](result<> r) { proceeded.emplace(std::move(r)); };
  linx::spawn(home, child.proceed(), std::move(note));
  LINX_TRYV(co_await pause_briefly());
  BOOST_TEST(!proceeded.has_value());
  BOOST_TEST(!is_terminal(child.info().state));
  ::kill(pid, goes_on ? SIGCONT : SIGKILL);
  while (!proceeded || (goes_on && !all.complete())) {
    LINX_TRYV(co_await pause_briefly());
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
      LINX_TRYV(co_await pause_briefly());
    }
    BOOST_TEST((all.other && *all.other == errc::no_process)); // no step is left without an answer
  }
  co_return success();
}

/// The host has seen the socket end and not heard of the exit yet: the number of the socket is somebody
/// else's already.
task<> died_and_not_told()
{
  LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/true")));
  const pid_t pid = child.host_pid().value();
  const pid_t spawner = std::stoi(status_field(pid, "PPid"));
  const auto before = open_descriptors();
  ::kill(spawner, SIGSTOP);
  ::kill(pid, SIGKILL);
  while (open_descriptors() == before) {
    LINX_TRYV(co_await pause_briefly());
  }
  int pair[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
  const io::unique_fd mine(pair[0]), others(pair[1]);
  const executor home = co_await asio::this_coro::executor;
  std::optional<result<>> proceeded;
  auto note = [&proceeded](result<> r) { proceeded.emplace(std::move(r)); };
  linx::spawn(home, child.proceed(), std::move(note));
  const auto step = co_await child.no_new_privs();
  BOOST_TEST((step.has_error() && step.error() == errc::no_process), why(step));
  BOOST_TEST(!proceeded.has_value());
  char byte;
  BOOST_TEST(::recv(mine.get(), &byte, 1, MSG_DONTWAIT) == -1);
  BOOST_TEST(::recv(others.get(), &byte, 1, MSG_DONTWAIT) == -1);
  ::kill(spawner, SIGCONT);
  const auto how = co_await child.wait();
  BOOST_TEST((how.has_error() && how.error().where() == stage::exec_outcome), why(how));
  while (!proceeded) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_TEST((proceeded->has_error() && proceeded->error().where() == stage::exec_outcome));
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(full_of_steps)
{
  run_body(full(true));
}
BOOST_AUTO_TEST_CASE(full_of_steps_and_the_child_dies)
{
  run_body(full(false));
}

BOOST_AUTO_TEST_CASE(nothing_is_said_to_a_dead_child)
{
  run_body(died_and_not_told());
}

BOOST_AUTO_TEST_SUITE_END()
