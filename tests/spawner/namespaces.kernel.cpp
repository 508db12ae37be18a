// New namespaces, entered ones, time offsets, and the cgroup at clone.
#include "spawner/client.hpp"

#include "harness/namespaces.hpp"

#include <sys/mount.h>

#include <map>

BOOST_AUTO_TEST_SUITE(spawner_namespaces_kernel)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

struct kind {
  const char* name;
  std::uint32_t flag;
  wire::fd_role role;
  wire::stage setns;
};

constexpr kind kinds[] = {
    {"user", CLONE_NEWUSER, wire::fd_role::ns_user, wire::stage::setns_user},
    {"mnt", CLONE_NEWNS, wire::fd_role::ns_mnt, wire::stage::setns_mnt},
    {"uts", CLONE_NEWUTS, wire::fd_role::ns_uts, wire::stage::setns_uts},
    {"ipc", CLONE_NEWIPC, wire::fd_role::ns_ipc, wire::stage::setns_ipc},
    {"cgroup", CLONE_NEWCGROUP, wire::fd_role::ns_cgroup, wire::stage::setns_cgroup},
    {"net", CLONE_NEWNET, wire::fd_role::ns_net, wire::stage::setns_net},
    {"time", CLONE_NEWTIME, wire::fd_role::ns_time, wire::stage::setns_time},
    {"pid", CLONE_NEWPID, wire::fd_role::ns_pid, wire::stage::setns_pid},
};

std::string namespace_of(int pid, const char* name)
{
  char target[64];
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/" + name;
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  return size < 0 ? std::strerror(errno) : std::string(target, static_cast<std::size_t>(size));
}

bool is_root()
{
  return ::geteuid() == 0;
}

// Each kind alone, in a user namespace where the caller has no privilege; the others stay the host's.
BOOST_AUTO_TEST_CASE(each_kind_is_new_when_asked_for)
{
  program spawner;
  for (const kind& wanted_kind : kinds) {
    request wanted(1);
    wanted.namespaces = wanted_kind.flag | (is_root() ? 0u : static_cast<unsigned>(CLONE_NEWUSER));
    parked_child child(spawner, wanted);
    for (const kind& each : kinds) {
      BOOST_TEST_CONTEXT(wanted_kind.name << " wanted, looking at " << each.name)
      {
        const bool differs = namespace_of(child.pid(), each.name) != namespace_of(::getpid(), each.name);
        BOOST_TEST(differs == ((wanted.namespaces & each.flag) != 0));
      }
    }
    BOOST_TEST((child.inner_pid() == 1) == (wanted_kind.flag == CLONE_NEWPID));
    child.run();
  }
}

// All eight at once, with a user namespace: what the demonstration and most containers use.
BOOST_AUTO_TEST_CASE(all_eight_together)
{
  program spawner;
  request wanted(1, shell("echo $$"));
  for (const kind& each : kinds) wanted.namespaces |= each.flag;
  parked_child child(spawner, wanted);
  for (const kind& each : kinds) {
    BOOST_TEST(namespace_of(child.pid(), each.name) != namespace_of(::getpid(), each.name));
  }
  BOOST_TEST(child.run() == "1\n");
}

// The spawner waits for such a child, so this way must not cost it its own namespaces either.
BOOST_AUTO_TEST_CASE(auto_proceed_takes_namespaces_too)
{
  if (!is_root()) {
    BOOST_TEST_MESSAGE("skipped: without privilege a user namespace is needed, which needs a checkpoint");
    return;
  }
  program spawner;
  pair output = make_pipe();
  request wanted(1, shell("readlink /proc/self/ns/uts; echo $$"));
  wanted.namespaces = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWCGROUP;
  wanted.with(wire::spawn_flags::auto_proceed).give(wire::fd_role::stdout_, output.child.get());
  spawner.send(wanted);
  output.child.close();
  spawner.expect(wire::frame_type::spawned, 1);
  const std::string text = read_all(output.host.get());
  BOOST_TEST(text.find(namespace_of(::getpid(), "uts")) == std::string::npos);
  BOOST_TEST(text.substr(text.find('\n')) == "\n1\n");
  BOOST_TEST(spawner.expect_exited(1) == 0);
  BOOST_TEST(namespace_of(spawner.pid(), "uts") == namespace_of(::getpid(), "uts"));
}

