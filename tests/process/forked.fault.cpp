// Hosts that fork after they have spawned: copies that end, that go on beside the original, that take its
// place as a daemon; and hosts that close every descriptor there is.

#include "process/fault_hosts.hpp"
#include "process/fault_life.hpp"

#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_forked_fault)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

/// A host with a parked and a running child, and one that has a spawner of its own.
struct family {
  explicit family(asio::io_context& context)
  {
    running.emplace(test::run(context, spawn_running(long_sleep())).value());
    parked.emplace(test::run(context, spawn_parked(long_sleep())).value());
    whole.emplace(test::run(context, spawn_running(long_sleep().kill_scope(kill_scope::tree))).value());
    spawner = spawner_of(*running);
  }
  bool lives() const
  {
    return alive(running->host_pid().value()) && alive(parked->host_pid().value()) &&
           alive(whole->host_pid().value());
  }

  std::optional<process> running, parked, whole;
  pid_t spawner = 0;
};

/// Both children end as they are told, and the next spawn works.
task<> ends_well(family& f)
{
  LINX_TRYV(co_await f.parked->proceed());
  for (auto* child : {&*f.running, &*f.parked, &*f.whole}) {
    LINX_TRYV(child->signal(SIGTERM));
    LINX_TRY(const auto how, co_await child->wait());
    if (outcome_text(how) != "signaled 15") co_return wrong("the original's child " + outcome_text(how));
  }
  co_return co_await next_spawn_works();
}

/// What a forked copy of this process has to say, "" if all is well.
std::string said_by_copy(const std::function<std::string()>& body)
{
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "pipe2";
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    const auto text = body();
    if (::write(ends[1], text.data(), text.size()) < 0) ::_exit(1);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char part[256];
  for (ssize_t n; (n = ::read(ends[0], part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status == 0 ? text : "the copy died: " + std::to_string(status);
}

/// The copy's handles are of no use: its sessions have ended, by name and without touching anybody.
task<> sessions_are_the_originals(family& f)
{
  const auto running = co_await f.running->wait();
  if (outcome_text(running) != "unknown") co_return wrong("running: " + outcome_text(running));
  if (why(running).find("forked from") == std::string::npos) co_return wrong(why(running));
  const auto whole = co_await f.whole->wait();
  if (outcome_text(whole) != "unknown") co_return wrong("whole: " + outcome_text(whole));
  const auto parked = co_await f.parked->wait();
  if (outcome_text(parked) != "failed at spawner_died") co_return wrong("parked: " + outcome_text(parked));
  if (f.running->signal(SIGKILL)) co_return wrong("it has signalled the original's child");
  co_return success();
}

/// A child of a spawner of the copy's own.
task<> has_a_spawner_of_its_own(pid_t originals)
{
  LINX_TRY(auto child, co_await spawn_running(long_sleep()));
  if (spawner_of(child) == originals) co_return wrong("the copy uses the original's spawner");
  co_return success();
}

} // namespace

// system(3), or a helper that is forked and executed: nothing of linx may notice.
BOOST_AUTO_TEST_CASE(a_copy_that_ends)
{
  host_farm farm;
  farm.start("exit", [](host_record&) {
    asio::io_context context(1);
    family f(context);
    if (const auto text = said_by_copy([] { return std::string(); }); !text.empty()) return text;
    return f.lives() ? why(test::run(context, ends_well(f))) : "a child is gone";
  });
  // Its destructors run: handles, streams, the context itself, which must know of the fork as for any other
  // use.
  farm.start("destructors", [](host_record&) {
    auto context = std::make_unique<asio::io_context>(1);
    auto f = std::make_unique<family>(*context);
    auto events = f->running->events();
    const auto text = said_by_copy([&] {
      context->notify_fork(asio::io_context::fork_child);
      f.reset();
      events = stream<process_event>();
      context.reset();
      return std::string();
    });
    if (!text.empty()) return text;
    return f->lives() ? why(test::run(*context, ends_well(*f))) : "a child is gone";
  });
  farm.finish();
}

// The copy tells its context so (notify_fork) and goes on: with children of its own, and no hand on the
// others.
BOOST_AUTO_TEST_CASE(a_copy_that_spawns)
{
  host_farm farm;
  // Asio tells its services of a fork in the order of their age: the reactor after linx, or before it.
  for (const bool older : {false, true})
    farm.start(older ? "reactor first" : "linx first", [older](host_record&) {
      asio::io_context context(1);
      std::optional<asio::steady_timer> first;
      if (older) first.emplace(context);
      family f(context);
      context.notify_fork(asio::io_context::fork_prepare);
      const auto text = said_by_copy([&] {
        context.notify_fork(asio::io_context::fork_child);
        first.reset();
        const auto ended = test::run(context, sessions_are_the_originals(f));
        const auto spawned = test::run(context, has_a_spawner_of_its_own(f.spawner));
        const auto works = test::run(context, next_spawn_works());
        f.running.reset(); // and dropped, while the context runs
        f.parked.reset();
        context.restart();
        context.poll();
        return why(ended) + why(spawned) + why(works);
      });
      context.notify_fork(asio::io_context::fork_parent);
      if (!text.empty()) return text;
      return f.lives() ? why(test::run(context, ends_well(f))) : "a child is gone";
    });
  farm.finish();
}

// daemon(3): the original ends, and so do its children by their policy; the copy starts anew.
BOOST_AUTO_TEST_CASE(daemonised)
{
  host_farm farm;
  farm.start("daemon", [](host_record&) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return std::string("pipe2");
    const pid_t original = ::fork();
    if (original == 0) {
      asio::io_context context(1);
      family f(context);
      context.notify_fork(asio::io_context::fork_prepare);
      if (::fork() != 0) ::_exit(0);
      context.notify_fork(asio::io_context::fork_child);
      ::setsid();
      const pid_t running = f.running->host_pid().value(), parked = f.parked->host_pid().value();
      const auto ended = test::run(context, sessions_are_the_originals(f));
      const auto works = test::run(context, next_spawn_works());
      const auto gone = test::run(context, dead(running));
      const auto gone_too = test::run(context, dead(parked));
      const auto text = "daemon:" + why(ended) + why(works) + why(gone) + why(gone_too);
      ::_exit(::write(ends[1], text.data(), text.size()) < 0);
    }
    ::close(ends[1]);
    ::waitpid(original, nullptr, 0);
    char text[512]{};
    const auto n = ::read(ends[0], text, sizeof text - 1);
    return n > 0 && std::string(text) == "daemon:" ? std::string() : std::string(text) + "!";
  });
  farm.finish();
}

// A host that closes all it does not know, as daemons do, has closed the control socket, too: for the spawner
// it is gone. Old handles and their context can be destroyed, and a new context works.
BOOST_AUTO_TEST_CASE(every_descriptor_closed)
{
  host_farm farm;
  farm.start("close_range", [](host_record&) {
    auto context = std::make_unique<asio::io_context>(1);
    auto f = std::make_unique<family>(*context);
    const pid_t pids[] = {f->running->host_pid().value(), f->parked->host_pid().value(), f->spawner};
    ::syscall(SYS_close_range, 3, ~0U, 0);
    f.reset();
    context.reset();
    asio::io_context fresh(1);
    for (const pid_t pid : pids)
      if (const auto gone = test::run(fresh, dead(pid)); !gone) return why(gone);
    return why(test::run(fresh, next_spawn_works()));
  });
  farm.finish();
}

BOOST_AUTO_TEST_SUITE_END()
