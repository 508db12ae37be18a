// A child that outlives its maker: parked by one session, gone on with by another.

#include "process/parked_support.hpp"

#include "harness/namespaces.hpp"

#include <linx/core/with_timeout.hpp>
#include <linx/process/steps.hpp>

#include <fstream>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_attach_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

task<> from_one_handle_to_another()
{
  const private_directory place;
  LINX_TRY(auto maker, co_await spawn_parked(shell("exit 3").parkable()));
  const pid_t pid = maker.host_pid().value();
  checkpoint_plan before;
  before.add(step::umask(0027));
  LINX_TRYV(co_await maker.apply(before));
  LINX_TRYV(co_await maker.park(open(place), "child"));

  // The one has nothing of it any more.
  BOOST_TEST((maker.info().state == process_state::failed));
  BOOST_TEST((maker.abort().error() == errc::no_process));
  auto applied = co_await maker.apply(before);
  BOOST_TEST((applied.error() == errc::no_process));
  const auto end = co_await maker.wait();
  BOOST_TEST((end.error() == errc::closed));
  BOOST_TEST(end.error().message().find("'child'") != std::string::npos);

  LINX_TRY(auto child, co_await attach_to(place));
  const auto info = child.info();
  BOOST_TEST((info.mode == process_mode::attach));
  BOOST_TEST((info.state == process_state::ready));
  BOOST_TEST(info.host_pid == pid);
  BOOST_TEST(info.child_pid == pid);
  BOOST_TEST((info.argv == std::vector<std::string>{"/bin/sh", "-c", "exit 3"}));
  BOOST_TEST((info.taken == std::vector{stage::umask}));
  BOOST_TEST(status_field(pid, "Umask") == "0027");
  LINX_TRY(const pid_t ready, co_await child.ready());
  BOOST_TEST(ready == pid);

  LINX_TRYV(co_await child.no_new_privs());
  BOOST_TEST(status_field(pid, "NoNewPrivs") == "1");
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto status, co_await child.wait());
  BOOST_TEST(status.code() == 3);
  BOOST_TEST(child.info().usage.has_value());
  co_return success();
}

task<> each_verb_of_the_checkpoint()
{
  const private_directory place;
  auto options = shell("test \"$(id -u)\" = 0 && test \"$(hostname)\" = parked").unshare("user,uts");
  LINX_TRYV(co_await spawn_and_park(place, std::move(options)));
  LINX_TRY(auto child, co_await attach_to(place));
  LINX_TRYV(co_await child.set_uid_map(id_map::root(::geteuid())));
  LINX_TRYV(co_await child.set_hostname("parked"));
  LINX_TRY(const auto socket, co_await child.open_socket(AF_INET, SOCK_DGRAM, 0));
  BOOST_TEST(static_cast<bool>(socket));
  BOOST_TEST((child.info().namespaces == std::vector{ns::kind::user, ns::kind::uts}));
  auto refused = co_await child.mount("", "/", "", 0, ""); // in a namespace that is the host's
  BOOST_TEST((refused.error().where() == stage::argument));
  BOOST_TEST(child.namespace_handle(ns::kind::uts).has_value());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto status, co_await child.wait());
  BOOST_TEST(status.success(), to_string(status));
  co_return success();
}

task<> ended_at_the_checkpoint()
{
  const private_directory place;
  LINX_TRY(const pid_t pid, co_await spawn_and_park(place, shell("exit 3")));
  {
    LINX_TRY(auto child, co_await attach_to(place));
    LINX_TRYV(child.abort());
    LINX_TRY(const auto status, co_await child.wait());
    BOOST_TEST((status == exit_status::aborted()));
  }
  LINX_TRYV(co_await gone(pid));
  LINX_TRY(auto record, co_await attach_to(place));
  LINX_TRY(const auto status, co_await record.wait());
  BOOST_TEST((status == exit_status::aborted()));
  co_return success();
}

