// A child that is left with its spawner: who may have it, one at a time, and what is said of it.
#include "spawner/left_child.hpp"

#include "harness/namespaces.hpp"

#include <grp.h>

BOOST_AUTO_TEST_SUITE(spawner_parking_kernel)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;
using linx::test::run_in_child;

std::string value_of(const std::string& text, const std::string& key)
{
  const auto at = text.find('\n' + key + '=');
  if (at == text.npos) return "";
  const auto begin = at + key.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

} // namespace

// It writes and removes files there, with what it may do.
BOOST_AUTO_TEST_CASE(a_directory_of_others_is_refused)
{
  left_child left;
  BOOST_TEST(left.park(1, [&] { BOOST_TEST_REQUIRE(::fchmod(left.directory.fd(), 0755) == 0); }) == EPERM);
}

BOOST_AUTO_TEST_CASE(a_host_that_was_more_is_refused)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: takes root");
    return;
  }
  const int status = run_in_child([] {
    left_child left;
    const int answer = left.park(1, [] {
      BOOST_TEST_REQUIRE(::setgroups(0, nullptr) == 0);
      BOOST_TEST_REQUIRE(::setresuid(65534, 65534, 65534) == 0);
    });
    left.child.abort();
    return answer == ESTALE ? 0 : 1;
  });
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(a_child_stays_at_its_checkpoint_without_its_host)
{
  left_child one;
  const int umask_value = 7;
  BOOST_TEST(one.child.step(steps().add_value(wire::stage::umask, umask_value)) == 0);
  one.leave();
  const int pid = one.child.pid();
  BOOST_TEST(process_exists(pid));
  {
    controller first(one.directory);
    BOOST_TEST(static_cast<int>(first.attached().pid) == pid);
    BOOST_TEST(static_cast<int>(first.attached().child_pid) == pid);
    BOOST_TEST((first.taken() == std::vector{wire::stage::umask}));
    BOOST_TEST(first.step(steps().add(wire::stage::no_new_privs)) == 0);
  }
  // It is gone, and the child is where it was.
  controller second(one.directory);
  BOOST_TEST((second.taken() == std::vector{wire::stage::umask, wire::stage::no_new_privs}));
  second.proceed();
  BOOST_TEST(static_cast<int>(second.expect_left()) == static_cast<int>(wire::slot_state::exec));
  BOOST_TEST(second.expect_exited() == 3);
  BOOST_TEST(receive_one(second.connection.get()).is_end());
}

BOOST_AUTO_TEST_CASE(the_exit_record_is_whole_and_the_socket_is_gone)
{
  left_child one;
  one.leave();
  {
    controller first(one.directory);
    first.proceed();
  }
  BOOST_TEST_REQUIRE(waits_for([&] { return !one.directory.has("child"); }));
  const std::string text = read_file(one.directory.path("child.exit"));
  BOOST_TEST(text.starts_with(wire::exit_record_head));
  BOOST_TEST(value_of(text, "pid") == std::to_string(one.child.pid()));
  BOOST_TEST(value_of(text, "code") == std::to_string(CLD_EXITED));
  BOOST_TEST(value_of(text, "status") == "3");
  BOOST_TEST(value_of(text, "checkpoint") == "1");
  BOOST_TEST(value_of(text, "arguments") == "736800");
  BOOST_TEST(!one.directory.has("child.exit~"));
  BOOST_TEST(waits_for([&] { return !process_exists(one.child.pid()); }));
}

BOOST_AUTO_TEST_CASE(one_controller_at_a_time)
{
  left_child one;
  one.leave();
  {
    const controller first(one.directory);
    first.attached();
    const controller second(one.directory);
    BOOST_TEST(second.refusal() == EBUSY);
    BOOST_TEST(receive_one(second.connection.get()).is_end());
  }
  controller third(one.directory);
  wire::kill_request kill{};
  kill.header = {sizeof kill, wire::version, 0, wire::frame_type::kill, 0};
  BOOST_TEST(send_datagram(third.connection.get(), &kill, sizeof kill) == 0);
  BOOST_TEST(static_cast<int>(third.expect_left()) == static_cast<int>(wire::slot_state::idle));
  BOOST_TEST(third.expect_exited() == 128 + SIGKILL);
}

