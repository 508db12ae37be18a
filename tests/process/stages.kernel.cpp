// Each stage at which a child can fail, provoked on the real kernel: the error names the stage, the errno,
// the object.

#include "process/failure.hpp"

#include "harness/namespaces.hpp"

#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/asio/steady_timer.hpp>

BOOST_AUTO_TEST_SUITE(process_stages_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// With a checkpoint, by itself in the spawner's memory, by itself in its own.
void check_run(const process_options& options, stage where, int errnum, const std::string& object)
{
  BOOST_TEST(fails_when_run(options, where, errnum, object));
  BOOST_TEST(fails_once(process_options(options).auto_proceed().unshare("user"), where, errnum, object));
}

/// And in a rehearsal.
void check_each_way(const process_options& options, stage where, int errnum, const std::string& object)
{
  check_run(options, where, errnum, object);
  BOOST_TEST(
      fails_once(process_options(options).auto_proceed(false), where, errnum, object, last_word::rehearse));
}

/// A file that is executable and no program.
class odd_file {
public:
  odd_file(const char* content, mode_t mode)
  {
    const int fd = ::mkstemp(path_);
    BOOST_REQUIRE(fd >= 0);
    BOOST_REQUIRE(::write(fd, content, std::strlen(content)) >= 0);
    ::fchmod(fd, mode);
    ::close(fd);
  }
  ~odd_file() { ::unlink(path_); }
  const char* path() const { return path_; }

private:
  char path_[32] = "/tmp/linx-odd-XXXXXX";
};

} // namespace

BOOST_AUTO_TEST_CASE(argument)
{
  check_failure(process_options("bin/true"), stage::argument, 0, "'bin/true'");
  check_failure(process_options("/bin/true").unshare("bogus"), stage::argument, 0, "'bogus'");
  check_failure(process_options("/bin/true").standard_output(stdio::descriptor(987654)), stage::argument, 0,
                "987654");
}

BOOST_AUTO_TEST_CASE(execve)
{
  check_each_way(process_options("/bin/nope"), stage::execve, ENOENT, "/bin/nope");
  check_each_way(process_options("/etc"), stage::execve, EACCES, "/etc");
  const odd_file no_program("no program", 0755);
  check_run(process_options(no_program.path()), stage::execve, ENOEXEC, no_program.path());
  const odd_file not_executable("#!/bin/sh\n", 0644);
  check_each_way(process_options(not_executable.path()), stage::execve, EACCES, not_executable.path());
  const odd_file no_interpreter("#!/nope/sh\n", 0755);
  check_run(process_options(no_interpreter.path()), stage::execve, ENOENT, no_interpreter.path());
  check_run(process_options("/bin/true").arg(std::string(200000, 'x')), stage::execve, E2BIG, "/bin/true");
}

BOOST_AUTO_TEST_CASE(chdir)
{
  check_each_way(process_options("/bin/true").cwd("/nope"), stage::chdir, ENOENT, "/nope");
  check_each_way(process_options("/bin/true").cwd("/bin/sh"), stage::chdir, ENOTDIR, "/bin/sh");
}

