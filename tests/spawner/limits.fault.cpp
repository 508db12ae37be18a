// A host that does not read, a spawner without descriptors or memory, a kernel without clone3, a host that
// changed.
#include "spawner/client.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <chrono>
#include <grp.h>
#include <set>
#include <sstream>

BOOST_AUTO_TEST_SUITE(spawner_limits_fault)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

void set_limit(const program& spawner, __rlimit_resource resource, rlim_t soft)
{
  rlimit limit{};
  if (::prlimit(spawner.pid(), resource, nullptr, &limit) != 0) fail_errno("prlimit");
  limit.rlim_cur = soft;
  if (::prlimit(spawner.pid(), resource, &limit, nullptr) != 0) fail_errno("prlimit");
}

request quick(std::uint64_t id)
{
  request wanted(id);
  wanted.with(wire::spawn_flags::auto_proceed);
  return wanted;
}

// The spawner stops reading when it cannot answer, and unreaped children are the queue of exits: a host that
// comes back after a long time finds every record, each once, spawned before exited.
BOOST_AUTO_TEST_CASE(a_host_that_does_not_read_loses_nothing)
{
  program spawner;
  const int small = 4096;
  ::setsockopt(spawner.control(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  const int flags = ::fcntl(spawner.control(), F_GETFL);
  ::fcntl(spawner.control(), F_SETFL, flags | O_NONBLOCK);
  std::uint64_t sent = 0;
  std::set<std::uint64_t> spawned, exited;
  constexpr std::uint64_t wanted_count = 1500;
  while (exited.size() != wanted_count) {
    // Send until the socket takes no more, without reading a byte; then read a little, and go on.
    while (sent != wanted_count) {
      std::vector<int> fds;
      const std::string frame = quick(sent + 1).frame(fds);
      const int error = send_datagram(spawner.control(), frame.data(), frame.size());
      if (error == EAGAIN) break;
      BOOST_TEST_REQUIRE(error == 0);
      ++sent;
    }
    for (int i = 0; i != 50 && exited.size() != wanted_count && wait_readable(spawner.control(), 200); ++i) {
      const record got = spawner.next();
      BOOST_TEST_REQUIRE(!got.is_end());
      if (got.type() == wire::frame_type::spawned) {
        BOOST_TEST_REQUIRE(got.id() == spawned.size() + 1);
        spawned.insert(got.id());
      } else {
        BOOST_TEST_REQUIRE(static_cast<int>(got.type()) == static_cast<int>(wire::frame_type::exited));
        BOOST_TEST_REQUIRE(spawned.count(got.id()) == 1u);
        BOOST_TEST_REQUIRE(exited.insert(got.id()).second);
      }
    }
  }
  BOOST_TEST(spawned.size() == wanted_count);
  BOOST_TEST(spawner.children() == "");
}

// The same for exits alone, more at once than the socket holds: the one in hand when it fills up is sent
// once, and nobody is reaped before his record is out.
BOOST_AUTO_TEST_CASE(more_exits_than_the_socket_holds)
{
  constexpr std::uint32_t count = 400;
  program spawner(count);
  std::deque<parked_child> children;
  for (std::uint32_t i = 0; i != count; ++i) {
    request wanted(i + 1);
    wanted.slot = i;
    children.emplace_back(spawner, wanted);
  }
  for (parked_child& child : children) child.abort();
  for (parked_child& child : children) BOOST_TEST_REQUIRE(wait_readable(child.pidfd()));
  std::set<std::uint64_t> exited;
  while (exited.size() != count) {
    const record got = spawner.next();
    BOOST_TEST_REQUIRE(static_cast<int>(got.type()) == static_cast<int>(wire::frame_type::exited));
    BOOST_TEST_REQUIRE(exited.insert(got.id()).second);
  }
  BOOST_TEST(spawner.children() == "");
}

// The kernel drops descriptors that find no number; the request is refused and the next one works.
BOOST_AUTO_TEST_CASE(descriptors_run_out)
{
  program spawner;
  set_limit(spawner, RLIMIT_NOFILE, 16);
  request many(1);
  for (std::uint32_t i = 0; i != 20; ++i) many.extra(0, 10 + i);
  many.with(wire::spawn_flags::auto_proceed);
  spawner.send(many);
  const auto [where, error] = spawner.expect_failed(1);
  BOOST_TEST(static_cast<int>(where) == static_cast<int>(wire::stage::fd_pass));
  BOOST_TEST(error == EMFILE);

  set_limit(spawner, RLIMIT_NOFILE, 8); // not even one for the pidfd
  spawner.send(quick(2));
  const auto [clone, limit] = spawner.expect_failed(2);
  BOOST_TEST(static_cast<int>(clone) == static_cast<int>(wire::stage::clone));
  BOOST_TEST(limit == EMFILE);

  set_limit(spawner, RLIMIT_NOFILE, 1024);
  parked_child child(spawner, request(3, shell("echo fine")));
  BOOST_TEST(child.run() == "fine\n");
}

// No memory for the program is the child's failure, told by errno; the spawner itself allocates nothing.
BOOST_AUTO_TEST_CASE(memory_runs_out)
{
  program spawner;
  set_limit(spawner, RLIMIT_AS, 1 << 20);
  parked_child child(spawner, request(1), false);
  const record answer = spawner.next();
  if (answer.type() == wire::frame_type::failed) {
    BOOST_TEST(answer.as<wire::failed_record>().error == ENOMEM);
  } else {
    child.wait_ready();
    child.proceed();
    child.outcome();
    BOOST_TEST(spawner.expect_exited(1) != 0);
  }
  set_limit(spawner, RLIMIT_AS, RLIM_INFINITY);
  parked_child next(spawner, request(2, shell("echo fine")));
  BOOST_TEST(next.run() == "fine\n");
}

// What a process has used of its processors, in clock ticks (proc(5)).
long ticks_of(int pid)
{
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i != 11; ++i) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return user + system;
}

// Descriptors in flight are counted for each user (unix(7)), who may have filled his share elsewhere. That
// ends one birth after a while, during which the spawner sleeps; and the next one works when there is room
// again.
BOOST_AUTO_TEST_CASE(a_user_with_too_many_descriptors_in_flight)
{
  const int status = linx::test::run_in_child([] {
    constexpr uid_t nobody = 65534;
    if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setresgid(nobody, nobody, nobody) != 0 ||
                             ::setresuid(nobody, nobody, nobody) != 0))
      return 1;
    program spawner;
    set_limit(spawner, RLIMIT_NOFILE, 24);
    pair elsewhere = make_checkpoint();
    const std::vector<int> many(100, 0);
    if (send_datagram(elsewhere.host.get(), "12345678", 8, many) != 0) return 2;

    const long before = ticks_of(spawner.pid());
    const auto begin = std::chrono::steady_clock::now();
    spawner.send(quick(1));
    const record told = spawner.next();
    if (told.type() != wire::frame_type::spawned || !told.fds.empty()) return 3;
    if (spawner.expect_exited(1) != 0) return 4;
    const parked_child alone(spawner, request(2), false, made_by::child);
    if (spawner.expect_exited(2) != wire::exit_failed) return 5;
    if (spawner.slot(0).error != ETOOMANYREFS) return 6;
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    const double used =
        static_cast<double>(ticks_of(spawner.pid()) - before) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    if (used > passed.count() / 4) return 7; // it would be all of it

    elsewhere.host.close();
    elsewhere.child.close();
    parked_child next(spawner, request(3, shell("echo fine")));
    return next.run() == "fine\n" ? 0 : 8;
  });
  BOOST_TEST(status == 0);
}

