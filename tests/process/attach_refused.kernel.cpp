// Names that a child is parked under and is not found behind: they are taken away again, and nobody else is
// believed who listens there; what a controller cannot hear costs it the child and not the child its life.

#include "process/parked_support.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include "process/protocol.hpp"

#include <linx/core/with_timeout.hpp>
#include <linx/process/steps.hpp>

#include <cstring>
#include <filesystem>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_attach_refused_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

io::unique_fd bind_at(const std::string& path)
{
  io::unique_fd made(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  BOOST_REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  BOOST_REQUIRE(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return made;
}

// Somebody else's socket in the place of the one that is there.
void replace(const private_directory& place)
{
  std::filesystem::rename(place.path("child"), place.path("before"));
  const auto other = bind_at(place.path("child"));
}

enum class name { stays_ours, becomes_anothers };

// Asked, and given up before the spawner has come to it, which then refuses.
task<> cancelled_and_refused(name what)
{
  const private_directory place, second;
  LINX_TRY(auto child, co_await spawn_parked(shell("exit 3").parkable()));
  const pid_t spawner = std::stoi(status_field(child.host_pid().value(), "PPid"));
  BOOST_TEST_REQUIRE(::kill(spawner, SIGSTOP) == 0);
  auto parking = child.park(open(place), "child");
  auto parked = co_await with_timeout(std::move(parking), 100ms);
  BOOST_TEST((parked.error() == errc::timed_out));
  BOOST_TEST(place.has("child")); // it may be the spawner's already

  BOOST_TEST_REQUIRE(::chmod(place.path().c_str(), 0755) == 0); // for which it refuses
  if (what == name::becomes_anothers) replace(place);
  auto unanswered = co_await child.park(open(second), "child");
  BOOST_TEST((unanswered.error() == errc::conflict));
  BOOST_TEST(!second.has("child"));
  BOOST_TEST_REQUIRE(::kill(spawner, SIGCONT) == 0);
  for (bool is_parked = false; !is_parked;) { // once that is answered
    auto again = co_await child.park(open(second), "child");
    is_parked = again.has_value();
    BOOST_TEST_REQUIRE((again || again.error() == errc::conflict), why(again));
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_TEST(place.has("child") == (what == name::becomes_anothers));
  LINX_TRY(auto found, co_await attach_to(second));
  LINX_TRYV(co_await found.proceed());
  LINX_TRY(const auto status, co_await found.wait());
  BOOST_TEST(status.code() == 3);
  co_return success();
}

// In place of an answer the child ends.
task<> cancelled_and_ended()
{
  const private_directory place;
  {
    LINX_TRY(auto child, co_await spawn_parked(shell("exit 3").parkable()));
    const pid_t spawner = std::stoi(status_field(child.host_pid().value(), "PPid"));
    BOOST_TEST_REQUIRE(::kill(spawner, SIGSTOP) == 0);
    auto parking = child.park(open(place), "child");
    auto parked = co_await with_timeout(std::move(parking), 100ms);
    BOOST_TEST((parked.error() == errc::timed_out));
    BOOST_TEST_REQUIRE(::kill(spawner, SIGKILL) == 0);
    auto end = co_await child.wait();
    BOOST_TEST((end.error() == errc::died), why(end));
  }
  while (place.has("child")) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

int connection_to_the_spawner()
{
  for (int fd = 3; fd != 256; ++fd) {
    sockaddr_un peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sun_family != AF_UNIX)
      continue;
    if (std::string_view(peer.sun_path).ends_with("/child")) return fd;
  }
  return -1;
}

// A controller that cannot read from its connection from now on. Yields how its proceed() ends.
task<> proceed_deaf(const private_directory& place, int errnum)
{
  LINX_TRY(auto child, co_await attach_to(place));
  const auto connection = static_cast<std::uint32_t>(connection_to_the_spawner());
  if (!deny({{SYS_recvmsg, errnum, 0, ~0u, connection}})) ::_exit(child_skipped);
  auto proceeding = child.proceed();
  auto proceeded = co_await with_timeout(std::move(proceeding), 300ms);
  co_return std::move(proceeded);
}

// The child runs, and is the next one's.
task<> end_what_runs(const private_directory& place)
{
  for (;;) {
    auto met = co_await attach_to(place);
    if (!met && met.error().errnum() == EBUSY) { // its spawner has not noticed yet
      LINX_TRYV(co_await pause_briefly());
      continue;
    }
    LINX_TRY(auto child, std::move(met));
    BOOST_TEST((child.info().state == process_state::running), to_string(child.info().state));
    LINX_TRYV(child.signal(SIGTERM));
    LINX_TRY(const auto status, co_await child.wait());
    BOOST_TEST(status.signal() == SIGTERM);
    co_return success();
  }
}

void lose_hearing(int errnum, const std::function<bool(const error&)>& is_expected)
{
  const private_directory place;
  run_body([](const private_directory& where) -> task<> {
    LINX_TRYV(co_await spawn_and_park(where, process_options("/bin/sleep").arg("1000")));
    co_return success();
  }(place));
  const int status = run_in_child([&] {
    const auto proceeded = run(proceed_deaf(place, errnum));
    if (!proceeded && is_expected(proceeded.error())) return 0;
    std::fprintf(stderr, "%s\n", why(proceeded).c_str());
    return 1;
  });
  if (status == child_skipped) return;
  BOOST_TEST(status == 0);
  run_body(end_what_runs(place));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_name_goes_when_park_was_cancelled_and_is_refused)
{
  run_body(cancelled_and_refused(name::stays_ours));
}
BOOST_AUTO_TEST_CASE(a_name_that_is_anothers_stays)
{
  run_body(cancelled_and_refused(name::becomes_anothers));
}
BOOST_AUTO_TEST_CASE(a_name_goes_when_park_was_cancelled_and_the_child_has_ended)
{
  run_body(cancelled_and_ended());
}

// It passes, so it is waited for.
BOOST_AUTO_TEST_CASE(a_controller_without_memory_for_what_it_hears)
{
  lose_hearing(ENOMEM, [](const error& why) { return why == errc::timed_out; });
}
// It does not; the handle ends, and the child does not.
BOOST_AUTO_TEST_CASE(a_controller_that_may_not_hear)
{
  lose_hearing(EACCES, [](const error& why) { return why.errnum() == EACCES; });
}

// He has been let in, and may say what he likes of a child.
BOOST_AUTO_TEST_CASE(a_listener_of_another_user_is_not_believed)
{
  if (needs_root()) return;
  const private_directory place;
  const auto listener = bind_at(place.path("child"));
  BOOST_TEST(run_in_child([&] { return become_nobody() && ::listen(listener.get(), 4) == 0 ? 0 : 1; }) == 0);
  auto met = run(attach_to(place));
  BOOST_TEST_REQUIRE(!met);
  BOOST_TEST((met.error().where() == stage::connect_unix));
  BOOST_TEST(met.error().errnum() == EPERM);
  BOOST_TEST(met.error().message().find("child, where user 65534 listens") != std::string::npos,
             met.error().message());
}

// Whatever the answer lacks, there is an end of the wait for it.
BOOST_AUTO_TEST_CASE(an_answer_that_is_none_is_an_error)
{
  const private_directory place;
  const auto listener = bind_at(place.path("child"));
  BOOST_TEST_REQUIRE(::listen(listener.get(), 4) == 0);
  const pid_t speaker = ::fork();
  if (speaker == 0) {
    const io::unique_fd visitor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    wire::frame_header empty{};
    empty.length = sizeof empty;
    empty.version = wire::version;
    empty.type = wire::frame_type::attached;
    (void)::send(visitor.get(), &empty, sizeof empty, MSG_NOSIGNAL);
    char byte;
    (void)::recv(visitor.get(), &byte, 1, 0); // until it is closed
    ::_exit(0);
  }
  auto met = run(with_timeout(attach_to(place), 5s));
  BOOST_TEST(::waitpid(speaker, nullptr, 0) == speaker);
  BOOST_TEST_REQUIRE(!met);
  BOOST_TEST((met.error() == errc::protocol), met.error().message());
}

BOOST_AUTO_TEST_SUITE_END()
