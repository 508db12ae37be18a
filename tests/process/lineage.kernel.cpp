// Session, group and parent of a child, as the kernel tells them.

#include "process/support.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>
#include <fstream>

BOOST_AUTO_TEST_SUITE(process_lineage_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// Fields of /proc/<pid>/stat (proc(5)) after the name.
struct kinship {
  pid_t parent = 0, group = 0, session = 0;
  int terminal = 0;
};

kinship kinship_of(pid_t pid)
{
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text(std::istreambuf_iterator<char>(file), {});
  kinship found;
  const auto name_end = text.rfind(')');
  if (name_end == text.npos) return found;
  std::sscanf(text.c_str() + name_end + 1, " %*c %d %d %d %d", &found.parent, &found.group, &found.session,
              &found.terminal);
  return found;
}

process_options sleeper()
{
  return process_options("/bin/sleep").arg("1000");
}

task<> sessions_and_groups(bool automatic)
{
  LINX_TRY(auto plain, co_await spawn_running(sleeper().auto_proceed(automatic)));
  const auto own = kinship_of(::getpid());
  const auto inherited = kinship_of(plain.host_pid().value());
  BOOST_TEST(inherited.group == own.group); // Ctrl-C on the host's terminal reaches it
  BOOST_TEST(inherited.session == own.session);

  LINX_TRY(auto leader, co_await spawn_running(sleeper().session().auto_proceed(automatic)));
  const pid_t pid = leader.host_pid().value();
  BOOST_TEST(kinship_of(pid).session == pid);
  BOOST_TEST(kinship_of(pid).group == pid);
  BOOST_TEST(kinship_of(pid).terminal == 0);

  LINX_TRY(auto first, co_await spawn_running(sleeper().process_group(0).auto_proceed(automatic)));
  const pid_t group = first.host_pid().value();
  BOOST_TEST(kinship_of(group).group == group);
  BOOST_TEST(kinship_of(group).session == own.session);

  // A pipeline's second command.
  LINX_TRY(auto second, co_await spawn_running(sleeper().process_group(group).auto_proceed(automatic)));
  BOOST_TEST(kinship_of(second.host_pid().value()).group == group);
  co_return success();
}

// The group is there when the child is ready, so that the next of a pipeline can join it.
task<> group_of_a_parked_child()
{
  LINX_TRY(auto first, co_await spawn_parked(sleeper().process_group(0)));
  const pid_t group = first.host_pid().value();
  BOOST_TEST(kinship_of(group).group == group);
  LINX_TRY(auto second, co_await spawn_parked(sleeper().process_group(group)));
  BOOST_TEST(kinship_of(second.host_pid().value()).group == group);
  co_return success();
}

// The shell catches the signal, tells by a file descriptor, and ends; SIGKILL could not be caught.
task<> signal_of_the_spawners_death(bool new_user)
{
  auto options = shell("trap 'echo caught; exit 0' USR2; echo ready; while :; do sleep 0.05; done");
  options.parent_death_signal(SIGUSR2).standard_output(stdio::pipe());
  options.orphan(orphan_policy::outlive());
  if (new_user) options.credentials(credentials().uid(20));
  LINX_TRY(auto child, co_await spawn_running(options));
  LINX_TRY(auto pipe, child.stdout_pipe());
  std::string text(6, '\0');
  const auto room = asio::buffer(text);
  co_await asio::async_read(pipe, room, asio::use_awaitable);
  BOOST_TEST(text == "ready\n");
  const pid_t spawner = kinship_of(child.host_pid().value()).parent;
  BOOST_REQUIRE(spawner > 1);
  ::kill(spawner, SIGKILL);
  LINX_TRY(const auto rest, co_await read_to_end(std::move(pipe)));
  BOOST_TEST(rest == "caught\n");
  co_return success();
}

task<> no_signal_of_the_spawners_death()
{
  auto options = sleeper().parent_death_signal(0);
  LINX_TRY(auto child, co_await spawn_running(options));
  const pid_t pid = child.host_pid().value();
  const pid_t spawner = kinship_of(pid).parent;
  BOOST_REQUIRE(spawner > 1);
  ::kill(spawner, SIGKILL);
  LINX_TRYV(co_await gone(spawner));
  // The host, which is alive, ends it instead: nothing is left behind.
  LINX_TRYV(co_await dead(pid));
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(sessions_and_groups_at_a_checkpoint)
{
  run_body(sessions_and_groups(false));
}
BOOST_AUTO_TEST_CASE(sessions_and_groups_by_itself)
{
  run_body(sessions_and_groups(true));
}
BOOST_AUTO_TEST_CASE(a_group_to_join)
{
  run_body(group_of_a_parked_child());
}
BOOST_AUTO_TEST_CASE(a_signal_when_the_spawner_dies)
{
  run_body(signal_of_the_spawners_death(false));
}
// A change of credentials disarms it; it must be armed again.
BOOST_AUTO_TEST_CASE(a_signal_when_the_spawner_of_another_user_dies)
{
  if (::geteuid() != 0)
    BOOST_TEST_MESSAGE("skipped: needs root");
  else
    run_body(signal_of_the_spawners_death(true));
}
BOOST_AUTO_TEST_CASE(no_signal_when_the_spawner_dies)
{
  run_body(no_signal_of_the_spawners_death());
}
BOOST_AUTO_TEST_SUITE_END()
