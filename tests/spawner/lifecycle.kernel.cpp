// One child from request to exit record, on each of the ways it can go.
#include "spawner/client.hpp"

BOOST_AUTO_TEST_SUITE(spawner_lifecycle_kernel)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

constexpr made_by makers[] = {made_by::host, made_by::child};

// Whoever starts it learns whom it serves and how, before the first request.
BOOST_AUTO_TEST_CASE(hello_names_the_spawner)
{
  program spawner(7);
  const auto& hello = spawner.hello().as<wire::hello_record>();
  BOOST_TEST(static_cast<int>(spawner.hello().type()) == static_cast<int>(wire::frame_type::hello));
  BOOST_TEST(hello.slots == 7u);
  const wire::credentials self = own_credentials();
  BOOST_TEST(std::memcmp(&hello.self, &self, sizeof self) == 0);
  BOOST_TEST(read_file("/proc/" + std::to_string(spawner.pid()) + "/comm") == "linx-spawner\n");
}

// The whole protocol of a parked child: READY, PROCEED, the mark, the end of file, output, exit.
BOOST_AUTO_TEST_CASE(parked_child_runs_after_proceed)
{
  program spawner;
  for (const made_by maker : makers) {
    parked_child child(spawner, request(1, shell("echo running; exit 7")), true, maker);
    BOOST_TEST(child.inner_pid() == child.pid());
    const std::string status = read_file("/proc/" + std::to_string(child.pid()) + "/status");
    BOOST_TEST(status.find("\nPPid:\t" + std::to_string(spawner.pid()) + "\n") != std::string::npos);
    BOOST_TEST(static_cast<int>(wire::load_state(child.slot())) == static_cast<int>(wire::slot_state::idle));
    BOOST_TEST(!wait_readable(child.pidfd(), 0));
    BOOST_TEST(child.run({}, 7) == "running\n");
    BOOST_TEST(wait_readable(child.pidfd())); // it was the pidfd of this one
  }
}

// Without a checkpoint the answer to the request already says that the program runs.
BOOST_AUTO_TEST_CASE(auto_proceed_answers_running)
{
  program spawner;
  pair output = make_pipe();
  request wanted(1, shell("echo $0 $1"));
  wanted.arguments.insert(wanted.arguments.end(), {"zero", "one"});
  wanted.with(wire::spawn_flags::auto_proceed).give(wire::fd_role::stdout_, output.child.get());
  spawner.send(wanted);
  output.child.close();
  const record spawned = spawner.expect(wire::frame_type::spawned, 1);
  BOOST_TEST(spawned.as<wire::spawned_record>().flags ==
             static_cast<std::uint32_t>(wire::spawned_flags::running));
  BOOST_TEST(read_all(output.host.get()) == "zero one\n");
  BOOST_TEST(spawner.expect_exited(1) == 0);
}

// With a socket, auto_proceed does not wait, and the end of file says that the program runs.
BOOST_AUTO_TEST_CASE(auto_proceed_with_a_socket_ends_it_at_execve)
{
  program spawner;
  for (const made_by maker : makers) {
    request wanted(1, shell("echo here"));
    wanted.with(wire::spawn_flags::auto_proceed);
    parked_child child(spawner, wanted, false, maker);
    child.accept();
    BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::exec));
    BOOST_TEST(child.output() == "here\n");
    BOOST_TEST(spawner.expect_exited(1) == 0);
  }
}

// A missing program is told apart from every other failure, on all ways.
BOOST_AUTO_TEST_CASE(failure_of_execve_is_reported_with_its_errno)
{
  program spawner;
  for (const made_by maker : makers) {
    for (const bool parks : {true, false}) {
      request wanted(1, {"/nonexistent/program"});
      if (!parks) wanted.with(wire::spawn_flags::auto_proceed);
      parked_child child(spawner, wanted, parks, maker);
      if (parks)
        child.proceed();
      else
        child.accept();
      BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::failed));
      BOOST_TEST(static_cast<int>(child.slot().where) == static_cast<int>(wire::stage::execve));
      BOOST_TEST(child.slot().error == ENOENT);
      BOOST_TEST(spawner.expect_exited(1) == wire::exit_failed);
    }
  }

  request wanted(2, {"/etc/passwd"});
  wanted.with(wire::spawn_flags::auto_proceed);
  spawner.send(wanted);
  const auto [where, error] = spawner.expect_failed(2);
  BOOST_TEST(static_cast<int>(where) == static_cast<int>(wire::stage::execve));
  BOOST_TEST(error == EACCES);
}

// Closing the socket is how a host takes back its word; the workload never runs.
BOOST_AUTO_TEST_CASE(closed_checkpoint_aborts)
{
  program spawner;
  for (const made_by maker : makers) {
    parked_child child(spawner, request(1, shell("echo never")), true, maker);
    child.abort();
    BOOST_TEST(child.output() == "");
    BOOST_TEST(spawner.expect_exited(1) == wire::exit_aborted);
  }
}

