// The table of verbs and states of docs/process.md, cell by cell, and what info() says in each state.

#include "process/stdio_support.hpp"

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_contract_kernel)

using namespace linx;
using namespace linx::test;

namespace {

process_options sleeping()
{
  return process_options("/bin/sleep").arg("1000");
}

/// What the verbs answer that need no waiting: true for done, or the code of the refusal.
void check_verbs(process& child, error_code signal, error_code abort, error_code detach)
{
  const auto code = [](const result<>& r) { return r ? error_code() : r.error().code(); };
  BOOST_TEST(code(child.signal(SIGCONT)) == signal);
  if (abort) BOOST_TEST(code(child.abort()) == abort); // a granted one would end the test
  if (detach) BOOST_TEST(code(child.detach()) == detach);
  for (const int none : {-1, 0, 65, 1000}) {
    const auto refused = child.signal(none);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().where() == stage::argument), refused.error().message());
  }
}

task<> verbs_in_each_state()
{
  LINX_TRY(auto child, co_await process::spawn(sleeping()));
  BOOST_TEST((child.info().state == process_state::starting));
  BOOST_TEST(child.info().host_pid == 0);
  BOOST_TEST((child.host_pid().error() == errc::not_ready));
  check_verbs(child, {}, {}, errc::not_ready);

  LINX_TRY(const pid_t pid, co_await child.ready());
  BOOST_TEST((child.info().state == process_state::ready));
  check_verbs(child, {}, {}, errc::not_ready);

  LINX_TRYV(co_await child.proceed());
  BOOST_TEST((child.info().state == process_state::running));
  check_verbs(child, {}, errc::running, {});
  LINX_TRYV(co_await child.proceed()); // once more is no mistake
  LINX_TRY(const pid_t again, co_await child.ready());
  BOOST_TEST(again == pid);

  BOOST_REQUIRE(child.signal(SIGKILL));
  LINX_TRYV(co_await child.wait());
  check_verbs(child, errc::no_process, errc::no_process, errc::no_process);
  BOOST_TEST(child.host_pid().value() == pid); // the number stays known
  const auto late = co_await child.proceed();
  BOOST_TEST((late.error() == errc::no_process));
  LINX_TRY(const pid_t was, co_await child.ready());
  BOOST_TEST(was == pid);
  BOOST_TEST((child.proc_dir().error() == errc::no_process));
  co_return success();
}

void check_info(const process& child, process_state state, bool ran)
{
  const auto info = child.info();
  BOOST_TEST_CONTEXT(to_string(state))
  {
    BOOST_TEST((info.mode == process_mode::spawn));
    BOOST_TEST((info.state == state), to_string(info.state));
    BOOST_TEST(info.argv.size() > 0u);
    BOOST_TEST(info.host_pid > 0);
    BOOST_TEST((info.child_pid > 0) ==
               (ran || state == process_state::aborted || state == process_state::failed));
    BOOST_REQUIRE(info.outcome);
    BOOST_TEST(info.outcome->has_value() == (state != process_state::failed));
    BOOST_TEST(info.usage.has_value());
    BOOST_TEST(info.entered.empty());
  }
}

task<> info_after_each_end()
{
  LINX_TRY(auto exited, co_await spawn_running(shell("exit 3")));
  LINX_TRYV(co_await exited.wait());
  check_info(exited, process_state::exited, true);

  LINX_TRY(auto signaled, co_await spawn_running(sleeping()));
  BOOST_REQUIRE(signaled.signal(SIGTERM));
  LINX_TRYV(co_await signaled.wait());
  check_info(signaled, process_state::signaled, true);

  LINX_TRY(auto aborted, co_await spawn_parked(sleeping()));
  BOOST_REQUIRE(aborted.abort());
  LINX_TRYV(co_await aborted.wait());
  check_info(aborted, process_state::aborted, false);

  LINX_TRY(auto failed, co_await spawn_parked(process_options("/bin/nope")));
  const auto proceeded = co_await failed.proceed();
  BOOST_TEST((proceeded.error().where() == stage::execve));
  const auto how = co_await failed.wait();
  BOOST_REQUIRE(!how);
  check_info(failed, process_state::failed, false);
  BOOST_TEST(failed.info().outcome->error().message() == how.error().message());
  co_return success();
}

