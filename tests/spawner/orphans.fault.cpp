// What is left when host, spawner or child is killed: nothing that was not meant to outlive them.
#include "spawner/client.hpp"

#include "harness/namespaces.hpp"

#include <functional>

BOOST_AUTO_TEST_SUITE(spawner_orphans_fault)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

// A process that is not this one's child: known by pidfd, which also tells of its end.
descriptor open_pidfd(int pid)
{
  return descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool is_gone(const descriptor& pidfd)
{
  return wait_readable(pidfd.get());
}
bool is_alive(const descriptor& pidfd)
{
  return !wait_readable(pidfd.get(), 0);
}

// A host in a process of its own, which reports the pids of its spawner and children and then waits to be
// killed.
class remote_host {
public:
  explicit remote_host(const std::function<std::vector<int>(program&)>& begin)
  {
    pair report = make_pipe();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that is ended from outside leaves nothing
      report.host.close();
      program spawner;
      std::vector<int> pids = begin(spawner);
      pids.insert(pids.begin(), spawner.pid());
      if (::write(report.child.get(), pids.data(), pids.size() * sizeof(int)) < 0) ::_exit(1);
      report.child.close();
      for (;;) ::pause();
    }
    report.child.close();
    const std::string data = read_all(report.host.get());
    for (std::size_t i = 0; i + sizeof(int) <= data.size(); i += sizeof(int)) {
      int pid;
      std::memcpy(&pid, data.data() + i, sizeof pid);
      processes_.push_back(open_pidfd(pid));
    }
  }
  ~remote_host() { kill(); }

  void kill()
  {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  const descriptor& spawner() const { return processes_.at(0); }
  const descriptor& child(std::size_t index) const { return processes_.at(index + 1); }

private:
  pid_t pid_ = 0;
  std::vector<descriptor> processes_;
};

request sleeping(std::uint64_t id, wire::orphan_policy orphan, std::uint32_t grace_ms = 0)
{
  request wanted(id, {"/bin/sleep", "1000"});
  wanted.slot = static_cast<std::uint32_t>(id);
  wanted.orphan = orphan;
  wanted.grace_ms = grace_ms;
  return wanted;
}

// Starts it and waits until it runs.
int start(program& spawner, request wanted)
{
  wanted.with(wire::spawn_flags::auto_proceed);
  spawner.send(wanted);
  return static_cast<int>(
      spawner.expect(wire::frame_type::spawned, wanted.id).as<wire::spawned_record>().pid);
}

constexpr std::uint32_t long_grace_ms = 600'000; // longer than any test: whoever waits for it fails

BOOST_AUTO_TEST_CASE(a_killed_host_takes_its_children_along)
{
  remote_host host([](program& spawner) {
    std::vector<int> pids;
    pids.push_back(start(spawner, sleeping(1, wire::orphan_policy::kill)));
    pids.push_back(start(spawner, sleeping(2, wire::orphan_policy::terminate, long_grace_ms)));
    static std::deque<parked_child> parked;
    parked.emplace_back(spawner, sleeping(3, wire::orphan_policy::terminate, long_grace_ms));
    pids.push_back(parked.back().pid());
    return pids;
  });
  for (std::size_t i = 0; i != 3; ++i) BOOST_TEST(is_alive(host.child(i)));
  host.kill();
  for (std::size_t i = 0; i != 3; ++i) BOOST_TEST(is_gone(host.child(i)));
  BOOST_TEST(is_gone(host.spawner()));
}

// SIGTERM first: a workload that tidies up on it gets to do so.
BOOST_AUTO_TEST_CASE(terminate_lets_a_handler_run)
{
  pair output = make_pipe();
  {
    remote_host host([&](program& spawner) {
      request wanted(1, shell("trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done"));
      wanted.orphan = wire::orphan_policy::terminate;
      wanted.grace_ms = long_grace_ms;
      wanted.give(wire::fd_role::stdout_, output.child.get());
      const int pid = start(spawner, wanted);
      char ready[6];
      if (::read(output.host.get(), ready, sizeof ready) != sizeof ready) ::_exit(1);
      return std::vector<int>{pid};
    });
    output.child.close();
    host.kill();
    BOOST_TEST(is_gone(host.child(0)));
    BOOST_TEST(is_gone(host.spawner()));
  }
  BOOST_TEST(read_all(output.host.get()) == "tidied\n");
}

// Who ignores SIGTERM has its grace and no more.
BOOST_AUTO_TEST_CASE(the_grace_ends)
{
  pair output = make_pipe();
  remote_host host([&](program& spawner) {
    request wanted(1, shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"));
    wanted.orphan = wire::orphan_policy::terminate;
    wanted.grace_ms = 100;
    wanted.give(wire::fd_role::stdout_, output.child.get());
    const int pid = start(spawner, wanted);
    char ready[6];
    if (::read(output.host.get(), ready, sizeof ready) != sizeof ready) ::_exit(1);
    return std::vector<int>{pid};
  });
  host.kill();
  BOOST_TEST(is_gone(host.child(0)));
  BOOST_TEST(is_gone(host.spawner()));
}

// The init of a pid namespace without a handler never gets a SIGTERM: waiting for its grace would be for
// nothing.
BOOST_AUTO_TEST_CASE(the_init_of_a_pid_namespace_is_killed_at_once)
{
  remote_host host([](program& spawner) {
    request wanted = sleeping(1, wire::orphan_policy::terminate, long_grace_ms);
    wanted.namespaces = CLONE_NEWPID | CLONE_NEWUSER;
    static std::deque<parked_child> parked;
    parked.emplace_back(spawner, wanted);
    parked.back().proceed();
    parked.back().outcome();
    return std::vector<int>{parked.back().pid()};
  });
  host.kill();
  BOOST_TEST(is_gone(host.child(0)));
}

// One that has a handler, or blocks its signals to read them (signalfd(2)), gets its SIGTERM and its grace.
BOOST_AUTO_TEST_CASE(the_init_of_a_pid_namespace_that_hears_sigterm_has_its_grace)
{
  for (const bool caught : {true, false}) {
    if (!caught && !linx::test::has_program("python3")) {
      BOOST_TEST_MESSAGE("skipped: no program that blocks its signals, python3 is not there");
      continue;
    }
    pair output = make_pipe();
    {
      remote_host host([&](program& spawner) {
        const char* script = "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
        const char* waiting = "import signal, time; term = signal.SIGTERM\n"
                              "signal.pthread_sigmask(signal.SIG_BLOCK, {term}); print('ready', flush=True)\n"
                              "while term not in signal.sigpending(): time.sleep(0.01)\n"
                              "print('tidied')";
        request wanted =
            caught ? request(1, shell(script)) : request(1, {"/usr/bin/env", "python3", "-c", waiting});
        wanted.orphan = wire::orphan_policy::terminate;
        wanted.grace_ms = long_grace_ms;
        wanted.namespaces = CLONE_NEWPID | CLONE_NEWUSER;
        wanted.slot = 1;
        wanted.give(wire::fd_role::stdout_, output.child.get());
        static std::deque<parked_child> parked;
        parked.emplace_back(spawner, wanted);
        parked.back().proceed();
        char ready[6];
        if (::read(output.host.get(), ready, sizeof ready) != sizeof ready) ::_exit(1);
        return std::vector<int>{parked.back().pid()};
      });
      output.child.close();
      host.kill();
      BOOST_TEST(is_gone(host.child(0)));
    }
    BOOST_TEST(read_all(output.host.get()) == "tidied\n");
  }
}

// A stopped child takes no SIGTERM until it is continued.
BOOST_AUTO_TEST_CASE(a_stopped_child_is_ended_too)
{
  remote_host host([](program& spawner) {
    const int pid = start(spawner, sleeping(1, wire::orphan_policy::terminate, long_grace_ms));
    ::kill(pid, SIGSTOP);
    return std::vector<int>{pid};
  });
  host.kill();
  BOOST_TEST(is_gone(host.child(0)));
}

// What is to outlive the host does, and needs no spawner to live.
BOOST_AUTO_TEST_CASE(outlive_is_left_alone)
{
  remote_host host([](program& spawner) {
    return std::vector<int>{start(spawner, sleeping(1, wire::orphan_policy::outlive)),
                            start(spawner, sleeping(2, wire::orphan_policy::kill))};
  });
  host.kill();
  BOOST_TEST(is_gone(host.child(1)));
  BOOST_TEST(is_gone(host.spawner()));
  BOOST_TEST(is_alive(host.child(0)));
  kill_pidfd(host.child(0).get(), SIGKILL);
}

// A child detached while it runs still has the parent-death signal, so the spawner stays with it.
BOOST_AUTO_TEST_CASE(a_detached_child_keeps_its_spawner)
{
  remote_host host([](program& spawner) {
    const int detached = start(spawner, sleeping(1, wire::orphan_policy::kill));
    wire::orphan_request change{};
    change.header = {sizeof change, wire::version, 0, wire::frame_type::orphan, 1};
    change.pid = static_cast<std::uint32_t>(detached);
    change.orphan = wire::orphan_policy::outlive;
    send_datagram(spawner.control(), &change, sizeof change);
    return std::vector<int>{detached, start(spawner, sleeping(2, wire::orphan_policy::kill))};
  });
  host.kill();
  BOOST_TEST(is_gone(host.child(1)));
  BOOST_TEST(is_alive(host.child(0)));
  BOOST_TEST(is_alive(host.spawner()));
  kill_pidfd(host.child(0).get(), SIGKILL);
  BOOST_TEST(is_gone(host.spawner()));
}

// A forked copy of the host keeps the socket open; the pidfd tells of the host's death all the same.
BOOST_AUTO_TEST_CASE(a_fork_of_the_host_does_not_hide_its_death)
{
  remote_host host([](program& spawner) {
    const int pid = start(spawner, sleeping(1, wire::orphan_policy::kill));
    const pid_t copy = ::fork();
    if (copy == 0) {
      const auto control =
          static_cast<unsigned>(spawner.control()); // and not the pipe that remote_host reads
      ::syscall(SYS_close_range, 3u, control - 1, 0u);
      ::syscall(SYS_close_range, control + 1, ~0u, 0u);
      for (;;) ::pause();
    }
    return std::vector<int>{pid, copy};
  });
  host.kill();
  BOOST_TEST(is_gone(host.child(0)));
  BOOST_TEST(is_gone(host.spawner()));
  BOOST_TEST(is_alive(host.child(1)));
  kill_pidfd(host.child(1).get(), SIGKILL);
}

// The host lives and lets go of the spawner: the same end.
BOOST_AUTO_TEST_CASE(closing_the_control_socket_ends_the_children)
{
  program spawner;
  const descriptor child = open_pidfd(start(spawner, sleeping(1, wire::orphan_policy::kill)));
  spawner.close_control();
  BOOST_TEST(is_gone(child));
  BOOST_TEST(wait_readable(spawner.pidfd()));
}

// The other way round: children that are not to outlive it die with the spawner, parked or running, also
// after their credentials changed, which disarms the signal.
BOOST_AUTO_TEST_CASE(a_killed_spawner_takes_its_children_along)
{
  program spawner;
  const descriptor running = open_pidfd(start(spawner, sleeping(1, wire::orphan_policy::kill)));
  const descriptor outliving = open_pidfd(start(spawner, sleeping(2, wire::orphan_policy::outlive)));
  parked_child parked(spawner, sleeping(3, wire::orphan_policy::kill));
  std::deque<parked_child> changed;
  if (::geteuid() == 0) {
    changed.emplace_back(spawner, sleeping(4, wire::orphan_policy::kill));
    BOOST_TEST(changed.back().step(
                   steps().add_value(wire::stage::ids, wire::step_ids{20, 20, 20, 20, 20, 20})) == 0);
    changed.back().proceed();
    changed.back().outcome();
  }
  kill_pidfd(spawner.pidfd(), SIGKILL);
  BOOST_TEST(is_gone(running));
  BOOST_TEST(wait_readable(parked.pidfd()));
  for (const parked_child& child : changed) BOOST_TEST(wait_readable(child.pidfd()));
  BOOST_TEST(is_alive(outliving));
  kill_pidfd(outliving.get(), SIGKILL);
  BOOST_TEST(receive_one(parked.checkpoint()).is_end());
  BOOST_TEST(spawner.next().is_end()); // and the host sees it on the socket
}

// What a terminal sends to the whole foreground group must not take everybody's parent away.
BOOST_AUTO_TEST_CASE(terminal_signals_leave_the_spawner_alone)
{
  program spawner;
  for (const int signal :
       {SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGTTIN, SIGTTOU, SIGTERM, SIGPIPE, SIGALRM, SIGUSR1}) {
    kill_pidfd(spawner.pidfd(), signal);
  }
  parked_child child(spawner, request(1, shell("echo served")));
  BOOST_TEST(child.run() == "served\n");
}

// Stopped for a while it is late and loses nothing.
BOOST_AUTO_TEST_CASE(a_stopped_spawner_goes_on)
{
  program spawner;
  kill_pidfd(spawner.pidfd(), SIGSTOP);
  for (std::uint64_t id = 1; id != 21; ++id) {
    request wanted(id);
    wanted.with(wire::spawn_flags::auto_proceed);
    spawner.send(wanted);
  }
  kill_pidfd(spawner.pidfd(), SIGCONT);
  unsigned spawned = 0, exited = 0;
  while (spawned + exited != 40) {
    const record got = spawner.next();
    BOOST_TEST_REQUIRE(!got.is_end());
    spawned += got.type() == wire::frame_type::spawned;
    exited += got.type() == wire::frame_type::exited;
  }
  BOOST_TEST(spawned == 20u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