// One that cannot hear of the ends of its children ends with them, and so their host hears of it.
BOOST_AUTO_TEST_CASE(a_spawner_that_cannot_reap_is_none)
{
  const int status = linx::test::run_denied({{SYS_waitid, EPERM}}, [] {
    program spawner;
    spawner.send(quick(1));
    for (int records = 0; records != 3; ++records)
      if (spawner.next().is_end()) return wait_readable(spawner.pidfd()) ? 0 : 1;
    return 2;
  });
  if (status != linx::test::child_skipped) BOOST_TEST(status == 0);
}

// It looks at everything now and then.
BOOST_AUTO_TEST_CASE(a_spawner_that_cannot_poll_goes_on)
{
  const int status = linx::test::run_denied({{SYS_ppoll, ENOMEM}}, [] {
    program spawner;
    parked_child child(spawner, request(1, shell("echo fine")));
    if (child.run() != "fine\n") return 1;
    const long before = ticks_of(spawner.pid());
    ::usleep(300'000);
    if (ticks_of(spawner.pid()) - before > ::sysconf(_SC_CLK_TCK) / 10) return 2;
    spawner.close_control();
    return wait_readable(spawner.pidfd()) ? 0 : 3;
  });
  if (status != linx::test::child_skipped) BOOST_TEST(status == 0);
}

// Container engines commonly answer ENOSYS to clone3: everything works by clone(2) then.
BOOST_AUTO_TEST_CASE(a_kernel_without_clone3)
{
  const int status = linx::test::run_denied({{SYS_clone3, ENOSYS}}, [] {
    program spawner;
    if (spawner.hello().as<wire::hello_record>().features != 0) return 1;
    request wanted(1, shell("echo $$"));
    wanted.namespaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWTIME;
    parked_child child(spawner, wanted);
    if (child.inner_pid() != 1 || child.run() != "1\n") return 2;
    spawner.send(quick(2));
    const record spawned = spawner.expect(wire::frame_type::spawned, 2);
    if (spawned.fds.size() != 1 || spawner.expect_exited(2) != 0) return 3;
    return wait_readable(spawned.fds[0].get()) ? 0 : 4;
  });
  if (status == linx::test::child_skipped) {
    BOOST_TEST_MESSAGE("skipped: no seccomp filters here");
    return;
  }
  BOOST_TEST(status == 0);
}

// Nothing may run with the privilege that the host had once: any difference is refused, and named.
BOOST_AUTO_TEST_CASE(a_host_that_changed_is_refused)
{
  program spawner;
  std::uint64_t id = 0;
  const auto refused = [&](const char* what, auto&& change) {
    request wanted = quick(++id);
    change(wanted.host);
    spawner.send(wanted);
    const auto [where, error] = spawner.expect_failed(id);
    BOOST_TEST_CONTEXT(what)
    {
      BOOST_TEST(static_cast<int>(where) == static_cast<int>(wire::stage::credentials));
      BOOST_TEST(error == ESTALE);
    }
  };
  refused("ruid", [](wire::credentials& host) { ++host.ruid; });
  refused("euid", [](wire::credentials& host) { ++host.euid; });
  refused("suid", [](wire::credentials& host) { ++host.suid; });
  refused("rgid", [](wire::credentials& host) { ++host.rgid; });
  refused("egid", [](wire::credentials& host) { ++host.egid; });
  refused("sgid", [](wire::credentials& host) { ++host.sgid; });
  refused("groups", [](wire::credentials& host) { ++host.groups; });
  refused("no_new_privs", [](wire::credentials& host) { host.no_new_privs ^= 1; });
  refused("seccomp", [](wire::credentials& host) { host.seccomp ^= 2; });
  if (own_credentials().permitted != 0) {
    refused("a capability dropped", [](wire::credentials& host) { host.permitted &= host.permitted - 1; });
  }
  request more = quick(++id);
  more.host.permitted = ~std::uint64_t{0}; // the host may have more: execve takes it from whoever is not root
  spawner.send(more);
  spawner.expect(wire::frame_type::spawned, id);
  spawner.expect_exited(id);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