// Dropped, it goes on, at each place where it can be; the next one finds it there.
task<> left_where_it_is()
{
  const private_directory place;
  auto options = process_options("/bin/sleep").arg("1000").orphan(orphan_policy::kill(0ms));
  LINX_TRY(const pid_t pid, co_await spawn_and_park(place, std::move(options)));
  for (int i = 0; i != 3; ++i) {
    LINX_TRY(auto child, co_await attach_to(place));
    BOOST_TEST((child.info().state == process_state::ready));
    LINX_TRYV(child.info().taken.size() == static_cast<std::size_t>(i) ? result<>(success())
                                                                       : errc::conflict);
    checkpoint_plan plan;
    plan.add(step::umask(0077));
    LINX_TRYV(co_await child.apply(std::move(plan)));
  }
  {
    LINX_TRY(auto child, co_await attach_to(place));
    LINX_TRYV(co_await child.proceed());
  }
  LINX_TRY(auto child, co_await attach_to(place));
  BOOST_TEST((child.info().state == process_state::running));
  auto parked = co_await child.apply(checkpoint_plan());
  BOOST_TEST((parked.error() == errc::running));
  BOOST_TEST(alive(pid));
  LINX_TRYV(child.signal(SIGTERM));
  LINX_TRY(const auto status, co_await child.wait());
  BOOST_TEST(status.signal() == SIGTERM);
  co_return success();
}

task<> exit_while_nobody_looks()
{
  const private_directory place;
  LINX_TRYV(co_await spawn_and_park(place, shell("exit 7")));
  {
    LINX_TRY(auto child, co_await attach_to(place));
    LINX_TRYV(co_await child.proceed());
  }
  LINX_TRYV(co_await recorded(place));
  for (int i = 0; i != 2; ++i) { // the record stays
    LINX_TRY(auto child, co_await attach_to(place));
    const auto info = child.info();
    BOOST_TEST((info.state == process_state::exited));
    BOOST_TEST((info.argv == std::vector<std::string>{"/bin/sh", "-c", "exit 7"}));
    BOOST_TEST(info.usage.has_value());
    BOOST_TEST((child.signal(SIGTERM).error() == errc::no_process));
    LINX_TRY(const auto status, co_await child.wait());
    BOOST_TEST(status.code() == 7);
  }
  co_return success();
}

task<> one_at_a_time()
{
  const private_directory place;
  LINX_TRYV(co_await spawn_and_park(place, shell("exit 0")));
  LINX_TRY(auto first, co_await attach_to(place));
  auto second = co_await attach_to(place);
  BOOST_TEST((second.error().where() == stage::attach));
  BOOST_TEST(second.error().errnum() == EBUSY);
  BOOST_TEST(first.info().host_pid > 0);
  {
    process dropped(std::move(first));
  }
  LINX_TRY(auto third, co_await attach_to(place));
  LINX_TRYV(third.kill());
  LINX_TRYV(co_await third.wait());
  co_return success();
}

task<> a_program_that_is_not_there()
{
  const private_directory place;
  LINX_TRYV(co_await spawn_and_park(place, process_options("/nowhere/program")));
  const auto check = [](const error& e) {
    BOOST_TEST((e.where() == stage::execve));
    BOOST_TEST(e.errnum() == ENOENT);
    BOOST_TEST(e.message().find("/nowhere/program") != std::string::npos);
  };
  LINX_TRY(auto child, co_await attach_to(place));
  auto proceeded = co_await child.proceed();
  check(proceeded.error());
  auto end = co_await child.wait();
  check(end.error());
  LINX_TRYV(co_await recorded(place));
  LINX_TRY(auto record, co_await attach_to(place));
  auto again = co_await record.wait();
  check(again.error());
  co_return success();
}

