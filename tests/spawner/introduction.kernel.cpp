// A child that makes its checkpoint itself: one datagram in place of two, and the same life from there on.
#include "spawner/client.hpp"

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

parked_child introduced(program& spawner, request wanted)
{
  return parked_child(spawner, std::move(wanted), true, made_by::child);
}

BOOST_AUTO_TEST_SUITE(spawner_introduction_kernel)

BOOST_AUTO_TEST_CASE(it_runs_after_proceed)
{
  program spawner;
  parked_child child = introduced(spawner, request(1, shell("echo running; exit 7")));
  const std::string status = read_file("/proc/" + std::to_string(child.pid()) + "/status");
  BOOST_TEST(status.find("\nPPid:\t" + std::to_string(spawner.pid()) + "\n") != std::string::npos);
  BOOST_TEST(static_cast<int>(wire::load_state(child.slot())) == static_cast<int>(wire::slot_state::idle));
  BOOST_TEST(child.run({}, 7) == "running\n");
  BOOST_TEST(wait_readable(child.pidfd())); // it was the pidfd of this one
}

// It takes steps as any parked child does.
BOOST_AUTO_TEST_CASE(it_takes_steps)
{
  program spawner;
  parked_child child = introduced(spawner, request(1, shell("umask; pwd")));
  BOOST_TEST(child.step(steps().add_value(wire::stage::umask, std::uint32_t{0135})) == 0);
  BOOST_TEST(child.step(steps().add(wire::stage::chdir, std::string_view("/nonexistent\0", 13))) == ENOENT);
  BOOST_TEST(child.run(steps().add(wire::stage::chdir, std::string_view("/proc\0", 6))) == "0135\n/proc\n");
}

BOOST_AUTO_TEST_CASE(it_leaves_when_the_host_closes_its_checkpoint)
{
  program spawner;
  parked_child child = introduced(spawner, request(1));
  child.abort();
  BOOST_TEST(spawner.expect_exited(1) == wire::exit_aborted);
  BOOST_TEST(spawner.children().empty());
}

BOOST_AUTO_TEST_CASE(its_failure_is_in_its_slot)
{
  program spawner;
  parked_child child = introduced(spawner, request(1, {"/nonexistent"}));
  child.proceed();
  BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::failed));
  BOOST_TEST(static_cast<int>(child.slot().where) == static_cast<int>(wire::stage::execve));
  BOOST_TEST(child.slot().error == ENOENT);
  BOOST_TEST(spawner.expect_exited(1) == wire::exit_failed);
}

// Many in one datagram: each finds its own descriptors and not its neighbour's.
BOOST_AUTO_TEST_CASE(several_come_at_once)
{
  program spawner;
  std::string frames;
  std::vector<int> fds;
  std::vector<pair> outputs;
  for (std::uint64_t id = 1; id != 9; ++id) {
    outputs.push_back(make_pipe());
    request wanted(id, shell("echo " + std::to_string(id)));
    wanted.slot = static_cast<std::uint32_t>(id);
    spawner.slot(id) = {};
    wanted.give(wire::fd_role::stdout_, outputs.back().child.get());
    frames += wanted.frame(fds);
  }
  BOOST_TEST_REQUIRE(send_datagram(spawner.control(), frames.data(), frames.size(), fds) == 0);
  for (pair& output : outputs) output.child.close();
  std::vector<descriptor> checkpoints;
  for (int i = 0; i != 8; ++i) { // in any order: each speaks for itself
    record spawned = spawner.next();
    BOOST_TEST_REQUIRE(static_cast<int>(spawned.type()) == static_cast<int>(wire::frame_type::spawned));
    checkpoints.push_back(std::move(spawned.fds.at(1)));
  }
  const std::string proceed = step_frame(wire::frame_type::proceed, 0);
  for (const descriptor& each : checkpoints)
    BOOST_TEST(send_datagram(each.get(), proceed.data(), proceed.size()) == 0);
  for (std::uint64_t id = 1; id != 9; ++id)
    BOOST_TEST(read_all(outputs[id - 1].host.get()) == std::to_string(id) + '\n');
  for (int i = 0; i != 8; ++i)
    BOOST_TEST(static_cast<int>(spawner.next().type()) == static_cast<int>(wire::frame_type::exited));
}

// Too few descriptors for its socket: nothing is said of it but its end, and its slot says why.
BOOST_AUTO_TEST_CASE(one_that_cannot_introduce_itself_says_why)
{
  program spawner;
  rlimit few{};
  BOOST_TEST_REQUIRE(::prlimit(spawner.pid(), RLIMIT_NOFILE, nullptr, &few) == 0);
  few.rlim_cur = 9; // 0 to 7 are the spawner's, 8 is the standard output
  BOOST_TEST_REQUIRE(::prlimit(spawner.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  const parked_child child(spawner, request(1), false, made_by::child);
  BOOST_TEST(spawner.expect_exited(1) == wire::exit_failed);
  const wire::status_slot& slot = spawner.slot(0);
  BOOST_TEST(static_cast<int>(wire::load_state(slot)) == static_cast<int>(wire::slot_state::failed));
  BOOST_TEST(static_cast<int>(slot.where) == static_cast<int>(wire::stage::checkpoint));
  BOOST_TEST(slot.error == EMFILE);
}

// A host that has lost the pidfd, or has not got it yet.
BOOST_AUTO_TEST_CASE(the_spawner_kills_for_the_host)
{
  program spawner;
  parked_child child = introduced(spawner, request(7));
  kill_pidfd(child.pidfd(), SIGSTOP);
  wire::kill_request order{};
  order.header = {sizeof order, wire::version, 0, wire::frame_type::kill, 8};
  send_datagram(spawner.control(), &order, sizeof order); // nobody's id
  order.header.id = 7;
  send_datagram(spawner.control(), &order, sizeof order);
  BOOST_TEST(spawner.expect_exited(7) == 128 + SIGKILL);
  send_datagram(spawner.control(), &order, sizeof order); // no more
  BOOST_TEST(spawner.children().empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
