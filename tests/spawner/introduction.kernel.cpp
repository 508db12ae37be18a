// A child that makes its checkpoint itself: one datagram in place of two, and the same life from there on
// (what is the same is in lifecycle.kernel.cpp).
#include "spawner/client.hpp"

#include <sched.h>

BOOST_AUTO_TEST_SUITE(spawner_introduction_kernel)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

parked_child introduced(program& spawner, request wanted)
{
  return parked_child(spawner, std::move(wanted), true, made_by::child);
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
    wanted.with(wire::spawn_flags::introduce);
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
  few.rlim_cur = 13; // 0 to 11 are the spawner's, 12 is the standard output
  BOOST_TEST_REQUIRE(::prlimit(spawner.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  const parked_child child(spawner, request(1), false, made_by::child);
  BOOST_TEST(spawner.expect_exited(1) == wire::exit_failed);
  const wire::status_slot& slot = spawner.slot(0);
  BOOST_TEST(static_cast<int>(wire::load_state(slot)) == static_cast<int>(wire::slot_state::failed));
  BOOST_TEST(static_cast<int>(slot.where) == static_cast<int>(wire::stage::checkpoint));
  BOOST_TEST(slot.error == EMFILE);
}

// Its children get no turn: the spawner is as urgent as they are, on their only CPU.
bool makes_children_wait(const program& spawner)
{
  cpu_set_t mine, one;
  BOOST_TEST_REQUIRE(::sched_getaffinity(0, sizeof mine, &mine) == 0);
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &mine)) CPU_SET(cpu, &one);
  const sched_param lowest{1};
  return ::sched_setaffinity(spawner.pid(), sizeof one, &one) == 0 &&
         ::sched_setscheduler(spawner.pid(), SCHED_FIFO, &lowest) == 0;
}

// When eight were made and did not begin to run, the next one shares the spawner's memory, and that is when
// the others get their turn.
BOOST_AUTO_TEST_CASE(a_crowd_that_gets_no_turn)
{
  constexpr std::uint32_t count = 90;
  program spawner(count);
  if (!makes_children_wait(spawner)) {
    BOOST_TEST_MESSAGE("skipped: no real-time policy for the spawner: " << std::strerror(errno));
    return;
  }
  kill_pidfd(spawner.pidfd(), SIGSTOP);
  std::string frames;
  std::vector<int> none;
  for (std::uint32_t i = 0; i != count; ++i) {
    request wanted(i + 1);
    wanted.with(wire::spawn_flags::introduce).with(wire::spawn_flags::auto_proceed);
    wanted.slot = i;
    spawner.slot(i) = {};
    frames += wanted.frame(none);
  }
  BOOST_TEST_REQUIRE(send_datagram(spawner.control(), frames.data(), frames.size()) == 0);
  kill_pidfd(spawner.pidfd(), SIGCONT);

  std::vector<descriptor> checkpoints;
  unsigned running = 0, exited = 0;
  while (exited != count) {
    record got = spawner.next();
    if (got.type() == wire::frame_type::spawned) {
      const auto flags = got.as<wire::spawned_record>().flags;
      if (flags == static_cast<std::uint32_t>(wire::spawned_flags::running))
        ++running;
      else
        checkpoints.push_back(std::move(got.fds.at(1)));
    } else {
      BOOST_TEST_REQUIRE(static_cast<int>(got.type()) == static_cast<int>(wire::frame_type::exited));
      BOOST_TEST(got.as<wire::exited_record>().status == 0);
      ++exited;
    }
  }
  BOOST_TEST(running >= count / 9); // eight wait, and the ninth lets them run
  BOOST_TEST(running + checkpoints.size() == count);
  for (const descriptor& each : checkpoints) BOOST_TEST(receive_one(each.get()).is_end());
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