// The first fatal signal that is sent decides how a process ends (complete_signal() in the kernel), so the
// outcome is the order of sending; real-time signals are fatal by default and dump no core.
task<> signals_in_order()
{
  for (const int first : {SIGRTMIN + 6, SIGRTMIN}) {
    LINX_TRY(auto child, co_await process::spawn(sleeping()));
    BOOST_REQUIRE(child.signal(SIGCONT)); // starting; it changes nothing
    BOOST_REQUIRE(child.signal(first));
    LINX_TRYV(co_await child.ready());
    for (int i = 0; i != 20; ++i) BOOST_REQUIRE(child.signal(SIGRTMIN + 6 + SIGRTMIN - first)); // the other
    BOOST_REQUIRE(child.signal(SIGKILL));
    (void)co_await child.proceed();
    LINX_TRY(const auto how, co_await child.wait());
    BOOST_TEST((how == exit_status::signaled(first, false)), to_string(how));
  }
  co_return success();
}

/// Whether SIGQUIT makes the kernel write a core of a shell in this directory.
bool dumps_core(const std::string& directory)
{
  const pid_t pid = ::fork();
  if (pid == 0) {
    const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
    ::signal(SIGQUIT, SIG_DFL); // a shell ignores it in what it runs in the background
    if (::setrlimit(RLIMIT_CORE, &all) == 0 && ::chdir(directory.c_str()) == 0)
      ::execl("/bin/sh", "sh", "-c", "kill -QUIT $$", nullptr);
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) && WCOREDUMP(status);
}

task<> cores(std::string directory)
{
  for (const bool core : {false, true}) {
    const rlim_t most = core ? RLIM_INFINITY : 0;
    auto options = shell("kill -QUIT $$").cwd(directory);
    options.resources(resources().limit(resource_limit(RLIMIT_CORE, most, most)));
    for (const char* namespaces : {"", "user", "user,pid"}) {
      auto here = options;
      if (*namespaces) here.unshare(namespaces);
      const bool init = std::string_view(namespaces) == "user,pid";
      if (init) here.init();
      LINX_TRY(auto child, co_await spawn_running(std::move(here)));
      LINX_TRY(const auto how, co_await child.wait());
      const bool dumped = core && dumps_core(directory);
      BOOST_TEST((how == exit_status::signaled(SIGQUIT, dumped)), namespaces << ": " << to_string(how));
      BOOST_TEST(how.core_dumped() == dumped);
    }
  }
  co_return success();
}

// An attacher that borrows the session for a while may miss nothing, nor may its owner: the end is in info().
task<> handed_over_and_back()
{
  LINX_TRY(auto child, co_await spawn_running(sleeping()));
  auto owner = child.events();
  LINX_TRY(const auto ready, co_await owner.next());
  BOOST_REQUIRE(ready);
  owner.cancel();
  {
    auto attacher = child.events();
    LINX_TRY(const auto running, co_await attacher.next());
    BOOST_REQUIRE(running);
    BOOST_TEST((running->what() == process_event::kind::running));
    BOOST_REQUIRE(child.signal(SIGKILL));
    LINX_TRYV(co_await child.wait());
  } // dropped with the terminal event unread
  auto back = child.events();
  LINX_TRY(const auto last, co_await back.next());
  BOOST_REQUIRE(last);
  BOOST_TEST(last->terminal());
  BOOST_TEST((child.info().state == process_state::signaled));
  LINX_TRY(const auto none, co_await back.next());
  BOOST_TEST(!none);
  co_return success();
}

} // namespace

// Each verb answers as the table says, and a number that is no signal is refused in every state.
BOOST_AUTO_TEST_CASE(verbs)
{
  run_body(verbs_in_each_state());
}
// A snapshot is whole for as long as the handle lives.
BOOST_AUTO_TEST_CASE(info)
{
  run_body(info_after_each_end());
}
// Kept signals of before and after ready are sent as they came.
BOOST_AUTO_TEST_CASE(kept_signals_are_sent_in_order)
{
  run_body(signals_in_order());
}
// Whether there is a core is the kernel's word, through an init, too.
BOOST_AUTO_TEST_CASE(signaled_with_a_core)
{
  const scratch dir;
  run_body(cores(dir / "."));
}
BOOST_AUTO_TEST_CASE(events_go_to_an_attacher_and_back)
{
  run_body(handed_over_and_back());
}

BOOST_AUTO_TEST_SUITE_END()
