// Each step, seen by what the kernel says of the program afterwards; and what a list of steps does when one
// fails.
#include "spawner/client.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <linux/landlock.h>
#include <linux/securebits.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <map>

BOOST_AUTO_TEST_SUITE(spawner_steps_kernel)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

// The value of a field of /proc/<pid>/status.
std::string status_of(const std::string& text, const std::string& field)
{
  const std::size_t at = text.find(field + ":\t");
  if (at == std::string::npos) return "no field " + field;
  const std::size_t begin = at + field.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::vector<std::string> own_status()
{
  return {"/bin/cat", "/proc/self/status"};
}

bool needs_root()
{
  if (::geteuid() == 0) return false;
  BOOST_TEST_MESSAGE("skipped: needs root");
  return true;
}

std::string with_nul(std::string text)
{
  return text + '\0';
}

// Runs a program after the steps and returns its output.
std::string run_after(program& spawner, steps list, std::vector<std::string> argv)
{
  parked_child child(spawner, request(1, std::move(argv)));
  const record done = child.ask(std::move(list));
  const auto& answer = done.as<wire::done_record>();
  BOOST_TEST_REQUIRE(answer.error == 0, "step at stage " << static_cast<int>(answer.where) << ": "
                                                         << std::strerror(answer.error));
  return child.run();
}

BOOST_AUTO_TEST_CASE(hostname)
{
  program spawner;
  request wanted(1, {"/bin/hostname"});
  wanted.namespaces = CLONE_NEWUTS | CLONE_NEWUSER;
  parked_child child(spawner, wanted);
  BOOST_TEST(child.step(steps().add(wire::stage::hostname, "inside")) == 0);
  BOOST_TEST(child.run() == "inside\n");
}

BOOST_AUTO_TEST_CASE(ids_and_groups)
{
  if (needs_root()) return;
  program spawner;
  const std::uint32_t groups[] = {30, 31, 32};
  const std::string payload(reinterpret_cast<const char*>(groups), sizeof groups);
  const std::string text = run_after(spawner,
                                     steps()
                                         .add(wire::stage::groups, payload)
                                         .add_value(wire::stage::ids, wire::step_ids{20, 20, 20, 10, 11, 12}),
                                     own_status());
  BOOST_TEST(status_of(text, "Uid") == "20\t20\t20\t20");
  BOOST_TEST(status_of(text, "Gid") == "10\t11\t11\t11"); // execve copies the effective id to the saved one
  BOOST_TEST(status_of(text, "Groups") == "30 31 32 ");
}

BOOST_AUTO_TEST_CASE(umask_directory_session_and_group)
{
  program spawner;
  const std::string text = run_after(spawner,
                                     steps()
                                         .add_value(wire::stage::umask, std::uint32_t{0027})
                                         .add(wire::stage::chdir, with_nul("/usr"))
                                         .add(wire::stage::session),
                                     shell("umask; pwd -P; set -- $(cat /proc/$$/stat); echo $1 $5 $6"));
  std::istringstream lines(text);
  std::string mask, directory;
  int pid = 0, group = 0, session = 0;
  lines >> mask >> directory >> pid >> group >> session;
  BOOST_TEST(mask == "0027");
  BOOST_TEST(directory == "/usr");
  BOOST_TEST(pid != 0);
  BOOST_TEST(group == pid);
  BOOST_TEST(session == pid);

  const std::string own = run_after(spawner, steps().add_value(wire::stage::process_group, std::uint32_t{0}),
                                    shell("set -- $(cat /proc/$$/stat); echo $(($1 == $5)) $(($1 == $6))"));
  BOOST_TEST(own == "1 0\n");
}

BOOST_AUTO_TEST_CASE(controlling_terminal)
{
  program spawner;
  const descriptor master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  BOOST_TEST_REQUIRE(::grantpt(master.get()) == 0);
  BOOST_TEST_REQUIRE(::unlockpt(master.get()) == 0);
  const descriptor slave(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  request wanted(1, shell("tty < /dev/tty && test \"$(tty)\" = \"$(tty < /dev/stdin)\""));
  wanted.give(wire::fd_role::stdin_, slave.get());
  parked_child child(spawner, wanted);
  BOOST_TEST(
      child.step(
          steps().add(wire::stage::session).add_value(wire::stage::controlling_tty, std::uint32_t{0})) == 0);
  child.run();
}

BOOST_AUTO_TEST_CASE(limits_nice_policy_and_affinity)
{
  program spawner;
  const std::string text =
      run_after(spawner,
                steps()
                    .add_value(wire::stage::rlimit, wire::step_rlimit{RLIMIT_NOFILE, 0, 33, 44})
                    .add_value(wire::stage::nice, std::int32_t{7})
                    .add_value(wire::stage::sched, wire::step_sched{SCHED_BATCH, 0})
                    .add_value(wire::stage::affinity, std::uint64_t{1}),
                shell("ulimit -Sn; ulimit -Hn; set -- $(cat /proc/$$/stat); echo ${19} ${41}; "
                      "grep ^Cpus_allowed_list /proc/$$/status"));
  BOOST_TEST(text == "33\n44\n7 " + std::to_string(SCHED_BATCH) + "\nCpus_allowed_list:\t0\n");
}

BOOST_AUTO_TEST_CASE(oom_score_adj)
{
  program spawner;
  const std::string text =
      run_after(spawner, steps().add_value(wire::stage::oom_score_adj, std::int32_t{321}),
                {"/bin/cat", "/proc/self/oom_score_adj"});
  BOOST_TEST(text == "321\n");
}

// The spawner lowers its own as far as it may, and its children must not profit from that.
BOOST_AUTO_TEST_CASE(a_child_has_the_hosts_oom_score)
{
  const int status = linx::test::run_in_child([] {
    const descriptor own(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    if (::write(own.get(), "300", 3) != 3) return 1;
    program spawner;
    if (std::stoi(read_file("/proc/" + std::to_string(spawner.pid()) + "/oom_score_adj")) > 0) return 2;
    const std::vector<std::string> print{"/bin/cat", "/proc/self/oom_score_adj"};
    if (run_after(spawner, steps(), print) != "300\n") return 3;
    pair output = make_pipe();
    request wanted(2, print);
    wanted.with(wire::spawn_flags::auto_proceed).give(wire::fd_role::stdout_, output.child.get());
    spawner.send(wanted);
    output.child.close();
    spawner.expect(wire::frame_type::spawned, 2);
    return read_all(output.host.get()) == "300\n" ? 0 : 4;
  });
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(keyring)
{
  program spawner;
  const std::string text = run_after(
      spawner, steps().add(wire::stage::keyring, with_nul("linx-test-keyring")), {"/bin/cat", "/proc/keys"});
  BOOST_TEST(text.find("linx-test-keyring") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_new_privs)
{
  program spawner;
  BOOST_TEST(status_of(run_after(spawner, steps().add(wire::stage::no_new_privs), own_status()),
                       "NoNewPrivs") == "1");
}

// The set of steps by which a service keeps one capability as an ordinary user.
BOOST_AUTO_TEST_CASE(capabilities)
{
  if (needs_root()) return;
  program spawner;
  constexpr std::uint64_t raw = std::uint64_t{1} << CAP_NET_RAW;
  constexpr std::uint64_t chown = std::uint64_t{1} << CAP_CHOWN;
  const std::string text =
      run_after(spawner,
                steps()
                    .add_value(wire::stage::cap_drop_bounding, chown)
                    .add_value(wire::stage::securebits, std::uint32_t{SECBIT_KEEP_CAPS})
                    .add_value(wire::stage::ids, wire::step_ids{20, 20, 20, 20, 20, 20})
                    .add_value(wire::stage::cap_set_thread, wire::step_caps{raw, raw, raw})
                    .add_value(wire::stage::cap_set_ambient, raw),
                own_status());
  const auto mask = [&](const char* field) { return std::stoull(status_of(text, field), nullptr, 16); };
  BOOST_TEST(mask("CapEff") == raw);
  BOOST_TEST(mask("CapPrm") == raw);
  BOOST_TEST(mask("CapInh") == raw);
  BOOST_TEST(mask("CapAmb") == raw);
  BOOST_TEST((mask("CapBnd") & chown) == 0u);
}

// SECBIT_NOROOT takes root's meaning away, which only securebits can do.
BOOST_AUTO_TEST_CASE(securebits)
{
  if (needs_root()) return;
  program spawner;
  const std::string text = run_after(
      spawner,
      steps().add_value(wire::stage::securebits, std::uint32_t{SECBIT_NOROOT | SECBIT_NOROOT_LOCKED}),
      own_status());
  BOOST_TEST(status_of(text, "Uid") == "0\t0\t0\t0");
  BOOST_TEST(status_of(text, "CapEff") == "0000000000000000");
}

BOOST_AUTO_TEST_CASE(landlock)
{
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_DIR;
  const long made =
      ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0);
  if (made < 0) {
    BOOST_TEST_MESSAGE("skipped: no landlock: " << std::strerror(errno));
    return;
  }
  const descriptor ruleset(static_cast<int>(made));
  program spawner;
  parked_child child(spawner, request(1, shell("mkdir /tmp/linx-test-$$ 2>&1 | grep -c denied")));
  BOOST_TEST(child.step(steps().add(wire::stage::no_new_privs).add(wire::stage::landlock, {}, false, 1),
                        {ruleset.get()}) == 0);
  BOOST_TEST(child.run() == "1\n");
}

// A filter goes on after the mark. It may forbid all that could report, and the failure of execve is still
// known.
BOOST_AUTO_TEST_CASE(seccomp)
{
  const auto step_of = [](linx::test::denial denied) {
    byte_writer payload;
    payload.put(std::uint64_t{0}); // no flags
    for (const sock_filter& each : linx::test::filter_of({denied})) payload.put(each);
    return payload.data();
  };
  const std::string no_sendmsg = step_of({SYS_sendmsg, EPERM});
  const std::string no_execve = step_of({SYS_execve, EMLINK});
  program spawner;
  // A container's own filter may be there already.
  const auto before = std::stoi(status_of(run_after(spawner, steps(), own_status()), "Seccomp_filters"));
  {
    parked_child child(spawner, request(1, own_status()));
    BOOST_TEST(child.step(steps().add(wire::stage::no_new_privs)) == 0);
    const std::string text = child.run(steps().add(wire::stage::seccomp_install, no_sendmsg, true));
    BOOST_TEST(status_of(text, "Seccomp") == "2");
    BOOST_TEST(status_of(text, "Seccomp_filters") == std::to_string(before + 1));
  }
  {
    parked_child child(spawner, request(2));
    BOOST_TEST(child.step(steps().add(wire::stage::no_new_privs)) == 0);
    child.proceed(steps().add(wire::stage::seccomp_install, no_execve, true));
    BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::failed));
    BOOST_TEST(static_cast<int>(child.slot().where) == static_cast<int>(wire::stage::execve));
    BOOST_TEST(child.slot().error == EMLINK);
    BOOST_TEST(spawner.expect_exited(2) == wire::exit_failed);
  }
}

// A socket of the child's network namespace, which an unprivileged host could not enter itself.
BOOST_AUTO_TEST_CASE(socket_comes_from_inside)
{
  program spawner;
  request wanted(1);
  wanted.namespaces = CLONE_NEWUSER | CLONE_NEWNET;
  parked_child child(spawner, wanted);
  const wire::step_socket datagram{AF_INET, SOCK_DGRAM, 0, 0};
  const record done =
      child.ask(steps().add_value(wire::stage::socket, datagram).add_value(wire::stage::socket, datagram));
  BOOST_TEST(done.as<wire::done_record>().error == 0);
  BOOST_TEST_REQUIRE(done.fds.size() == 2u);
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  BOOST_TEST_REQUIRE(::ioctl(done.fds[1].get(), SIOCGIFFLAGS, &loopback) == 0);
  BOOST_TEST((loopback.ifr_flags & IFF_UP) == 0); // a fresh one is down, the host's is up
  loopback.ifr_flags |= IFF_UP;
  BOOST_TEST(::ioctl(done.fds[1].get(), SIOCSIFFLAGS, &loopback) == 0);
  BOOST_TEST((::fcntl(done.fds[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  child.run();
}

// The host learns which step failed, at which stage and why; those before it hold, those after it did not
// happen.
BOOST_AUTO_TEST_CASE(a_list_stops_at_the_first_failure_and_the_child_stays)
{
  program spawner;
  parked_child child(spawner, request(1, shell("umask; pwd")));
  const record done = child.ask(steps()
                                    .add_value(wire::stage::umask, std::uint32_t{0077})
                                    .add(wire::stage::chdir, with_nul("/nonexistent"))
                                    .add_value(wire::stage::umask, std::uint32_t{0}));
  const auto& answer = done.as<wire::done_record>();
  BOOST_TEST(answer.error == ENOENT);
  BOOST_TEST(static_cast<int>(answer.where) == static_cast<int>(wire::stage::chdir));
  BOOST_TEST(answer.step == 1);
  BOOST_TEST(child.step(steps().add(static_cast<wire::stage>(999))) == ENOSYS); // of a version to come
  BOOST_TEST(child.step(steps().add(wire::stage::chdir, with_nul("/"))) == 0);
  BOOST_TEST(child.run() == "0077\n/\n");
}

// Steps of the request come before READY, those of PROCEED after it; either failure is in the slot.
BOOST_AUTO_TEST_CASE(steps_of_the_request_and_of_proceed)
{
  program spawner;
  {
    request wanted(1, shell("umask; pwd"));
    wanted.steps_bytes = steps().add_value(wire::stage::umask, std::uint32_t{0011}).bytes();
    parked_child child(spawner, wanted);
    BOOST_TEST(child.run(steps().add(wire::stage::chdir, with_nul("/usr"))) == "0011\n/usr\n");
  }
  {
    request wanted(2);
    wanted.steps_bytes =
        steps().add(wire::stage::no_new_privs).add(wire::stage::chdir, with_nul("/none")).bytes();
    parked_child child(spawner, wanted, false);
    child.accept();
    BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::failed));
    BOOST_TEST(static_cast<int>(child.slot().where) == static_cast<int>(wire::stage::chdir));
    BOOST_TEST(child.slot().step == 1);
    BOOST_TEST(child.slot().error == ENOENT);
    BOOST_TEST(spawner.expect_exited(2) == wire::exit_failed);
  }
  {
    parked_child child(spawner, request(3));
    child.proceed(steps().add(wire::stage::chdir, with_nul("/none")));
    BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::failed));
    BOOST_TEST(static_cast<int>(child.slot().where) == static_cast<int>(wire::stage::chdir));
    BOOST_TEST(spawner.expect_exited(3) == wire::exit_failed);
  }
  {
    request wanted(4, shell("exit $(umask)"));
    wanted.steps_bytes = steps().add_value(wire::stage::umask, std::uint32_t{0012}).bytes();
    wanted.with(wire::spawn_flags::auto_proceed);
    spawner.send(wanted);
    spawner.expect(wire::frame_type::spawned, 4);
    BOOST_TEST(spawner.expect_exited(4) == 12); // dash reads 0012 as decimal here
  }
  {
    request wanted(5);
    wanted.steps_bytes = steps().add(wire::stage::session).add(wire::stage::chdir, with_nul("/none")).bytes();
    wanted.with(wire::spawn_flags::auto_proceed);
    spawner.send(wanted);
    const record got = spawner.expect(wire::frame_type::failed, 5);
    BOOST_TEST(static_cast<int>(got.as<wire::failed_record>().where) == static_cast<int>(wire::stage::chdir));
    BOOST_TEST(got.as<wire::failed_record>().step == 1);
  }
}

// Signals that the host ignores or blocks are its own affair: a workload starts with the defaults.
BOOST_AUTO_TEST_CASE(signals_are_reset)
{
  struct restore {
    ~restore()
    {
      ::signal(SIGPIPE, SIG_DFL);
      ::signal(SIGCHLD, SIG_DFL);
      ::sigprocmask(SIG_SETMASK, &old, nullptr);
    }
    sigset_t old{};
  } const restore_at_end = [] {
    restore saved;
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &saved.old);
    return saved;
  }();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGCHLD, SIG_IGN);
  program spawner;
  const std::string parked = run_after(spawner, steps(), own_status());
  for (const char* field : {"SigBlk", "SigIgn", "SigPnd"})
    BOOST_TEST(status_of(parked, field) == "0000000000000000");

  pair output = make_pipe();
  request wanted(2, own_status());
  wanted.with(wire::spawn_flags::auto_proceed).give(wire::fd_role::stdout_, output.child.get());
  spawner.send(wanted);
  output.child.close();
  spawner.expect(wire::frame_type::spawned, 2);
  const std::string shared = read_all(output.host.get());
  for (const char* field : {"SigBlk", "SigIgn", "SigPnd"})
    BOOST_TEST(status_of(shared, field) == "0000000000000000");
  spawner.expect_exited(2);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
