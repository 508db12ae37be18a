// A child on its way to a program or a directory on a file system that never answers: nobody else waits for
// it, and every way of ending a child ends it.
#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <linx/core/with_timeout.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <sched.h>
#include <sys/mount.h>

BOOST_AUTO_TEST_SUITE(process_hang_fault)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

// In a process and a mount namespace of its own, with a FUSE mount whose server reads nothing.
void with_hung(const std::function<task<>(std::string path)>& body)
{
  if (needs_root()) return;
  const int code = run_in_child([&] {
    char path[] = "/tmp/linx-hung-XXXXXX";
    const io::unique_fd server(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
    const std::string options = "fd=" + std::to_string(server.get()) + ",rootmode=40000,user_id=0,group_id=0";
    if (!server || ::mkdtemp(path) == nullptr || ::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("hung", path, "fuse", 0, options.c_str()) != 0)
      return skip_child("no FUSE mount can be made here");
    const auto ended = test::run(body(path));
    ::umount2(path, MNT_DETACH);
    ::rmdir(path);
    if (ended) return 0;
    std::fprintf(stderr, "%s\n", ended.error().message().c_str());
    return 1;
  });
  BOOST_TEST((code == 0 || code == child_skipped));
}

error unexpected(const std::string& what)
{
  return error(errc::protocol, stage::argument).with_object(what);
}

enum class ending { abort, signal, drop };

// Ends it and waits, 10 s at most, until it is told as ended.
task<> ends(process child, ending how)
{
  if (how == ending::drop) co_return success();
  const auto asked = how == ending::abort ? child.abort() : child.signal(SIGKILL);
  if (!asked) co_return asked.error();
  auto waiting = child.wait();
  const auto end = co_await with_timeout(std::move(waiting), 10s);
  if (!end && end.error() == errc::timed_out) co_return unexpected("it did not end");
  if (end && end.value().what() == exit_status::kind::exited) co_return unexpected("it ran");
  co_return success();
}

task<> others_go_on(std::string path)
{
  for (const ending how : {ending::abort, ending::signal, ending::drop}) {
    LINX_TRY(auto good, co_await process::spawn(shell("sleep 0.3; exit 7").auto_proceed()));
    LINX_TRY(auto sick, co_await process::spawn(process_options(path + "/program").auto_proceed()));
    auto waiting = good.wait();
    LINX_TRY(const auto end, co_await with_timeout(std::move(waiting), 10s));
    if (end.code() != 7) co_return unexpected("another exit than 7");
    auto next = run_to_end(shell("echo next"));
    LINX_TRY(const auto fresh, co_await with_timeout(std::move(next), 10s));
    if (fresh.output != "next\n") co_return unexpected(fresh.output);
    auto ending = ends(std::move(sick), how);
    LINX_TRYV(co_await std::move(ending));
  }
  co_return success();
}

task<> ends_after_proceed(std::string path)
{
  for (const ending how : {ending::abort, ending::signal, ending::drop}) {
    for (const bool in_directory : {false, true}) {
      auto options =
          in_directory ? shell("exit 0").cwd(path + "/directory") : process_options(path + "/program");
      LINX_TRY(auto sick, co_await process::spawn(std::move(options)));
      LINX_TRY(const pid_t pid, co_await sick.ready());
      auto proceeding = sick.proceed();
      const auto went = co_await with_timeout(std::move(proceeding), 100ms);
      if (went || went.error() != errc::timed_out) co_return unexpected("it did not hang");
      auto ending = ends(std::move(sick), how);
      LINX_TRYV(co_await std::move(ending));
      auto death = dead(pid);
      LINX_TRYV(co_await with_timeout(std::move(death), 10s));
    }
  }
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_program_that_never_comes_holds_up_nobody)
{
  with_hung(others_go_on);
}

BOOST_AUTO_TEST_CASE(a_child_that_hangs_after_proceed_can_be_ended)
{
  with_hung(ends_after_proceed);
}

BOOST_AUTO_TEST_SUITE_END()
