// Frames that break the protocol, sent to the running program and to a parked child: answered, never fatal.
#include "spawner/client.hpp"

#include <cstdlib>
#include <ctime>
#include <random>

BOOST_AUTO_TEST_SUITE(spawner_malformed_fault)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

std::string header_only(wire::frame_type type, std::uint64_t id,
                        std::uint32_t length = sizeof(wire::frame_header))
{
  wire::frame_header header{};
  header.length = length;
  header.version = wire::version;
  header.type = type;
  header.id = id;
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

void expect_malformed(program& spawner, const std::string& datagram, std::uint64_t id)
{
  BOOST_TEST_REQUIRE(send_datagram(spawner.control(), datagram.data(), datagram.size()) == 0);
  const auto [where, error] = spawner.expect_failed(id);
  BOOST_TEST(static_cast<int>(where) == static_cast<int>(wire::stage::malformed));
  BOOST_TEST(error == EINVAL);
}

BOOST_AUTO_TEST_CASE(broken_frames_are_answered)
{
  program spawner;
  expect_malformed(spawner, "x", 0);
  expect_malformed(spawner, header_only(wire::frame_type::spawn, 1), 1);
  expect_malformed(spawner, header_only(wire::frame_type::spawn, 2, 0), 2);
  expect_malformed(spawner, header_only(wire::frame_type::spawn, 3, 20), 3);
  expect_malformed(spawner, header_only(wire::frame_type::spawn, 4, 4096), 4);
  expect_malformed(spawner, header_only(wire::frame_type::exited, 5), 5);
  std::string other_version = header_only(wire::frame_type::spawn, 6);
  other_version[4] = 99;
  expect_malformed(spawner, other_version, 6);
  std::string missing_fds = header_only(wire::frame_type::spawn, 7);
  missing_fds[5] = 1;
  expect_malformed(spawner, missing_fds, 7);
  request no_slot(8);
  no_slot.slot = 100'000;
  parked_child refused(spawner, no_slot, false);
  const auto [where, error] = spawner.expect_failed(8);
  BOOST_TEST(static_cast<int>(where) == static_cast<int>(wire::stage::malformed));
  BOOST_TEST(error == EINVAL);
  parked_child child(spawner, request(9, shell("echo fine")));
  BOOST_TEST(child.run() == "fine\n");
}

// A child keeps its place after nonsense; a PROCEED that cannot be read must not run anything.
BOOST_AUTO_TEST_CASE(a_parked_child_survives_nonsense)
{
  program spawner;
  parked_child child(spawner, request(1, shell("echo fine")));
  const auto answered = [&](const std::string& frame, std::uint64_t id) {
    child.send(frame);
    const record answer = receive_one(child.checkpoint());
    BOOST_TEST_REQUIRE(!answer.is_end());
    BOOST_TEST(answer.id() == id);
    BOOST_TEST(answer.as<wire::done_record>().error == EINVAL);
    BOOST_TEST(static_cast<int>(answer.as<wire::done_record>().where) ==
               static_cast<int>(wire::stage::malformed));
  };
  answered("?", 0);
  answered(header_only(wire::frame_type::ready, 5), 5);
  answered(header_only(wire::frame_type::step, 6, 64), 6);
  answered(header_only(wire::frame_type::step, 7) + "12345678abcdefgh", 7);
  answered(step_frame(wire::frame_type::step, 8, steps().add(wire::stage::no_new_privs, {}, true)), 8);
  BOOST_TEST(child.run() == "fine\n");

  parked_child other(spawner, request(2, shell("echo never")));
  other.send(header_only(wire::frame_type::proceed, 0) + "12345678");
  BOOST_TEST(static_cast<int>(other.outcome()) == static_cast<int>(wire::slot_state::failed));
  BOOST_TEST(static_cast<int>(other.slot().where) == static_cast<int>(wire::stage::malformed));
  BOOST_TEST(other.output() == "");
  spawner.expect_exited(2);
}

// A body file that is not what the request says ends the child, not the spawner.
BOOST_AUTO_TEST_CASE(a_body_file_of_the_wrong_size)
{
  program spawner;
  const descriptor file(::memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  BOOST_TEST_REQUIRE(::write(file.get(), "short", 5) == 5);
  ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  request wanted(1);
  wanted.give(wire::fd_role::body, file.get());
  parked_child child(spawner, wanted, false);
  child.accept();
  BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::failed));
  BOOST_TEST(static_cast<int>(child.slot().where) == static_cast<int>(wire::stage::memfd));
  BOOST_TEST(child.slot().error == EINVAL);
  spawner.expect_exited(1);
}

// Random changes to good requests: the spawner answers what it can make out, and serves on. The program named
// does not exist, so nothing runs by accident.
BOOST_AUTO_TEST_CASE(mutated_requests_leave_the_spawner_serving)
{
  const char* const given = std::getenv("LINX_TEST_SEED");
  const auto seed =
      given != nullptr ? std::strtoul(given, nullptr, 10) : static_cast<unsigned long>(std::time(nullptr));
  BOOST_TEST_MESSAGE("LINX_TEST_SEED=" << seed);
  std::mt19937_64 random(seed);
  program spawner(512);
  for (int round = 0; round != 2000; ++round) {
    request wanted(1 + random() % 255, {"/nonexistent/linx", "argument"});
    wanted.with(wire::spawn_flags::auto_proceed);
    pair checkpoint;
    if (random() % 2 != 0) {
      checkpoint = make_checkpoint();
      wanted.give(wire::fd_role::checkpoint, checkpoint.child.get());
    }
    wanted.steps_bytes = steps().add_value(wire::stage::umask, std::uint32_t{022}).bytes();
    std::vector<int> fds;
    std::string frame = wanted.frame(fds);
    for (std::uint64_t changes = 1 + random() % 3; changes != 0; --changes) {
      // All but the identity of the host, which would refuse early and hide what comes after.
      std::size_t at = random() % frame.size();
      if (at >= offsetof(wire::spawn_request, host) && at < offsetof(wire::spawn_request, monotonic))
        at = 16 + at % 32;
      if (at == offsetof(wire::frame_header, type) || at == offsetof(wire::frame_header, type) + 1) continue;
      frame[at] = static_cast<char>(random());
    }
    if (random() % 16 == 0) frame.resize(1 + random() % frame.size());
    BOOST_TEST_REQUIRE(send_datagram(spawner.control(), frame.data(), frame.size(), fds) == 0);
    while (wait_readable(spawner.control(), 0)) BOOST_TEST_REQUIRE(!spawner.next().is_end());
  }
  request good(1'000'000, shell("echo alive"));
  good.slot = 300; // children from above may still write to the slots of theirs
  parked_child last(spawner, good, false);
  for (;;) {
    const record got = spawner.next();
    BOOST_TEST_REQUIRE(!got.is_end());
    if (got.id() != 1'000'000u) continue; // of an earlier one
    BOOST_TEST_REQUIRE(static_cast<int>(got.type()) == static_cast<int>(wire::frame_type::spawned));
    break;
  }
  last.wait_ready();
  last.proceed();
  BOOST_TEST(static_cast<int>(last.outcome()) == static_cast<int>(wire::slot_state::exec));
  BOOST_TEST(last.output() == "alive\n");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