// A controller of the version before sends what that has, and reads what it knows of longer answers.
BOOST_AUTO_TEST_CASE(a_controller_of_the_version_before)
{
  constexpr std::uint8_t older = wire::version - 1;
  left_child one;
  one.leave();
  controller first(one.directory);
  BOOST_TEST(first.step(steps().add(wire::stage::no_new_privs), older) == 0);
  const wire::frame_header unknown{sizeof unknown, older, 0, static_cast<wire::frame_type>(99), 0};
  BOOST_TEST(send_datagram(first.connection.get(), &unknown, sizeof unknown) == 0);
  struct {
    wire::frame_header header;
    std::uint64_t tail;
  } longer{{sizeof longer, wire::version + 1, 0, wire::frame_type::kill_rest, 0}, 0};
  BOOST_TEST(send_datagram(first.connection.get(), &longer, sizeof longer) == 0);
  first.proceed(older);
  first.expect_left();
  BOOST_TEST(first.expect_exited() == 3);
}

BOOST_AUTO_TEST_CASE(nor_of_two_versions_before)
{
  left_child one;
  one.leave();
  controller first(one.directory);
  BOOST_TEST(first.step(steps().add(wire::stage::no_new_privs), wire::version - 2) == EINVAL);
  BOOST_TEST(first.step(steps().add(wire::stage::no_new_privs)) == 0);
}

BOOST_AUTO_TEST_CASE(requests_that_break_a_rule_change_nothing)
{
  left_child one;
  BOOST_TEST(one.park(7) == ESRCH);
  ::unlinkat(one.directory.fd(), "child", 0);
  one.spawner->send(request(2).with(wire::spawn_flags::auto_proceed));
  one.spawner->expect(wire::frame_type::spawned, 2);
  one.spawner->expect_exited(2);
  one.spawner->children();
  BOOST_TEST(one.park() == 0);
}

BOOST_AUTO_TEST_CASE(beside_other_children_it_is_refused)
{
  left_child one;
  one.spawner->send(request(2, {"/bin/sleep", "1000"}).with(wire::spawn_flags::auto_proceed));
  one.spawner->expect(wire::frame_type::spawned, 2);
  BOOST_TEST(one.park() == EBUSY);
  one.child.proceed();
  BOOST_TEST(one.spawner->expect_exited(1) == 3);
}

// The page: only that, and only sealed.
BOOST_AUTO_TEST_CASE(a_page_that_could_shrink_is_refused)
{
  program spawner;
  parked_child child(spawner, request(1));
  const auto adopt = [&](int fd) {
    return child.step(steps().add(wire::stage::status_page, {}, false, 1), {fd});
  };
  const descriptor loose(::memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  BOOST_TEST(::ftruncate(loose.get(), sizeof(wire::status_slot)) == 0);
  BOOST_TEST(adopt(loose.get()) == EPERM);
  BOOST_TEST(::ftruncate(loose.get(), 2 * sizeof(wire::status_slot)) == 0);
  BOOST_TEST(::fcntl(loose.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0);
  BOOST_TEST(adopt(loose.get()) == EINVAL);
  const descriptor page = make_page();
  BOOST_TEST(adopt(page.get()) == 0);
  child.proceed();
  BOOST_TEST(receive_one(child.checkpoint()).is_end());
  wire::status_slot slot;
  BOOST_TEST(::pread(page.get(), &slot, sizeof slot, 0) == static_cast<ssize_t>(sizeof slot));
  BOOST_TEST(static_cast<int>(slot.state) == static_cast<int>(wire::slot_state::exec));
  BOOST_TEST(static_cast<int>(child.slot().state) == static_cast<int>(wire::slot_state::idle));
}

BOOST_AUTO_TEST_CASE(without_the_spawner_the_child_is_gone)
{
  left_child one;
  const int spawner = one.spawner->pid();
  one.leave();
  const controller first(one.directory);
  first.attached();
  BOOST_TEST(::kill(spawner, SIGKILL) == 0);
  BOOST_TEST(wait_readable(one.child.pidfd()));
  BOOST_TEST(receive_one(first.connection.get()).is_end());
  BOOST_TEST(!one.directory.has("child.exit"));
}

BOOST_AUTO_TEST_SUITE_END()
