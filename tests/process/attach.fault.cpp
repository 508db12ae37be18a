// Parked children whose host, controller or spawner is killed: one outcome, and nobody is left behind.

#include "process/parked_support.hpp"

#include "harness/namespaces.hpp"
#include "process/datagram.hpp"

#include <linx/process/steps.hpp>

#include <array>
#include <cstring>
#include <functional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_attach_fault)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

// While it lives this process inherits what the others leave, so that "nobody is left" is waited for.
class heir {
public:
  heir() { BOOST_REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0); }
  ~heir()
  {
    BOOST_TEST(nobody_is_left());
    ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
  }
  heir(const heir&) = delete;
  heir& operator=(const heir&) = delete;

private:
  static bool nobody_is_left()
  {
    const auto deadline = std::chrono::steady_clock::now() + watchdog;
    while (std::chrono::steady_clock::now() < deadline) {
      const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
      if (ended < 0) return errno == ECHILD;
      if (ended == 0) ::usleep(2000);
    }
    return false;
  }
};

// A process that runs a body up to the point where it says so, stands still there, and is killed.
class victim {
public:
  using body = std::function<task<>()>;

  explicit victim(const body& what)
  {
    int pair[2];
    BOOST_REQUIRE(::pipe2(pair, O_CLOEXEC) == 0);
    pid_ = ::fork();
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(pair[0]);
      asio::io_context context(1);
      const auto done = test::run(context, what());
      const char word = done ? 'y' : 'n';
      if (!done) std::fprintf(stderr, "%s\n", done.error().message().c_str());
      if (::write(pair[1], &word, 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(pair[1]);
    says_ = io::unique_fd(pair[0]);
  }
  ~victim() { kill(); }
  victim(const victim&) = delete;
  victim& operator=(const victim&) = delete;

  bool has_come_there()
  {
    char word = 0;
    return ::read(says_.get(), &word, 1) == 1 && word == 'y';
  }
  void kill()
  {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

private:
  pid_t pid_ = 0;
  io::unique_fd says_;
};

// In a process that only ends by SIGKILL.
void keep(process child)
{
  (void)new process(std::move(child));
}

process_options program()
{
  return process_options("/bin/sleep").arg("1000").orphan(orphan_policy::kill(0ms));
}

task<> make_and_park(const private_directory& place)
{
  LINX_TRY(auto child, co_await spawn_parked(program().parkable()));
  LINX_TRYV(co_await child.park(open(place), "child"));
  keep(std::move(child));
  co_return success();
}

// Attached again as soon as the spawner has noticed that the one before is gone.
task<process> attach_after(const private_directory& place)
{
  for (;;) {
    auto met = co_await attach_to(place);
    if (met || met.error().errnum() != EBUSY) co_return std::move(met);
    LINX_TRYV(co_await pause_briefly());
  }
}

task<> end_it(const private_directory& place, process_state expected)
{
  LINX_TRY(auto child, co_await attach_after(place));
  BOOST_TEST((child.info().state == expected), to_string(child.info().state));
  LINX_TRYV(child.kill());
  LINX_TRY(const auto status, co_await child.wait());
  if (expected == process_state::running)
    BOOST_TEST(status.signal() == SIGKILL);
  else
    BOOST_TEST((status == exit_status::aborted()));
  LINX_TRYV(co_await recorded(place));
  co_return success();
}

task<> come_to(const private_directory& place, process_state where)
{
  LINX_TRY(auto child, co_await attach_to(place));
  if (where == process_state::running) {
    LINX_TRYV(co_await child.proceed());
  }
  keep(std::move(child));
  co_return success();
}

pid_t parked_pid(const private_directory& place)
{
  pid_t pid = 0;
  run_body([](const private_directory& where, pid_t& out) -> task<> {
    LINX_TRY(auto child, co_await attach_after(where));
    out = child.info().host_pid;
    co_return success();
  }(place, pid));
  return pid;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_host_is_killed_when_it_has_parked)
{
  const heir all;
  const private_directory place;
  victim host([&] { return make_and_park(place); });
  BOOST_TEST(host.has_come_there());
  host.kill();
  run_body(end_it(place, process_state::ready));
}

// At any moment of the parking: the child is parked, or it goes by its policy.
BOOST_AUTO_TEST_CASE(the_host_is_killed_while_it_parks)
{
  const heir all;
  unsigned parked = 0;
  for (int round = 0; round != 60; ++round) {
    const private_directory place;
    victim host([&] { return make_and_park(place); });
    ::usleep(static_cast<useconds_t>(round * 500));
    host.kill();
    run_body([](const private_directory& where, unsigned& count) -> task<> {
      auto met = co_await attach_after(where);
      if (!met) { // its spawner has gone with it, or has never been told
        BOOST_TEST((met.error().errnum() == ENOENT || met.error() == errc::exit_unknown),
                   met.error().message());
        co_return success();
      }
      ++count;
      auto child = std::move(met).value();
      BOOST_TEST((child.info().state == process_state::ready));
      LINX_TRYV(child.abort());
      LINX_TRY(const auto status, co_await child.wait());
      BOOST_TEST((status == exit_status::aborted()));
      LINX_TRYV(co_await recorded(where));
      co_return success();
    }(place, parked));
  }
  BOOST_TEST_MESSAGE(parked << " of 60 were parked");
}

BOOST_AUTO_TEST_CASE(the_controller_is_killed)
{
  for (const auto where : {process_state::ready, process_state::running}) {
    const heir all;
    const private_directory place;
    {
      victim host([&] { return make_and_park(place); });
      BOOST_TEST(host.has_come_there());
    }
    for (int i = 0; i != 2; ++i) {
      victim controller([&] { return come_to(place, i == 0 ? process_state::ready : where); });
      BOOST_TEST(controller.has_come_there());
    }
    run_body(end_it(place, where));
  }
}

// Whatever of its words has reached the child: the next one hears how that went, from the spawner.
BOOST_AUTO_TEST_CASE(the_controller_is_killed_while_it_speaks)
{
  const heir all;
  for (int round = 0; round != 40; ++round) {
    const private_directory place;
    {
      victim host([&] { return make_and_park(place); });
      BOOST_TEST(host.has_come_there());
    }
    victim controller([&] { return come_to(place, process_state::running); });
    ::usleep(static_cast<useconds_t>(round * 500));
    controller.kill();
    run_body([](const private_directory& here) -> task<> {
      LINX_TRY(auto child, co_await attach_after(here));
      checkpoint_plan plan;
      plan.add(step::umask(0077));
      auto applied =
          co_await child.apply(std::move(plan)); // an answer to the other one is not taken for this one's
      if (applied) {
        LINX_TRYV(co_await child.proceed());
      } else { // PROCEED was on its way
        BOOST_TEST((applied.error() == errc::running || applied.error() == errc::no_process),
                   applied.error().message());
        while (child.info().state == process_state::ready) {
          LINX_TRYV(co_await pause_briefly());
        }
      }
      BOOST_TEST((child.info().state == process_state::running), to_string(child.info().state));
      LINX_TRYV(child.kill());
      LINX_TRY(const auto status, co_await child.wait());
      BOOST_TEST(status.signal() == SIGKILL);
      co_return success();
    }(place));
  }
}

BOOST_AUTO_TEST_CASE(the_spawner_is_killed_while_nobody_is_there)
{
  for (const auto where : {process_state::ready, process_state::running}) {
    const heir all;
    const private_directory place;
    {
      victim host([&] { return make_and_park(place); });
      BOOST_TEST(host.has_come_there());
    }
    {
      victim controller([&] { return come_to(place, where); });
      BOOST_TEST(controller.has_come_there());
    }
    const pid_t child = parked_pid(place);
    const pid_t spawner = std::stoi(status_field(child, "PPid"));
    BOOST_TEST(::kill(spawner, SIGKILL) == 0);
    run_body(dead(child));
    auto met = run(attach_after(place));
    BOOST_TEST((met.error() == errc::exit_unknown), met.error().message());
    BOOST_TEST(!place.has("child.exit"));
  }
}

namespace {

task<> lose_the_spawner(const private_directory& place, process_state where)
{
  LINX_TRY(auto child, co_await attach_after(place));
  if (where == process_state::running) {
    LINX_TRYV(co_await child.proceed());
  }
  const pid_t pid = child.info().host_pid;
  BOOST_TEST(::kill(std::stoi(status_field(pid, "PPid")), SIGKILL) == 0);
  auto end = co_await child.wait();
  if (where == process_state::ready)
    BOOST_TEST((end.error() == errc::died), why(end));
  else // by the pidfd, from Linux 6.15 on
    BOOST_TEST((end ? end.value().signal() == SIGKILL : end.error() == errc::exit_unknown), why(end));
  LINX_TRYV(co_await dead(pid));
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(the_spawner_is_killed_beside_a_controller)
{
  for (const auto where : {process_state::ready, process_state::running}) {
    const private_directory place;
    {
      victim host([&] { return make_and_park(place); });
      BOOST_TEST(host.has_come_there());
    }
    run_body(lose_the_spawner(place, where));
  }
}

// One that outlives its spawner once it runs: nobody is told of its end.
BOOST_AUTO_TEST_CASE(one_that_needs_no_spawner)
{
  const heir all;
  const private_directory place;
  run_body([](const private_directory& here) -> task<> {
    LINX_TRYV(co_await spawn_and_park(here, program().orphan(orphan_policy::outlive())));
    LINX_TRY(auto child, co_await attach_after(here));
    LINX_TRYV(co_await child.proceed());
    const pid_t pid = child.info().host_pid;
    const pid_t spawner = std::stoi(status_field(pid, "PPid"));
    BOOST_TEST(::kill(spawner, SIGKILL) == 0);
    LINX_TRYV(co_await dead(spawner));
    BOOST_TEST(alive(pid));
    LINX_TRYV(child.signal(SIGKILL));
    auto end = co_await child.wait();
    BOOST_TEST((end ? end.value().signal() == SIGKILL : end.error() == errc::exit_unknown), why(end));
    co_return success();
  }(place));
}

// Without room for the record somebody has to hear of the end; then nobody is kept.
BOOST_AUTO_TEST_CASE(a_directory_that_is_gone)
{
  const heir all;
  auto place = std::make_unique<private_directory>();
  const pid_t pid = value_of(run(spawn_and_park(*place, program())));
  run_body([](const private_directory& here) -> task<> {
    LINX_TRY(auto child, co_await attach_after(here));
    LINX_TRYV(co_await child.proceed());
    co_return success();
  }(*place));
  place.reset();
  BOOST_TEST(::kill(pid, SIGKILL) == 0);
}

// Closing what a visitor sends along may take as long as the visitor likes.
BOOST_AUTO_TEST_CASE(no_visitor_sends_descriptors)
{
  constexpr int so_passrights = 83;
  const heir all;
  const private_directory place;
  const pid_t pid = value_of(run(spawn_and_park(place, program())));
  {
    const io::unique_fd visitor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = place.path("child");
    BOOST_TEST_REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    const auto* const to = reinterpret_cast<const sockaddr*>(&address);
    BOOST_TEST_REQUIRE(::connect(visitor.get(), to, sizeof address) == 0);
    int on = 0;
    socklen_t size = sizeof on;
    if (::getsockopt(visitor.get(), SOL_SOCKET, so_passrights, &on, &size) == 0) {
      const int fds[] = {0};
      const std::array<std::byte, 1> bytes{};
      const auto sent = linx::detail::send_datagram(visitor.get(), bytes, fds);
      BOOST_TEST((!sent && sent.error().errnum() == EPERM), why(sent));
    } else {
      BOOST_TEST_MESSAGE("skipped: SO_PASSRIGHTS is known from Linux 6.16 on");
    }
  }
  BOOST_TEST(::kill(pid, SIGKILL) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