// Process 1 cannot die of a signal; what it says of its workload goes to the spawner, or into the record.
task<> under_an_init(bool away)
{
  const private_directory place;
  auto options = process_options("/bin/sleep").arg("1000").unshare("user,pid").init();
  LINX_TRY(const pid_t pid, co_await spawn_and_park(place, std::move(options)));
  {
    LINX_TRY(auto child, co_await attach_to(place));
    BOOST_TEST(child.info().child_pid == 1);
    LINX_TRYV(co_await child.proceed());
    const auto workload = children_of(pid);
    BOOST_REQUIRE(workload.size() == 1);
    LINX_TRYV(child.signal(SIGSTOP));
    while (!status_field(workload.front(), "State").starts_with("T")) {
      LINX_TRYV(co_await pause_briefly());
    }
    LINX_TRYV(child.signal(SIGCONT));
    LINX_TRYV(child.signal(SIGTERM));
    if (!away) {
      LINX_TRY(const auto status, co_await child.wait());
      BOOST_TEST(status.signal() == SIGTERM);
    }
  }
  LINX_TRYV(co_await recorded(place));
  LINX_TRY(auto record, co_await attach_to(place));
  LINX_TRY(const auto status, co_await record.wait());
  BOOST_TEST(status.signal() == SIGTERM);
  co_return success();
}

task<> with_all_that_it_has_started()
{
  const private_directory place;
  auto options = shell("sleep 1000 & setsid sleep 1000 & sleep 1000; :");
  options.kill_scope(kill_scope::tree).standard_output(stdio::pipe());
  LINX_TRY(auto maker, co_await spawn_parked(std::move(options.parkable())));
  LINX_TRY(auto pipe, maker.stdout_pipe()); // outlives the session
  LINX_TRYV(co_await maker.park(open(place), "child"));
  LINX_TRY(auto child, co_await attach_to(place));
  LINX_TRYV(co_await child.proceed());
  while (children_of(child.host_pid().value()).size() < 3) {
    LINX_TRYV(co_await pause_briefly());
  }
  LINX_TRYV(child.kill());
  LINX_TRY(const auto status, co_await child.wait());
  BOOST_TEST(status.signal() == SIGKILL);
  LINX_TRY(const auto text, co_await read_to_end(std::move(pipe))); // all of them had it open
  BOOST_TEST(text == "");
  co_return success();
}

task<process> rehearsed(const private_directory& place)
{
  LINX_TRYV(co_await spawn_and_park(place, shell("exit 3")));
  LINX_TRY(auto child, co_await attach_to(place));
  LINX_TRYV(co_await child.rehearse());
  co_return std::move(child);
}

task<> nothing_but_a_rehearsal()
{
  const private_directory place;
  LINX_TRY(auto child, co_await rehearsed(place));
  LINX_TRY(const auto status, co_await child.wait());
  BOOST_TEST((status == exit_status::aborted()));
  co_return success();
}

void check_error(const error& e, stage where, int errnum)
{
  BOOST_TEST((e.where() == where), e.message());
  BOOST_TEST(e.errnum() == errnum, e.message());
}