// Offsets must be in force for the first instruction: set any later they would not be on kernels before 6.3.
BOOST_AUTO_TEST_CASE(time_offsets_hold_from_the_start)
{
  program spawner;
  request wanted(1, shell("cat /proc/self/timens_offsets; cut -d. -f1 /proc/uptime"));
  wanted.namespaces = CLONE_NEWTIME | (is_root() ? 0u : static_cast<unsigned>(CLONE_NEWUSER));
  wanted.with(wire::spawn_flags::timens_offsets);
  wanted.monotonic = {86'400, 5, 0};
  wanted.boottime = {1'000'000, 0, 0};
  parked_child child(spawner, wanted);
  const std::string text = child.run();
  std::istringstream lines(text);
  std::string clock;
  long monotonic = 0, nanoseconds = 0, boottime = 0, none = 0, uptime = 0;
  lines >> clock >> monotonic >> nanoseconds >> clock >> boottime >> none >> uptime;
  BOOST_TEST(monotonic == 86'400);
  BOOST_TEST(nanoseconds == 5);
  BOOST_TEST(boottime == 1'000'000);
  BOOST_TEST(uptime >= 1'000'000);
  if (is_closed_to_us(spawner.pid())) return;
  BOOST_TEST(namespace_of(spawner.pid(), "time_for_children") ==
             namespace_of(::getpid(), "time_for_children"));
}

// The kernel refuses to turn time back before boot; the error names the time namespace, not the clone.
BOOST_AUTO_TEST_CASE(a_refused_offset_fails_at_timens)
{
  program spawner;
  request wanted(1);
  wanted.namespaces = CLONE_NEWTIME | (is_root() ? 0u : static_cast<unsigned>(CLONE_NEWUSER));
  wanted.with(wire::spawn_flags::timens_offsets);
  wanted.monotonic = {-1'000'000'000, 0, 0};
  parked_child child(spawner, wanted, false);
  const auto [where, error] = spawner.expect_failed(1);
  BOOST_TEST(static_cast<int>(where) == static_cast<int>(wire::stage::timens));
  BOOST_TEST(error == ERANGE);
}

// A second child joins all namespaces of a first, user and pid among them, through descriptors only.
BOOST_AUTO_TEST_CASE(a_child_enters_the_namespaces_of_another)
{
  program spawner;
  request target(1, {"/bin/sleep", "1000"});
  for (const kind& each : kinds) target.namespaces |= each.flag;
  parked_child inside(spawner, target);
  inside.proceed();
  inside.outcome();

  std::vector<descriptor> entrances;
  pair input = make_pipe();
  request wanted(2, shell("echo $$; read line || true"));
  wanted.slot = 1;
  wanted.give(wire::fd_role::stdin_, input.host.get());
  for (const kind& each : kinds) {
    const std::string path = "/proc/" + std::to_string(inside.pid()) + "/ns/" + each.name;
    entrances.emplace_back(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    wanted.give(each.role, entrances.back().get());
  }
  parked_child visitor(spawner, wanted);
  const auto check = [&] {
    for (const kind& each : kinds) {
      BOOST_TEST_CONTEXT(each.name)
      {
        BOOST_TEST(namespace_of(visitor.pid(), each.name) == namespace_of(inside.pid(), each.name));
        if (is_root())
          BOOST_TEST(namespace_of(spawner.pid(), each.name) == namespace_of(::getpid(), each.name));
      }
    }
  };
  if (is_root()) check();
  BOOST_TEST(visitor.inner_pid() > 1);
  visitor.proceed();
  BOOST_TEST_REQUIRE(visitor.has_spoken());
  check();
  input.child.close();
  BOOST_TEST(static_cast<int>(visitor.outcome()) == static_cast<int>(wire::slot_state::exec));
  BOOST_TEST(visitor.output() == std::to_string(visitor.inner_pid()) + "\n");
  BOOST_TEST(spawner.expect_exited(2) == 0);
  kill_pidfd(inside.pidfd(), SIGKILL);
  BOOST_TEST(spawner.expect_exited(1) == 128 + SIGKILL);
  BOOST_TEST(spawner.children() == "");
}

// Which namespace could not be entered is told, because one call for all of them could not tell.
BOOST_AUTO_TEST_CASE(a_refused_entrance_is_named)
{
  program spawner;
  const descriptor no_namespace(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  std::uint64_t id = 0;
  for (const kind& each : kinds) {
    request wanted(++id);
    wanted.give(each.role, no_namespace.get());
    parked_child child(spawner, wanted, false);
    const auto [where, error] = spawner.expect_failed(id);
    BOOST_TEST(static_cast<int>(where) == static_cast<int>(each.setns));
    BOOST_TEST(error == EINVAL);
  }
}

// Runs `body` with a fresh cgroup v2 directory, in a process and mount namespace of its own.
int with_cgroup(int (*body)(const std::string& path, const std::string& name))
{
  return linx::test::run_in_child([body] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/mnt", "cgroup2", 0, nullptr) != 0) {
      return linx::test::child_skipped;
    }
    const std::string name = "linx-test-" + std::to_string(::getpid());
    const std::string path = "/mnt/" + name;
    if (::mkdir(path.c_str(), 0755) != 0) return linx::test::child_skipped;
    const int status = body(path, name);
    ::rmdir(path.c_str());
    return status;
  });
}

bool is_skipped(int status)
{
  if (status != linx::test::child_skipped) return false;
  BOOST_TEST_MESSAGE("skipped: no cgroup v2 directory can be made here");
  return true;
}

// Born inside its cgroup: no instant outside in which it could take memory or fork.
BOOST_AUTO_TEST_CASE(a_child_is_born_in_its_cgroup)
{
  const int status = with_cgroup([](const std::string& path, const std::string& name) {
    program spawner;
    const descriptor cgroup(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    request wanted(1, shell("grep ^0:: /proc/self/cgroup"));
    wanted.give(wire::fd_role::cgroup, cgroup.get());
    parked_child child(spawner, wanted);
    return child.run().find("/" + name + "\n") != std::string::npos ? 0 : 1;
  });
  if (!is_skipped(status)) BOOST_TEST(status == 0);
}

// A frozen child never comes to take its request. It holds a place among those on their way, which must be
// free again when it is killed: there are fewer places than children here.
BOOST_AUTO_TEST_CASE(children_killed_before_they_ran_leave_their_place)
{
  const int status = with_cgroup([](const std::string& path, const std::string&) {
    program spawner;
    const descriptor cgroup(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const descriptor freezer(::open((path + "/cgroup.freeze").c_str(), O_WRONLY | O_CLOEXEC));
    if (::write(freezer.get(), "1", 1) != 1) return 1;
    for (std::uint64_t id = 1; id != 700; ++id) {
      request wanted(id);
      wanted.give(wire::fd_role::cgroup, cgroup.get());
      parked_child child(spawner, wanted, false);
      child.accept();
      kill_pidfd(child.pidfd(), SIGKILL);
      if (spawner.expect_exited(id) != 128 + SIGKILL) return 2;
    }
    parked_child last(spawner, request(1000, shell("echo here")));
    return last.run() == "here\n" ? 0 : 3;
  });
  if (!is_skipped(status)) BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