BOOST_AUTO_TEST_CASE(clone)
{
  // The kernel's own limit, lowered in a user namespace of the test.
  const int code = run_in_child([] {
    if (enter_fresh_user_network()) return child_skipped;
    const io::unique_fd limit(::open("/proc/sys/user/max_uts_namespaces", O_WRONLY | O_CLOEXEC));
    if (!limit || ::write(limit.get(), "0", 1) != 1) return child_skipped;
    for (const bool automatic : {false, true}) {
      auto options = process_options("/bin/true").unshare("uts").auto_proceed(automatic);
      const auto failed = test::run(failure_of(options));
      if (!failed || failed.value().why.where() != stage::clone || failed.value().why.errnum() != ENOSPC)
        return 1;
      if (failed.value().why.message().find("uts") == std::string::npos) return 2;
    }
    return 0;
  });
  if (code == child_skipped)
    BOOST_TEST_MESSAGE("skipped: no user namespace, or its limits cannot be set");
  else
    BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(clone_without_privilege)
{
  const int code = run_in_child([] {
    if (::geteuid() == 0 && !become_nobody()) return child_skipped;
    const auto failed = test::run(failure_of(process_options("/bin/true").unshare("net")));
    return failed && failed.value().why.where() == stage::clone && failed.value().why.errnum() == EPERM ? 0
                                                                                                        : 1;
  });
  BOOST_TEST((code == 0 || code == child_skipped));
}

BOOST_AUTO_TEST_CASE(id_maps)
{
  // Refused by the kernel: an ordinary user maps no id but his own.
  const int code = run_in_child([] {
    if (::geteuid() == 0 && !become_nobody()) return child_skipped;
    auto options = process_options("/bin/true").unshare("user").uid_map(id_map::root(0));
    const auto uids = test::run(failure_of(options));
    if (!uids || uids.value().why.where() != stage::uid_map || uids.value().why.errnum() != EPERM) return 1;
    if (uids.value().why.message().find("0 0 1") == std::string::npos) return 2;
    options.uid_map(id_map::root(::geteuid())).gid_map(id_map::root(0));
    const auto gids = test::run(failure_of(options));
    return gids && gids.value().why.where() == stage::gid_map && gids.value().why.errnum() == EPERM ? 0 : 3;
  });
  BOOST_TEST((code == 0 || code == child_skipped));
  // Refused before: no range is that long.
  check_failure(process_options("/bin/true").unshare("user").uid_map(id_map().add(0, 5, 4294967291)),
                stage::argument, 0, "4294967294");
}

bool write_file(const std::string& path, const std::string& text)
{
  const io::unique_fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

task<> setgroups_denied_too_late()
{
  LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/true").unshare("user")));
  const auto proc = "/proc/" + std::to_string(child.host_pid().value());
  const auto group = std::to_string(::getegid());
  if (!write_file(proc + "/setgroups", "deny") || !write_file(proc + "/gid_map", group + ' ' + group + " 1"))
    co_return error::from_errno(errno, stage::open).with_object(proc);
  const auto mapped = co_await child.set_gid_map(id_map::root(::getegid()));
  if (mapped) co_return error(errc::invalid).with_object("mapped twice");
  if (mapped.error().where() != stage::setgroups || mapped.error().errnum() != EPERM)
    co_return mapped.error();
  co_return success();
}
// user_namespaces(7): what setgroups(2) may do is settled once there is a gid map.
BOOST_AUTO_TEST_CASE(setgroups)
{
  const int code = run_in_child([] {
    if (::geteuid() == 0 && !become_nobody()) return child_skipped;
    const auto r = test::run(setgroups_denied_too_late());
    if (!r) std::fprintf(stderr, "%s\n", r.error().message().c_str());
    return r ? 0 : 1;
  });
  BOOST_TEST((code == 0 || code == child_skipped));
}

task<> killed_while_parked()
{
  LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/true")));
  ::kill(child.host_pid().value(), SIGKILL);
  const auto how = co_await child.wait();
  BOOST_REQUIRE(!how);
  BOOST_TEST((how.error().where() == stage::exec_outcome), how.error().message());
  BOOST_TEST((how.error() == errc::died));
  BOOST_TEST(how.error().message().find("SIGKILL") != std::string::npos, how.error().message());
  const auto late = co_await child.proceed();
  BOOST_TEST((late.error() == errc::no_process));
  co_return success();
}
BOOST_AUTO_TEST_CASE(exec_outcome)
{
  run_body(killed_while_parked());
}

// Every number of free descriptors from none upwards: each spawn either works or says EMFILE at a named
// stage, and nothing is left behind.
task<> with_few_descriptors()
{
  LINX_TRY(auto warm, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const auto before = open_descriptors();
  rlimit former{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &former) == 0);
  bool failed = false, worked = false;
  for (rlim_t room = 0; room != 12; ++room) {
    const rlimit tight{before + room, former.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
    auto spawned = co_await process::spawn(process_options("/bin/true"));
    result<exit_status> how =
        spawned.has_error() ? result<exit_status>(spawned.error()) : result<exit_status>();
    if (spawned) {
      process child = std::move(spawned).assume_value();
      const auto ready = co_await child.ready();
      if (ready) {
        (void)co_await child.proceed();
      }
      how = co_await child.wait();
    }
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &former) == 0);
    if (how) {
      worked = true;
      BOOST_TEST(how.value().success());
    } else {
      failed = true;
      BOOST_TEST(how.error().errnum() == EMFILE, how.error().message());
      BOOST_TEST((how.error().where() != stage::none), how.error().message());
    }
  }
  BOOST_TEST(failed);
  BOOST_TEST(worked);
  BOOST_TEST(open_descriptors() == before);
  BOOST_TEST((warm.info().state == process_state::running));
  co_return success();
}
BOOST_AUTO_TEST_CASE(descriptors_exhausted)
{
  run_body(with_few_descriptors());
}

BOOST_AUTO_TEST_CASE(spawner_start_without_descriptors)
{
  const int code = run_in_child([] {
    const rlimit none{open_descriptors() + 4, 4096}; // room for the io_context and not for a spawner
    asio::io_context context(1);
    asio::steady_timer warm(context);
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return 1;
    const auto failed = test::run(context, failure_of(process_options("/bin/true")));
    if (!failed) return 2;
    std::fprintf(stderr, "%s\n", failed.value().why.message().c_str());
    return failed.value().why.errnum() == EMFILE ? 0 : 3;
  });
  BOOST_TEST(code == 0);
}

// The host has no working directory any more: it was removed under it.
BOOST_AUTO_TEST_CASE(hosts_directory_is_gone)
{
  const int code = run_in_child([] {
    char path[] = "/tmp/linx-cwd-XXXXXX";
    if (!::mkdtemp(path) || ::chdir(path) != 0 || ::rmdir(path) != 0) return 1;
    // A removed directory can still be held and entered; the child stands where the host stands.
    const auto end = test::run(run_to_end(process_options("/bin/true")));
    return end && end.value().status.success() ? 0 : 2;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
