// Another process gets the number of a child that has ended, before the host has heard of that: nothing that
// is meant for the child reaches it.

#include "process/support.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_recycled_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// A process with a number of the test's choice (clone3(2) with set_tid, Linux 5.5; CAP_SYS_ADMIN).
class squatter {
public:
  explicit squatter(pid_t number, std::uint64_t namespaces = 0)
  {
    clone_args order{};
    order.flags = namespaces;
    order.exit_signal = SIGCHLD;
    order.set_tid = reinterpret_cast<std::uint64_t>(&number);
    order.set_tid_size = 1;
    do pid_ = static_cast<pid_t>(::syscall(SYS_clone3, &order, sizeof order));
    while (pid_ < 0 && errno == EEXIST); // a thread of the kernel's may have it for a moment
    if (pid_ == 0) {
      for (;;) ::pause();
    }
  }
  ~squatter()
  {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  squatter(const squatter&) = delete;
  squatter& operator=(const squatter&) = delete;

  bool sits() const { return pid_ > 0; }

  /// Nobody has touched it.
  bool is_untouched() const
  {
    return ::waitpid(pid_, nullptr, WNOHANG) == 0 && status_field(pid_, "ShdPnd") == std::string(16, '0');
  }

private:
  pid_t pid_ = 0;
};

bool can_choose_numbers()
{
  const pid_t free_number = ::fork();
  if (free_number == 0) ::_exit(0);
  ::waitpid(free_number, nullptr, 0);
  const squatter probe(free_number);
  if (!probe.sits()) BOOST_TEST_MESSAGE("skipped: clone3 with set_tid: " << std::strerror(errno));
  return probe.sits();
}

/// Ends a child and waits until its number is free, without a turn of the context.
void end_unheard(pid_t pid)
{
  ::kill(pid, SIGKILL);
  while (exists(pid)) ::usleep(1000);
}

/// \param pinned its /proc directory was opened while it lived.
task<> running(bool pinned)
{
  LINX_TRY(auto child, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const pid_t pid = child.host_pid().value();
  if (pinned) BOOST_REQUIRE(child.proc_dir());
  const enter_target target = pinned ? enter_target(child) : enter_target::pid(pid);
  end_unheard(pid);
  const squatter other(pid, CLONE_NEWUTS);
  BOOST_REQUIRE(other.sits());
  BOOST_TEST((child.info().state == process_state::running)); // as far as the host knows

  const auto sent = child.signal(SIGTERM);
  BOOST_TEST((sent.has_error() && sent.error() == errc::no_process), why(sent));
  const auto dir = child.proc_dir();
  if (dir) {
    BOOST_TEST(pinned);
    const io::unique_fd status(::openat(dir.value(), "status", O_RDONLY | O_CLOEXEC));
    BOOST_TEST(!status);
  } else {
    BOOST_TEST((dir.error() == errc::no_process), why(dir));
  }
  const auto uts = child.namespace_handle(ns::kind::uts);
  BOOST_TEST(uts.has_error());
  auto into_target = process_options("/bin/true").auto_proceed();
  const auto entered = co_await process::enter(target, std::move(into_target));
  BOOST_TEST(entered.has_error());
  auto into_child = process_options("/bin/true").auto_proceed();
  const auto late = co_await process::enter(enter_target(child), std::move(into_child));
  BOOST_TEST(late.has_error());

  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGKILL, false)), to_string(how));
  BOOST_TEST(other.is_untouched());
  co_return success();
}

task<> parked()
{
  LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/true").unshare("user")));
  const pid_t pid = child.host_pid().value();
  end_unheard(pid);
  const squatter other(pid, CLONE_NEWUSER);
  BOOST_REQUIRE(other.sits());
  auto map = id_map::root(::geteuid());
  const auto mapped = co_await child.set_uid_map(std::move(map));
  BOOST_TEST(mapped.has_error());
  std::ifstream maps("/proc/" + std::to_string(pid) + "/uid_map");
  const std::string written(std::istreambuf_iterator<char>(maps), {});
  BOOST_TEST(written == "");
  const auto how = co_await child.wait();
  BOOST_TEST((how.has_error() && how.error().where() == stage::exec_outcome), why(how));
  BOOST_TEST(other.is_untouched());
  co_return success();
}

task<> dropped()
{
  std::optional<squatter> other;
  {
    LINX_TRY(auto child, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
    const pid_t pid = child.host_pid().value();
    end_unheard(pid);
    other.emplace(pid);
    BOOST_REQUIRE(other->sits());
  }
  LINX_TRYV(co_await run_to_end(process_options("/bin/true"))); // the drop has had its turn
  BOOST_TEST(other->is_untouched());
  co_return success();
}

task<> foreign()
{
  const pid_t target = ::fork();
  if (target == 0) {
    for (;;) ::pause();
  }
  const auto pinned = enter_target::pid(target).only(ns::kind::uts);
  ::kill(target, SIGKILL);
  ::waitpid(target, nullptr, 0);
  const squatter other(target, CLONE_NEWUTS);
  BOOST_REQUIRE(other.sits());
  const auto entered = co_await process::enter(pinned, process_options("/bin/true"));
  BOOST_REQUIRE(entered.has_error());
  BOOST_TEST((entered.error().where() == stage::open_ns_uts), why(entered));
  BOOST_TEST(entered.error().errnum() == ESRCH, why(entered));
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(of_a_running_child)
{
  if (!can_choose_numbers()) return;
  run_body(running(false));
  run_body(running(true));
}
BOOST_AUTO_TEST_CASE(of_a_parked_child)
{
  if (can_choose_numbers()) run_body(parked());
}
BOOST_AUTO_TEST_CASE(of_a_child_whose_handle_is_dropped)
{
  if (can_choose_numbers()) run_body(dropped());
}
// A process of somebody else's that was to be entered.
BOOST_AUTO_TEST_CASE(of_a_target)
{
  if (can_choose_numbers()) run_body(foreign());
}

BOOST_AUTO_TEST_SUITE_END()
