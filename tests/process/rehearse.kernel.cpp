// A rehearsal: the parked child does all that it would do at proceed, but its program is not executed.

#include "process/failure.hpp"
#include "process/stdio_support.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <linx/core/with_timeout.hpp>

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_rehearse_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

/// Its path.
std::string script(const scratch& in, const char* name, mode_t mode)
{
  const std::string path = in / name;
  std::ofstream(path) << "#!/bin/sh\n";
  BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
  return path;
}

constexpr std::uint32_t execve_check = 0x10000; // AT_EXECVE_CHECK

task<> rehearse_one(process_options options)
{
  LINX_TRY(auto child, co_await spawn_parked(std::move(options)));
  LINX_TRYV(co_await child.rehearse());
  const auto again = co_await child.rehearse();
  BOOST_TEST((again.has_error() && again.error() == errc::no_process));
  const auto how = co_await child.wait();
  BOOST_REQUIRE_MESSAGE(how, why(how));
  BOOST_TEST((how.value().what() == exit_status::kind::aborted));
  BOOST_TEST((child.info().state == process_state::aborted));
  const auto proceeded = co_await child.proceed();
  BOOST_TEST((proceeded.has_error() && proceeded.error() == errc::no_process));
  auto events = child.events();
  std::vector<process_event::kind> seen;
  for (;;) {
    LINX_TRY(const auto event, co_await events.next());
    if (!event) break;
    seen.push_back(event->what());
  }
  BOOST_TEST((seen == std::vector{process_event::kind::ready, process_event::kind::aborted}));
  co_return success();
}

task<> too_late()
{
  LINX_TRY(auto running, co_await spawn_running(shell("exec sleep 1000")));
  auto late = co_await running.rehearse();
  BOOST_TEST((late.has_error() && late.error() == errc::running));
  LINX_TRY(auto automatic, co_await process::spawn(shell("exec sleep 1000").auto_proceed()));
  LINX_TRYV(co_await automatic.ready());
  late = co_await automatic.rehearse();
  BOOST_TEST((late.has_error() && late.error() == errc::running));
  LINX_TRY(auto early, co_await process::spawn(process_options("/bin/true").unshare("user")));
  const auto too_early = co_await early.rehearse();
  BOOST_TEST((too_early.has_error() && too_early.error() == errc::not_ready));
  LINX_TRYV(co_await early.ready());
  BOOST_REQUIRE(early.abort());
  const auto aborted = co_await early.rehearse();
  BOOST_TEST((aborted.has_error() && aborted.error() == errc::no_process));
  co_return success();
}

// Stopped from outside, so that the rehearsal stands still for as long as the test wants.
task<> cancelled()
{
  LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/true")));
  BOOST_REQUIRE(::kill(child.host_pid().value(), SIGSTOP) == 0);
  auto rehearsing = child.rehearse();
  const auto cut = co_await with_timeout(std::move(rehearsing), 1ms);
  BOOST_TEST((cut.has_error() && cut.error() == errc::timed_out));
  BOOST_TEST((child.info().state == process_state::ready));
  BOOST_REQUIRE(::kill(child.host_pid().value(), SIGCONT) == 0);
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how.what() == exit_status::kind::aborted));
  co_return success();
}

process_options in_user_namespace(process_options options)
{
  options.unshare("user").uid_map(id_map::root(::geteuid())).gid_map(id_map::root(::getegid()));
  return options;
}

bool rehearsal_fails(process_options options, int errnum)
{
  return fails_once(std::move(options), stage::execve, errnum, "", last_word::rehearse);
}

/// On this kernel, and as on one without AT_EXECVE_CHECK.
void check_program(const std::string& path, int errnum)
{
  const auto answers = [&] {
    const process_options options(path);
    return errnum == 0 ? test::run(rehearse_one(options)).has_value() : rehearsal_fails(options, errnum);
  };
  BOOST_TEST(answers(), path);
  const int code =
      run_denied({{SYS_execveat, EINVAL, 4, execve_check, execve_check}}, [&] { return answers() ? 0 : 1; });
  if (code == child_skipped) BOOST_TEST_MESSAGE("skipped: no seccomp filters here");
  BOOST_TEST((code == 0 || code == child_skipped), path << " without AT_EXECVE_CHECK: " << code);
}

} // namespace

// The program leaves no trace, since it never ran; everything else was done.
BOOST_AUTO_TEST_CASE(all_but_the_program)
{
  const scratch here;
  const std::string trace = here / "trace";
  auto options = shell("echo ran >'" + trace + '\'').cwd("/").no_new_privs().session().umask(0077);
  options.resources(resources().nice(19).limit(resource_limit(RLIMIT_CORE, 0, 0)));
  run_body(rehearse_one(options));
  run_body(rehearse_one(in_user_namespace(options)));
  BOOST_TEST(!std::filesystem::exists(trace));
}

BOOST_AUTO_TEST_CASE(only_a_parked_child)
{
  run_body(too_late());
}

BOOST_AUTO_TEST_CASE(a_cancelled_one_goes_on)
{
  run_body(cancelled());
}

// Whether it can be executed: as execve(2) would say, which a directory and root's privilege make tricky.
BOOST_AUTO_TEST_CASE(the_program_is_looked_at)
{
  const scratch here;
  check_program("/bin/true", 0);
  check_program(script(here, "program", 0755), 0);
  check_program(script(here, "data", 0644), EACCES);
  check_program(here / "", EACCES);
  check_program(here / "missing", ENOENT);
  check_program(here / "data/beneath", ENOTDIR);
}

// With the identity that it would have then, not with that of the host.
BOOST_AUTO_TEST_CASE(the_program_is_looked_at_as_the_new_user)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: other ids need root");
    return;
  }
  const scratch here; // 0700
  const std::string program = script(here, "program", 0755);
  run_body(rehearse_one(process_options(program)));
  BOOST_TEST(rehearsal_fails(
      process_options(program).credentials(credentials().uid(65534).gid(65534).groups({})), EACCES));
}

// A single argument that is too long is refused before execve(2) looks into the file.
BOOST_AUTO_TEST_CASE(the_arguments_are_looked_at)
{
  if (::syscall(SYS_execveat, AT_FDCWD, "/nonexistent", nullptr, nullptr, execve_check) != 0 &&
      errno == EINVAL) {
    BOOST_TEST_MESSAGE("skipped: this kernel does not know AT_EXECVE_CHECK");
    return;
  }
  BOOST_TEST(rehearsal_fails(process_options("/bin/true").arg(std::string(256 * 1024, 'x')), E2BIG));
}

// Process 1 forks as it would, and both are gone afterwards; what fails in its child is told as well.
BOOST_AUTO_TEST_CASE(under_an_init)
{
  const auto with_init = [](process_options options) {
    return in_user_namespace(std::move(options)).unshare("pid").init();
  };
  run_body(rehearse_one(with_init(process_options("/bin/true").session())));
  BOOST_TEST(rehearsal_fails(with_init(process_options("/nonexistent")), ENOENT));
  BOOST_TEST(fails_once(with_init(process_options("/bin/true").process_group(2147483647)), stage::session,
                        EPERM, "process group", last_word::rehearse));
}

// A filter is installed, and one that forbids everything, the end included, does not keep the child.
BOOST_AUTO_TEST_CASE(under_a_filter)
{
  const std::vector<sock_filter> nothing{{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM}};
  run_body(rehearse_one(process_options("/bin/true").seccomp(nothing)));
  const std::vector<sock_filter> kills{{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
  run_body(rehearse_one(process_options("/bin/true").seccomp(kills)));
}

BOOST_AUTO_TEST_SUITE_END()
