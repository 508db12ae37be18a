// Each stage that an option adds, provoked on the real kernel: by a lack of privilege, by a value that the
// kernel refuses, or, where it refuses nothing, by a filter that hides the call. Errors name value and
// remedy.

#include "process/failure.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_option_stages_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

process_options program()
{
  return process_options("/bin/true");
}

process_options as(credentials who)
{
  return program().credentials(std::move(who));
}

process_options with(resources what)
{
  return program().resources(std::move(what));
}

void as_nobody(bool (*body)())
{
  const int code = run_in_child([body] {
    if (::geteuid() == 0 && !become_nobody()) return skip_child("cannot become nobody");
    return body() ? 0 : 1;
  });
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

/// Host and child under a filter that denies the call.
void under_denial(denial hidden, const process_options& options, stage where, const std::string& part)
{
  const int code = run_denied({hidden}, [&] { return fails(options, where, hidden.errnum, part) ? 0 : 1; });
  if (code == child_skipped) BOOST_TEST_MESSAGE("skipped: no seccomp filters here");
  BOOST_TEST((code == 0 || code == child_skipped), to_string(where) << ": exit code " << code);
}

constexpr capability_bits bit(int capability)
{
  return capability_bits{1} << capability;
}

} // namespace

BOOST_AUTO_TEST_CASE(ids_and_groups_without_privilege)
{
  as_nobody([] {
    return fails(as(credentials().uid(0)), stage::ids, EPERM, "uid 0") &&
           fails(as(credentials().gid(5)), stage::ids, EPERM, "gid 5") &&
           fails(as(credentials().uid(1).gid(2)), stage::ids, EPERM, "uid 1, gid 2") &&
           fails(as(credentials().groups({3, 4})), stage::groups, EPERM, "supplementary groups 3,4") &&
           fails(as(credentials().groups({})), stage::groups, EPERM, "CAP_SETGID");
  });
}

BOOST_AUTO_TEST_CASE(ids_and_groups_that_are_not_mapped)
{
  auto options = program().unshare("user");
  options.uid_map(id_map::root(::geteuid())).gid_map(id_map::root(::getegid()));
  const auto in = [&](credentials who) { return process_options(options).credentials(std::move(who)); };
  check_failure(in(credentials().uid(7).keep_groups()), stage::ids, EINVAL, "mapped");
  if (::geteuid() != 0) return; // without privilege setgroups(2) is denied
  check_failure(in(credentials().groups({7})), stage::groups, EINVAL, "supplementary groups 7");
  // Without a map no group can be set at all, and uid() would drop them.
  check_failure(as(credentials().uid(0)).unshare("user").uid_map(id_map::root(0)), stage::groups, EPERM,
                "keep_groups()");
}

BOOST_AUTO_TEST_CASE(resources_without_privilege)
{
  as_nobody([] {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return false;
    const resource_limit more(RLIMIT_NOFILE, files.rlim_cur, files.rlim_max + 1);
    return fails(with(resources().nice(-5)), stage::nice, EACCES, "nice -5") &&
           fails(with(resources().schedule(SCHED_RR, 10)), stage::sched, EPERM, "SCHED_RR, priority 10") &&
           fails(with(resources().limit(more)), stage::rlimit, EPERM, to_string(more)) &&
           fails(with(resources().oom_score_adj(-500)), stage::oom_score_adj, EACCES, "oom_score_adj -500");
  });
}

// Which of several limits was refused is said, and not the others.
BOOST_AUTO_TEST_CASE(the_limit_that_failed_is_named)
{
  as_nobody([] {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return false;
    const resource_limit core(RLIMIT_CORE, 0, 0), more(RLIMIT_NOFILE, 1, files.rlim_max + 1);
    return fails(with(resources().limit(core).limit(more)), stage::rlimit, EPERM, ": " + to_string(more)) ||
           fails(with(resources().limit(core).limit(more)), stage::rlimit, EPERM, "'" + to_string(more)) ||
           fails(with(resources().limit(core).limit(more)), stage::rlimit, EPERM, " " + to_string(more));
  });
}

BOOST_AUTO_TEST_CASE(resources_that_are_hidden)
{
  under_denial({SYS_setpriority, EUCLEAN}, with(resources().nice(1)), stage::nice, "nice 1");
  under_denial({SYS_sched_setscheduler, EUCLEAN}, with(resources().schedule(SCHED_BATCH)), stage::sched,
               "SCHED_BATCH");
  under_denial({SYS_sched_setaffinity, EUCLEAN}, with(resources().affinity(cpu_set().add(0))), stage::sched,
               "CPUs 0");
  under_denial({SYS_prlimit64, EUCLEAN}, with(resources().limit(resource_limit(RLIMIT_CORE, 0, 0))),
               stage::rlimit, "core=0");
}

BOOST_AUTO_TEST_CASE(a_cpu_that_is_not_there)
{
  check_failure(with(resources().affinity(cpu_set().add(4000))), stage::sched, EINVAL, "CPUs 4000");
}

