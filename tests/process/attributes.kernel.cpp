// Credentials, resources, session, clocks and filters of a child, by the account of /proc and of the child
// itself.

#include "process/failure.hpp"

#include "harness/seccomp.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_attributes_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

std::string status_line(const std::string& field)
{
  return "grep ^" + field + ": /proc/self/status | tr -s '\\t' ' '";
}

} // namespace

BOOST_AUTO_TEST_CASE(ids_and_groups)
{
  if (needs_root()) return;
  auto options = shell(status_line("Uid") + ";" + status_line("Gid") + ";" + status_line("Groups"));
  options.credentials(credentials().uid(1234).gid(2345).groups({7, 9}));
  check_output_each_way(options, "Uid: 1234 1234 1234 1234\nGid: 2345 2345 2345 2345\nGroups: 7 9 \n");
}

// A directory that only its owner may enter is entered as that owner.
BOOST_AUTO_TEST_CASE(directory_is_entered_as_the_new_user)
{
  if (needs_root()) return;
  char path[] = "/tmp/linx-own-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(path));
  auto options = shell("pwd");
  options.cwd(path).credentials(credentials().uid(1234).gid(2345).groups({}));
  check_failure(options, stage::chdir, EACCES, path);
  BOOST_REQUIRE(::chown(path, 1234, 2345) == 0);
  check_output_each_way(options, std::string(path) + "\n");
  ::rmdir(path);
}

// Root that gets nothing back at execve.
BOOST_AUTO_TEST_CASE(root_without_power)
{
  if (needs_root()) return;
  auto options = shell("id -u;" + status_line("CapEff"));
  options.credentials(credentials().capabilities(0, 0, 0).securebits(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED));
  check_output_each_way(options, "0\nCapEff: 0000000000000000\n");
}

BOOST_AUTO_TEST_CASE(limits_nice_policy_cpus_and_oom)
{
  auto options = shell("ulimit -Sn; ulimit -Hn; ulimit -c; nice; cat /proc/self/oom_score_adj; "
                       "set -- $(cat /proc/self/stat); echo ${41}; " +
                       status_line("Cpus_allowed_list"));
  cpu_set first;
  first.add(0);
  options.resources(resources()
                        .limit(resource_limit(RLIMIT_NOFILE, 33, 44))
                        .limit(resource_limit(RLIMIT_CORE, 0, 0))
                        .nice(7)
                        .schedule(SCHED_BATCH)
                        .affinity(first)
                        .oom_score_adj(500));
  check_output_each_way(options,
                        "33\n44\n0\n7\n500\n" + std::to_string(SCHED_BATCH) + "\nCpus_allowed_list: 0\n");
}

BOOST_AUTO_TEST_CASE(umask_session_and_group)
{
  auto options = shell("umask");
  check_output_each_way(options.umask(0027), "0027\n");
  auto leader = shell("set -- $(cat /proc/self/stat); test ${5} = ${6} && test $6 = $$ && echo leader");
  check_output_each_way(leader.session(), "leader\n");
  auto grouped = shell("set -- $(cat /proc/$$/stat); test ${5} = $$ && test $6 != $$ && echo group");
  check_output_each_way(grouped.process_group(), "group\n");
}

// Both clocks of a fresh time namespace, forwards and backwards; the kernel's own account of the offsets.
BOOST_AUTO_TEST_CASE(clocks)
{
  if (needs_root()) return;
  auto options = shell("tr -s ' ' </proc/self/timens_offsets");
  options.unshare("time").monotonic_offset(1000s + 5ns).boottime_offset(-1500ms);
  check_output_each_way(options, "monotonic 1000 5\nboottime -2 500000000\n");
}

// Inside an unprivileged user namespace, too.
BOOST_AUTO_TEST_CASE(clocks_without_privilege)
{
  auto options = shell("tr -s ' ' </proc/self/timens_offsets");
  options.unshare("user,time").uid_map(id_map::root(::geteuid())).monotonic_offset(7s);
  const auto end = test::run(run_to_end(std::move(options)));
  BOOST_REQUIRE_MESSAGE(end, why(end));
  BOOST_TEST(end.value().output == "monotonic 7 0\nboottime 0 0\n");
}

// The filter is the last thing before execve; without CAP_SYS_ADMIN it brings no_new_privs along.
BOOST_AUTO_TEST_CASE(seccomp_filters)
{
  auto options = shell("umask 0 2>/dev/null; mkdir /tmp/never 2>&1 | grep -o 'Text file busy'; " +
                       status_line("Seccomp") + ";" + status_line("NoNewPrivs"));
  options.seccomp(filter_of({{SYS_mkdir, ETXTBSY}})).seccomp(filter_of({{SYS_mkdirat, ETXTBSY}}));
  if (::geteuid() == 0) options.credentials(credentials().uid(1234).gid(1234).groups({}));
  check_output_each_way(options, "Text file busy\nSeccomp: 2\nNoNewPrivs: 1\n");
}

// A filter that forbids execve is told as such, and a broken one at its own stage.
BOOST_AUTO_TEST_CASE(seccomp_failures)
{
  process_options no_exec("/bin/true");
  no_exec.no_new_privs().seccomp(filter_of({{SYS_execve, EMLINK}}));
  BOOST_TEST(fails_when_run(no_exec, stage::execve, EMLINK, "/bin/true")); // a rehearsal does not execute
  process_options broken("/bin/true");
  broken.no_new_privs().seccomp({sock_filter{0xffff, 0, 0, 0}});
  check_failure(broken, stage::seccomp_install, EINVAL, "");
}

BOOST_AUTO_TEST_CASE(landlock)
{
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_DIR;
  const io::unique_fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules.handled_access_fs, 0)));
  if (!ruleset) {
    BOOST_TEST_MESSAGE("skipped: this kernel has no landlock");
    return;
  }
  auto options = shell("mkdir /tmp/linx-never 2>&1 | grep -o 'Permission denied'");
  options.landlock(ruleset.get());
  check_output_each_way(options, "Permission denied\n");
}

BOOST_AUTO_TEST_SUITE_END()