task<> what_is_refused()
{
  const private_directory place;
  LINX_TRY(auto plain, co_await spawn_parked(shell("exit 3")));
  auto parked = co_await plain.park(open(place), "child");
  BOOST_TEST((parked.error().where() == stage::argument));
  BOOST_TEST((shell(":").parkable().auto_proceed().validate().error().where() == stage::argument));

  LINX_TRY(auto child, co_await spawn_parked(shell("exit 3").parkable()));
  for (const char* const name : {"", ".", "..", ".hidden", "a/b", "../child"}) {
    auto named = co_await child.park(open(place), name);
    BOOST_TEST((named.error().where() == stage::argument), name);
    auto met = co_await process::attach(open(place), name);
    BOOST_TEST((met.error().where() == stage::argument), name);
  }
  std::ofstream(place.path("child.exit")) << "old";
  auto over_a_record = co_await child.park(open(place), "child");
  check_error(over_a_record.error(), stage::bind, EADDRINUSE);
  BOOST_TEST(!place.has("child"));
  ::unlink(place.path("child.exit").c_str());
  std::ofstream(place.path("child")) << "";
  auto over_a_file = co_await child.park(open(place), "child");
  check_error(over_a_file.error(), stage::bind, EADDRINUSE);
  ::unlink(place.path("child").c_str());

  BOOST_TEST(::chmod(place.path().c_str(), 0750) == 0);
  auto open_to_others = co_await child.park(open(place), "child");
  check_error(open_to_others.error(), stage::park, EACCES);
  auto met = co_await attach_to(place);
  check_error(met.error(), stage::attach, EACCES);
  BOOST_TEST(::chmod(place.path().c_str(), 0700) == 0);
  auto no_directory = co_await child.park(io::unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), "child");
  check_error(no_directory.error(), stage::park, ENOTDIR);

  auto nobody = co_await attach_to(place);
  check_error(nobody.error(), stage::connect_unix, ENOENT);
  BOOST_TEST(::symlink("/run/somewhere", place.path("child").c_str()) == 0);
  auto link = co_await attach_to(place);
  check_error(link.error(), stage::connect_unix, ENOTSOCK);
  ::unlink(place.path("child").c_str());
  std::ofstream(place.path("child.exit")) << "linx-exit=1\nstatus=0\n";
  auto no_record = co_await attach_to(place);
  BOOST_TEST((no_record.error().where() == stage::decode));
  ::unlink(place.path("child.exit").c_str());

  // After all that it is parked, still.
  LINX_TRYV(co_await child.park(open(place), "child"));
  LINX_TRY(auto again, co_await attach_to(place));
  auto twice = co_await again.park(open(place), "other");
  BOOST_TEST((twice.error() == errc::conflict));
  LINX_TRYV(again.abort());
  LINX_TRYV(co_await again.wait());
  co_return success();
}

// Whoever listens there and says nothing holds nobody up for longer than he wishes.
task<> a_peer_that_is_silent()
{
  const private_directory place;
  const io::unique_fd listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  place.path("child").copy(address.sun_path, sizeof address.sun_path - 1);
  BOOST_REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(::listen(listener.get(), 1) == 0);
  auto attaching = attach_to(place);
  auto met = co_await with_timeout(std::move(attaching), 50ms);
  BOOST_TEST((met.error() == errc::timed_out));
  co_return success();
}

// Each in a process of its own, which ends; what is between them is the directory.
int in_a_process(const std::function<task<>()>& body)
{
  return run_in_child([&] {
    const auto done = run(body());
    if (!done) std::fprintf(stderr, "%s\n", done.error().message().c_str());
    return done ? 0 : 1;
  });
}

task<> make_and_leave(const private_directory& place, process_options options)
{
  LINX_TRYV(co_await spawn_and_park(place, std::move(options)));
  co_return success();
}

task<> come_and_finish(const private_directory& place)
{
  LINX_TRY(auto child, co_await attach_to(place));
  LINX_TRYV(co_await child.no_new_privs());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto status, co_await child.wait());
  if (status.code() != 5) co_return errc::conflict;
  co_return success();
}

const char* const next_program = "LINX_TEST_PARKED_IN";

} // namespace

BOOST_AUTO_TEST_CASE(one_handle_gives_it_to_another)
{
  run_body(from_one_handle_to_another());
}
BOOST_AUTO_TEST_CASE(all_that_a_parked_child_can_do)
{
  run_body(each_verb_of_the_checkpoint());
}
BOOST_AUTO_TEST_CASE(abort_after_attach)
{
  run_body(ended_at_the_checkpoint());
}
BOOST_AUTO_TEST_CASE(a_dropped_handle_leaves_it_where_it_is)
{
  run_body(left_where_it_is());
}
BOOST_AUTO_TEST_CASE(an_exit_that_nobody_sees_is_recorded)
{
  run_body(exit_while_nobody_looks());
}
BOOST_AUTO_TEST_CASE(a_second_controller_is_refused)
{
  run_body(one_at_a_time());
}
BOOST_AUTO_TEST_CASE(a_failure_is_told_to_each)
{
  run_body(a_program_that_is_not_there());
}
BOOST_AUTO_TEST_CASE(a_workload_under_an_init)
{
  run_body(under_an_init(false));
}
BOOST_AUTO_TEST_CASE(a_workload_under_an_init_that_nobody_watches)
{
  run_body(under_an_init(true));
}
BOOST_AUTO_TEST_CASE(the_end_of_a_tree)
{
  run_body(with_all_that_it_has_started());
}
BOOST_AUTO_TEST_CASE(a_rehearsal)
{
  run_body(nothing_but_a_rehearsal());
}
BOOST_AUTO_TEST_CASE(names_and_directories_that_are_refused)
{
  run_body(what_is_refused());
}
BOOST_AUTO_TEST_CASE(attach_can_be_cancelled)
{
  run_body(a_peer_that_is_silent());
}