// A child killed while parked must not look like one that runs.
BOOST_AUTO_TEST_CASE(death_while_parked_leaves_no_mark)
{
  program spawner;
  parked_child child(spawner, request(1));
  kill_pidfd(child.pidfd(), SIGKILL);
  BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::idle));
  BOOST_TEST(spawner.expect_exited(1) == 128 + SIGKILL);
}

// The pid stays taken until the record is in the host's queue, and is free soon after.
BOOST_AUTO_TEST_CASE(exit_record_holds_what_wait_would_say)
{
  program spawner;
  parked_child child(spawner,
                     request(1, shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; kill -ABRT $$")));
  child.proceed();
  child.outcome();
  const record got = spawner.expect(wire::frame_type::exited, 1);
  const auto& exited = got.as<wire::exited_record>();
  BOOST_TEST(static_cast<int>(exited.pid) == child.pid());
  BOOST_TEST((exited.code == CLD_KILLED || exited.code == CLD_DUMPED));
  BOOST_TEST(exited.status == SIGABRT);
  BOOST_TEST(exited.user_us + exited.system_us > 0u);
  BOOST_TEST(exited.max_rss_kib > 0u);
  BOOST_TEST(exited.minor_faults > 0u);
}

// Two hundred children parked at once, each answered for itself; none is left behind.
BOOST_AUTO_TEST_CASE(two_hundred_in_flight)
{
  program spawner;
  constexpr std::uint32_t count = 200;
  std::deque<parked_child> children;
  for (std::uint32_t i = 0; i != count; ++i) {
    request wanted(i + 1, shell("exit " + std::to_string(i % 100)));
    wanted.slot = i;
    children.emplace_back(spawner, wanted);
  }
  for (parked_child& child : children) child.proceed();
  for (parked_child& child : children) {
    BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::exec));
  }
  std::vector<int> statuses(count, -1);
  for (std::uint32_t i = 0; i != count; ++i) {
    const record got = spawner.next();
    BOOST_TEST_REQUIRE(static_cast<int>(got.type()) == static_cast<int>(wire::frame_type::exited));
    statuses.at(got.id() - 1) = got.as<wire::exited_record>().status;
  }
  for (std::uint32_t i = 0; i != count; ++i) BOOST_TEST(statuses[i] == static_cast<int>(i % 100));
  BOOST_TEST(spawner.children() == "");
}

// Several requests may share a datagram; each is answered, in their order, also when one of them is refused.
BOOST_AUTO_TEST_CASE(requests_of_one_datagram_are_answered_in_order)
{
  program spawner;
  std::string datagram;
  std::vector<int> fds;
  std::vector<pair> outputs;
  for (std::uint64_t id = 1; id != 5; ++id) {
    outputs.push_back(make_pipe());
    request wanted(id, shell("echo " + std::to_string(id)));
    if (id == 3) wanted.path = "/nonexistent";
    wanted.with(wire::spawn_flags::auto_proceed).give(wire::fd_role::stdout_, outputs.back().child.get());
    datagram += wanted.frame(fds);
  }
  BOOST_TEST_REQUIRE(send_datagram(spawner.control(), datagram.data(), datagram.size(), fds) == 0);
  std::uint64_t answered = 0;
  unsigned exited = 0;
  while (answered != 4 || exited != 3) {
    const record got = spawner.next();
    BOOST_TEST_REQUIRE(!got.is_end());
    if (got.type() == wire::frame_type::exited) {
      ++exited;
      continue;
    }
    BOOST_TEST(got.id() == ++answered);
    BOOST_TEST((got.type() == wire::frame_type::failed) == (answered == 3));
  }
  for (std::size_t i = 0; i != outputs.size(); ++i) {
    outputs[i].child.close();
    BOOST_TEST(read_all(outputs[i].host.get()) == (i == 2 ? "" : std::to_string(i + 1) + "\n"));
  }
}

// Arguments and environment of any size go through a sealed file; an unsealed one could change under the
// reader.
BOOST_AUTO_TEST_CASE(large_requests_come_in_a_sealed_file)
{
  program spawner;
  for (const bool sealed : {true, false}) {
    request wanted(1, shell("echo ${#BIG} $#"));
    wanted.environment.push_back("BIG=" + std::string(100'000, 'x'));
    for (int i = 0; i != 3000; ++i) wanted.arguments.push_back(std::to_string(i));
    const std::string body = wanted.body();
    const descriptor file(::memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    BOOST_TEST_REQUIRE(::write(file.get(), body.data(), body.size()) == static_cast<ssize_t>(body.size()));
    if (sealed) ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    wanted.give(wire::fd_role::body, file.get());
    parked_child child(spawner, wanted, false);
    child.accept();
    if (sealed) {
      child.wait_ready();
      BOOST_TEST(child.run() == "100000 2999\n");
    } else {
      BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::failed));
      BOOST_TEST(static_cast<int>(child.slot().where) == static_cast<int>(wire::stage::memfd));
      BOOST_TEST(child.slot().error == EPERM);
      spawner.expect_exited(1);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
