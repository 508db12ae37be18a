// A spawner that ends trees: whose it is, and how it finds them.
#include "spawner/client.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <cerrno>

BOOST_AUTO_TEST_SUITE(spawner_kill_scope_kernel)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

request tree(std::uint64_t id, std::vector<std::string> argv = {"/bin/sleep", "1000"})
{
  request wanted(id, std::move(argv));
  wanted.with(wire::spawn_flags::auto_proceed);
  wanted.scope = wire::kill_scope::tree;
  return wanted;
}

request plain(std::uint64_t id)
{
  request wanted(id);
  wanted.with(wire::spawn_flags::auto_proceed);
  return wanted;
}

void send_kill(program& spawner, std::uint64_t id)
{
  wire::kill_request kill{};
  kill.header = {sizeof kill, wire::version, 0, wire::frame_type::kill, id};
  BOOST_TEST_REQUIRE(send_datagram(spawner.control(), &kill, sizeof kill) == 0);
}

} // namespace

// All its children are descendants of one: it has made no other, and will not.
BOOST_AUTO_TEST_CASE(a_tree_has_a_spawner_of_its_own)
{
  const std::pair busy(wire::stage::clone, EBUSY);
  {
    program spawner;
    spawner.send(tree(1));
    spawner.expect(wire::frame_type::spawned, 1);
    spawner.send(plain(2));
    BOOST_TEST((spawner.expect_failed(2) == busy));
    spawner.send(tree(3));
    BOOST_TEST((spawner.expect_failed(3) == busy));
    send_kill(spawner, 1);
    BOOST_TEST(spawner.expect_exited(1) == 128 + SIGKILL);
  }
  program spawner;
  spawner.send(plain(1));
  spawner.expect(wire::frame_type::spawned, 1);
  spawner.expect_exited(1);
  spawner.send(tree(2));
  BOOST_TEST((spawner.expect_failed(2) == busy));
  spawner.send(plain(3));
  spawner.expect(wire::frame_type::spawned, 3);
  BOOST_TEST(spawner.expect_exited(3) == 0);
}

// No directory can be listed, as where /proc is not mounted, or not of this pid namespace: then it tries all
// numbers.
BOOST_AUTO_TEST_CASE(a_tree_is_found_without_a_list)
{
  const int status = linx::test::run_denied({{SYS_getdents64, EACCES}}, [] {
    program spawner;
    pair words = make_pipe();
    auto wanted = tree(1, shell("(setsid sh -c 'sleep 1000 & echo up; wait' &); sleep 1000; :"));
    wanted.give(wire::fd_role::stdout_, words.child.get());
    spawner.send(wanted);
    words.child.close();
    spawner.expect(wire::frame_type::spawned, 1);
    if (!wait_readable(words.host.get())) return 1;
    send_kill(spawner, 1);
    if (spawner.expect_exited(1) != 128 + SIGKILL) return 2;
    return read_all(words.host.get()) == "up\n" ? 0 : 3; // to its end: nobody has it any more
  });
  if (status == linx::test::child_skipped) return;
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