BOOST_AUTO_TEST_CASE(from_one_process_to_another)
{
  const private_directory place;
  BOOST_TEST(in_a_process([&] { return make_and_leave(place, shell("exit 5")); }) == 0);
  BOOST_TEST(in_a_process([&] { return come_and_finish(place); }) == 0);
}

// A process parks its child and becomes another program, which goes on with it: an upgrade in place.
BOOST_AUTO_TEST_CASE(from_one_program_to_the_next)
{
  const private_directory place;
  const int status = run_in_child([&] {
    const auto left = run(make_and_leave(place, shell("exit 5")));
    if (!left) return 1;
    ::setenv(next_program, place.path().c_str(), 1);
    ::execl("/proc/self/exe", "next", "--run_test=process_attach_kernel/the_next_program",
            "--log_level=error", nullptr);
    return 2;
  });
  BOOST_TEST(status == 0);
  run_body([](const private_directory& where) -> task<> {
    LINX_TRY(auto record, co_await attach_to(where));
    LINX_TRY(const auto end, co_await record.wait());
    BOOST_TEST(end.code() == 5);
    co_return success();
  }(place));
}

// Run by the case above and by nobody else, in the program that the other one has become.
BOOST_AUTO_TEST_CASE(the_next_program)
{
  const char* const path = std::getenv(next_program);
  if (path == nullptr) {
    BOOST_TEST_MESSAGE("skipped: run by from_one_program_to_the_next");
    return;
  }
  run_body([](io::unique_fd directory) -> task<> {
    LINX_TRY(auto child, co_await process::attach(std::move(directory), "child"));
    LINX_TRYV(co_await child.proceed());
    LINX_TRY(const auto end, co_await child.wait());
    BOOST_TEST(end.code() == 5);
    co_return success();
  }(io::unique_fd(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))));
}

BOOST_AUTO_TEST_CASE(another_user_is_refused)
{
  if (needs_root()) return;
  const private_directory place;
  BOOST_TEST(in_a_process([&] { return make_and_leave(place, shell("exit 5")); }) == 0);
  const auto directory = open(place); // by its descriptor all is open to him
  const int status = run_in_child([&] {
    if (!become_nobody()) return 9;
    auto copy = io::unique_fd::duplicate(directory.get());
    const auto met = run(process::attach(std::move(copy).value(), "child"));
    return !met && met.error().where() == stage::attach && met.error().errnum() == EPERM ? 0 : 1;
  });
  BOOST_TEST(status == 0);
  BOOST_TEST(in_a_process([&] { return come_and_finish(place); }) == 0);
}

// The same user under a restriction that the child's maker is not under.
BOOST_AUTO_TEST_CASE(whoever_is_restricted_is_refused)
{
  const private_directory place;
  BOOST_TEST(in_a_process([&] { return make_and_leave(place, shell("exit 5")); }) == 0);
  const int status = run_in_child([&] {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 9;
    const auto met = run(attach_to(place));
    return !met && met.error().where() == stage::attach && met.error().errnum() == EPERM ? 0 : 1;
  });
  BOOST_TEST(status == 0);
  BOOST_TEST(in_a_process([&] { return come_and_finish(place); }) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
