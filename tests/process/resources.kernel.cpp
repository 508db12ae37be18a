// Processor, memory, limits and cgroup of a child, as the kernel tells them of the running program.

#include "process/failure.hpp"
#include "process/own_cgroup.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_resources_kernel)

using namespace linx;
using namespace linx::test;

namespace {

process_options with(process_options options, resources what)
{
  return options.resources(std::move(what));
}

std::string unified_line(const std::string& cgroups)
{
  const auto at = cgroups.find("0::");
  return at == cgroups.npos ? "" : cgroups.substr(at + 3, cgroups.find('\n', at) - at - 3);
}

task<> starts_in(std::string name, int fd, std::string namespaces, std::string seen)
{
  auto options = with(process_options("/bin/cat").arg("/proc/self/cgroup"), resources().cgroup(fd));
  if (!namespaces.empty()) options.unshare(namespaces);
  options.standard_output(stdio::pipe());
  LINX_TRY(auto child, co_await spawn_parked(std::move(options)));
  std::ifstream file("/proc/" + std::to_string(child.host_pid().value()) + "/cgroup");
  const std::string parked(std::istreambuf_iterator<char>(file), {});
  BOOST_TEST(unified_line(parked) == name); // while it is parked, too
  LINX_TRY(auto pipe, child.stdout_pipe());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto text, co_await read_to_end(std::move(pipe)));
  BOOST_TEST(unified_line(text) == seen);
  LINX_TRYV(co_await child.wait());
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(each_policy)
{
  const auto print = shell("set -- $(cat /proc/$$/stat); echo ${41} ${40}");
  check_output_each_way(with(print, resources().schedule(SCHED_OTHER)), "0 0\n");
  check_output_each_way(with(print, resources().schedule(SCHED_IDLE)), "5 0\n");
  if (::geteuid() != 0) return;
  // Kernels with RT_GROUP_SCHED give a cgroup no real-time budget of its own.
  const auto allowed = test::run(run_to_end(with(print, resources().schedule(SCHED_FIFO, 1))));
  if (!allowed && allowed.error().errnum() == EPERM) {
    BOOST_TEST_MESSAGE("skipped: no real-time budget for root here");
    return;
  }
  check_output_each_way(with(print, resources().schedule(SCHED_FIFO, 12)), "1 12\n");
  check_output_each_way(with(print, resources().schedule(SCHED_RR, 34)), "2 34\n");
}

BOOST_AUTO_TEST_CASE(a_higher_priority_for_who_may)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: needs root");
    return;
  }
  // Taken before the privilege goes with the ids.
  auto options = shell("set -- $(cat /proc/$$/stat); echo ${19}; id -u; cat /proc/$$/oom_score_adj");
  options.credentials(credentials().uid(20));
  check_output_each_way(with(options, resources().nice(-3).oom_score_adj(7)), "-3\n20\n7\n");
}

// They are the program's: what is done at the checkpoint is not held back by them.
task<> limits_come_late()
{
  auto options = shell("ulimit -n; exec awk '{print $41}' /proc/self/stat").standard_output(stdio::pipe());
  options.resources(resources().limit(resource_limit(RLIMIT_NOFILE, 4, 4)).schedule(SCHED_IDLE));
  LINX_TRY(auto child, co_await spawn_parked(options));
  LINX_TRY(auto pipe, child.stdout_pipe());
  BOOST_TEST(::sched_getscheduler(child.host_pid().value()) == SCHED_OTHER);
  LINX_TRY(const auto socket, co_await child.open_socket(AF_INET, SOCK_DGRAM, 0));
  BOOST_TEST(static_cast<bool>(socket));
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto text, co_await read_to_end(std::move(pipe)));
  BOOST_TEST(text == "4\n" + std::to_string(SCHED_IDLE) + "\n");
  co_return success();
}
BOOST_AUTO_TEST_CASE(a_parked_child_has_the_hosts_limits)
{
  run_body(limits_come_late());
}

// A limit that the program cannot even be started under shows at execve, not as a limit that failed.
BOOST_AUTO_TEST_CASE(a_limit_too_low_for_the_program)
{
  auto options = process_options("/bin/true");
  options.resources(resources().limit(resource_limit(RLIMIT_STACK, 4096, 4096)));
  options.arg(std::string(100000, 'x')).arg(std::string(100000, 'x'));
  // A rehearsal knows only from Linux 6.14 on (rehearse.kernel.cpp).
  BOOST_TEST(fails_when_run(options, stage::execve, E2BIG, "/bin/true"));
}

BOOST_AUTO_TEST_CASE(a_cgroup_from_birth)
{
  own_cgroup group;
  if (cannot_make(group)) return;
  run_body(starts_in(group.name(), group.fd(), "", group.name()));
  run_body(starts_in(group.name(), group.fd(), "cgroup", "/")); // the root of its namespace
  run_body(starts_in(group.name(), group.fd(), "cgroup,net,pid,time", "/"));
  check_output_each_way(
      with(shell("grep -c '^0::" + group.name() + "$' /proc/self/cgroup"), resources().cgroup(group.fd())),
      "1\n");
  group.remove();
  // ENODEV until the kernel has taken it down, ENOENT from then on.
  for (const bool automatic : {false, true}) {
    auto options = with(process_options("/bin/true"), resources().cgroup(group.fd()));
    options.auto_proceed(automatic);
    BOOST_TEST((fails_once(options, stage::cgroup, ENODEV, "cgroup of descriptor") ||
                fails_once(options, stage::cgroup, ENOENT, "cgroup of descriptor")));
  }
}

// As in a container whose seccomp profile does not know clone3.
BOOST_AUTO_TEST_CASE(a_cgroup_without_clone3)
{
  const int code = run_in_child([] {
    own_cgroup group;
    if (!group) return skip_child("no cgroup v2 in which this user may make one");
    if (!deny({{SYS_clone3, ENOSYS}})) return skip_child("no seccomp filter can be installed");
    const auto done = test::run(starts_in(group.name(), group.fd(), "", group.name()));
    if (!done) return 1;
    const auto inside = test::run(starts_in(group.name(), group.fd(), "cgroup", "/"));
    if (!inside) return 2;
    const io::unique_fd plain(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return fails(with(process_options("/bin/true"), resources().cgroup(plain.get())), stage::cgroup, ENOENT,
                 "cgroup of")
               ? 0
               : 3;
  });
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

BOOST_AUTO_TEST_CASE(a_cgroup_of_somebody_else)
{
  own_cgroup group;
  if (cannot_make(group)) return;
  const int code = run_in_child([&] {
    if (::geteuid() != 0 || !become_nobody()) return skip_child("cannot become nobody");
    return fails(with(process_options("/bin/true"), resources().cgroup(group.fd())), stage::cgroup, EACCES,
                 "cgroup of")
               ? 0
               : 1;
  });
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

BOOST_AUTO_TEST_SUITE_END()