BOOST_AUTO_TEST_CASE(sessions_groups_and_umask)
{
  check_failure(program().process_group(2147483647), stage::session, EPERM, "process group 2147483647");
  under_denial({SYS_setsid, EUCLEAN}, program().session(), stage::session, "session");
  under_denial({SYS_umask, EUCLEAN}, program().umask(0123), stage::umask, "umask 0123");
}

BOOST_AUTO_TEST_CASE(keyring)
{
  under_denial({SYS_keyctl, EUCLEAN}, as(credentials().keyring("linx-test")), stage::keyring, "'linx-test'");
  under_denial({SYS_keyctl, EUCLEAN}, as(credentials().keyring()), stage::keyring, "without a name");
}

BOOST_AUTO_TEST_CASE(capabilities_and_securebits_without_privilege)
{
  as_nobody([] {
    const auto raw = bit(CAP_NET_RAW);
    return fails(as(credentials().drop_bounding(raw)), stage::cap_drop_bounding, EPERM, "0x2000") &&
           fails(as(credentials().capabilities(0, raw, 0)), stage::cap_set_thread, EPERM, "permitted") &&
           fails(as(credentials().ambient(raw)), stage::cap_set_thread, EPERM, "to be ambient") &&
           fails(as(credentials().securebits(SECBIT_NOROOT)), stage::securebits, EPERM, "securebits 0x1");
  });
}

BOOST_AUTO_TEST_CASE(ambient_capabilities)
{
  // None that the kernel knows: capset(2) ignores it, the ambient set does not.
  check_failure(as(credentials().ambient(bit(63))), stage::cap_set_ambient, EINVAL, "0x8000000000000000");
  const int code = run_in_child([] {
    if (::prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE) != 0) return skip_child("no CAP_SETPCAP");
    return fails(as(credentials().ambient(bit(CAP_KILL))), stage::cap_set_ambient, EPERM, "0x20") ? 0 : 1;
  });
  BOOST_TEST((code == 0 || code == child_skipped));
}

// Capabilities cannot be kept where the host has locked that away.
BOOST_AUTO_TEST_CASE(kept_capabilities_are_locked_away)
{
  const int code = run_in_child([] {
    if (::prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED) != 0) return skip_child("no CAP_SETPCAP");
    return fails(as(credentials().uid(1).capabilities(0, 0, 0)), stage::ids, EPERM, "uid 1") ? 0 : 1;
  });
  BOOST_TEST((code == 0 || code == child_skipped));
}

BOOST_AUTO_TEST_CASE(no_new_privs)
{
  under_denial({SYS_prctl, EUCLEAN, 0, ~0u, PR_SET_NO_NEW_PRIVS}, program().no_new_privs(),
               stage::no_new_privs, "no_new_privs");
}

BOOST_AUTO_TEST_CASE(landlock)
{
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0) {
    BOOST_TEST_MESSAGE("skipped: no landlock: " << std::strerror(errno));
    return;
  }
  const io::unique_fd no_ruleset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  check_failure(program().landlock(no_ruleset.get()), stage::landlock, EBADFD, "ruleset of descriptor");
  check_failure(program().landlock(987654), stage::argument, 0, "987654");
}

BOOST_AUTO_TEST_CASE(seccomp_install)
{
  const std::vector<sock_filter> endless{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)}; // no return at its end
  check_failure(program().seccomp(endless), stage::seccomp_install, EINVAL, "filter of 1 instructions");
}

// What could tell is forbidden, and so is execve: the slot tells.
BOOST_AUTO_TEST_CASE(a_filter_that_forbids_all_is_an_execve_that_failed)
{
  const std::vector<sock_filter> nothing{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EMLINK),
  };
  BOOST_TEST(fails_when_run(program().seccomp(nothing), stage::execve, EMLINK, "/bin/true"));
}

BOOST_AUTO_TEST_CASE(clock_offsets)
{
  auto options = program().unshare("user,time");
  check_failure(process_options(options).monotonic_offset(-8760h * 100), stage::timens, ERANGE,
                "monotonic -3153600000 s");
  check_failure(process_options(options).boottime_offset(8760h * 290), stage::timens, ERANGE, "boottime");
  as_nobody([] {
    return fails(program().unshare("time").monotonic_offset(5s), stage::timens, EPERM, "monotonic 5 s");
  });
}

BOOST_AUTO_TEST_CASE(no_cgroup)
{
  const io::unique_fd plain(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto options = with(resources().cgroup(plain.get()));
  // Without clone3(2), as in a container, the child looks for cgroup.procs in it.
  BOOST_TEST((fails(options, stage::cgroup, EBADF, "cgroup of descriptor") ||
              fails(options, stage::cgroup, ENOENT, "cgroup of descriptor")));
  check_failure(with(resources().cgroup(987654)), stage::argument, 0, "987654");
}

BOOST_AUTO_TEST_SUITE_END()
