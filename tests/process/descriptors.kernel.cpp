// A child has open what it was given and nothing else, whatever else rode along to its checkpoint, and where
// close_range(2) is refused, too: a container profile that is older than that call does so.

#include "process/stdio_support.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/resource.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_descriptors_kernel)

using namespace linx;
using namespace linx::test;

namespace {

constexpr int passed_high = 6000; // above what close(2) would be called for if nobody knew of it

/// What a process must have open: the beginning of what each number links to.
using table = std::map<int, std::string>;

std::string text_of(const table& open)
{
  std::string text;
  for (const auto& [number, link] : open) text += ' ' + std::to_string(number) + "=" + link;
  return text;
}

/// Waits for it: execve(2) and an init close one after the other, the dynamic loader opens some.
task<> has_open(pid_t pid, table expected)
{
  const auto deadline = std::chrono::steady_clock::now() + watchdog / 2;
  for (;;) {
    const auto open = descriptors_of(pid);
    const bool same = std::ranges::equal(open, expected, [](const auto& is, const auto& wanted) {
      return is.first == wanted.first && is.second.starts_with(wanted.second);
    });
    if (same) co_return success();
    if (std::chrono::steady_clock::now() > deadline)
      co_return error(errc::invalid).with_object("open:" + text_of(open) + "; wanted:" + text_of(expected));
    LINX_TRYV(co_await pause_briefly());
  }
}

process_options base(int passed)
{
  auto options = shell("echo up; read line");
  options.standard_input(stdio::pipe()).standard_output(stdio::pipe()).standard_error(stdio::devnull());
  options.listen_descriptor(passed).descriptor(8, passed).descriptor(passed_high, passed);
  return options;
}

table given_by_base()
{
  return {{0, "pipe:"},       {1, "pipe:"},       {2, "/dev/null"},
          {3, "/etc/passwd"}, {8, "/etc/passwd"}, {passed_high, "/etc/passwd"}};
}

task<> look_into(process child, bool init)
{
  LINX_TRY(auto pipe, child.stdout_pipe());
  LINX_TRY(const pid_t pid, co_await child.ready());
  LINX_TRYV(co_await child.proceed());
  std::array<char, 3> up{};
  const auto room = asio::buffer(up);
  co_await pipe.async_read_some(room, asio::use_awaitable);
  LINX_TRYV(co_await has_open(init ? children_of(pid).at(0) : pid, given_by_base()));
  if (init) {
    table report;
    report[0] = "pipe:";
    LINX_TRYV(co_await has_open(pid, std::move(report)));
  }
  if (::geteuid() != 0) co_return success(); // to look into the spawner
  // /dev/null, then control socket, slots, pidfd of the host, signals, the host's directory, status and user
  // namespace in /proc, /proc, its own pidfd.
  table spawners;
  for (int number = 0; number != 12; ++number) spawners[number] = number < 3 ? "/dev/null" : "";
  LINX_TRYV(co_await has_open(std::stoi(status_field(pid, "PPid")), std::move(spawners)));
  co_return success();
}

task<> each_way(bool automatic)
{
  const io::unique_fd passed(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  const auto options = [&] { return base(passed.get()); };
  for (const char* namespaces : {"", "user", "user,net,pid", "user,time"}) {
    auto plain = options().auto_proceed(automatic);
    if (*namespaces) plain.unshare(namespaces);
    LINX_TRY(auto child, co_await process::spawn(std::move(plain)));
    LINX_TRYV(co_await look_into(std::move(child), false));
  }
  auto under_init = options().unshare("user,pid").init().auto_proceed(automatic);
  LINX_TRY(auto child, co_await process::spawn(std::move(under_init)));
  LINX_TRYV(co_await look_into(std::move(child), true));

  landlock_ruleset_attr rules{};
  rules.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_SOCK;
  const io::unique_fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules.handled_access_fs, 0)));
  auto confined = options().auto_proceed(automatic);
  confined.seccomp({BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)});
  if (ruleset) confined.landlock(ruleset.get());
  LINX_TRY(auto prisoner, co_await process::spawn(std::move(confined)));
  LINX_TRYV(co_await look_into(std::move(prisoner), false));

  auto sleep = process_options("/bin/sleep").arg("1000").unshare("user,uts,ipc,mount");
  sleep.uid_map(id_map::root(::geteuid())).gid_map(id_map::root(::getegid()));
  LINX_TRY(auto target, co_await spawn_running(std::move(sleep)));
  auto inside = options().auto_proceed(automatic);
  LINX_TRY(auto guest, co_await process::enter(enter_target(target), std::move(inside)));
  LINX_TRYV(co_await look_into(std::move(guest), false));
  co_return success();
}

/// A host in whose table lie descriptors that nobody asked for, low and high, and that every execve(2) keeps.
int checked_in_a_host(std::initializer_list<denial> refused)
{
  return run_in_child([&] {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur <= static_cast<rlim_t>(passed_high)) return skip_child("too few descriptors");
    const int highest = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20)) - 1;
    const io::unique_fd leak(::open("/etc/hosts", O_RDONLY));
    for (const int number : {20, 254, passed_high + 1, highest})
      if (::dup2(leak.get(), number) < 0) return 2;
    if (refused.size() != 0 && !deny(refused)) return skip_child("no seccomp filters here");
    for (const bool automatic : {false, true}) {
      const auto done = test::run(each_way(automatic));
      if (!done) std::fprintf(stderr, "%s\n", why(done).c_str());
      if (!done) return 1;
    }
    return 0;
  });
}

} // namespace

// With a checkpoint and without, in namespaces that are made or entered, under an init, with what is applied
// at the checkpoint from descriptors of its own.
BOOST_AUTO_TEST_CASE(nothing_that_was_not_asked_for)
{
  const int code = checked_in_a_host({});
  BOOST_TEST((code == 0 || code == child_skipped));
}

// Never an error: close(2) does it, one after the other.
BOOST_AUTO_TEST_CASE(close_range_is_refused)
{
  for (const int errnum : {ENOSYS, EPERM}) {
    const int code = checked_in_a_host({{SYS_close_range, errnum}});
    BOOST_TEST((code == 0 || code == child_skipped), "errno " << errnum << ": " << code);
  }
}

BOOST_AUTO_TEST_SUITE_END()
