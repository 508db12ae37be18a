#include "process/fault_life.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <filesystem>
#include <tuple>

namespace linx::test {

std::string_view to_string(life_stage s)
{
  constexpr std::array<std::string_view, 5> names{"before ready", "parked", "between proceed and exec",
                                                  "running", "during exit"};
  return names.at(static_cast<std::size_t>(s));
}

error wrong(std::string what)
{
  return error(errc::invalid).with_object(std::move(what));
}

std::string outcome_text(const result<exit_status>& how)
{
  if (!how)
    return how.error() == errc::exit_unknown ? "unknown"
                                             : "failed at " + std::string(to_string(how.error().where()));
  if (how.value().what() == exit_status::kind::aborted) return "aborted";
  return how.value().signal() != 0 ? "signaled " + std::to_string(how.value().signal())
                                   : "exited " + std::to_string(how.value().code());
}

bool is_one_of(std::string_view text, std::string_view alternatives)
{
  for (;;) {
    const auto bar = alternatives.find('|');
    if (alternatives.substr(0, bar) == text) return true;
    if (bar == alternatives.npos) return false;
    alternatives.remove_prefix(bar + 1);
  }
}

std::size_t descriptor_count_of(pid_t pid)
{
  std::error_code failed;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator i("/proc/" + std::to_string(pid) + "/fd", failed), end;
       !failed && i != end; i.increment(failed))
    ++count;
  return pid == ::getpid() ? count - 1 : count; // the iterator's own
}

pid_t spawner_of(const process& child)
{
  return std::atoi(status_field(child.host_pid().value(), "PPid").c_str());
}

void stop(pid_t pid)
{
  if (pid <= 0) return;
  ::kill(pid, SIGSTOP);
  while (status_field(pid, "State").starts_with("R") || status_field(pid, "State").starts_with("S"))
    ::usleep(200); // the signal is there; the stop takes its turn
}

process_options long_sleep()
{
  return process_options("/bin/sleep")
      .arg("1000")
      .orphan(orphan_policy::kill(std::chrono::milliseconds(100)));
}

task<> begin_to_proceed(life& l)
{
  const executor ex = co_await asio::this_coro::executor;
  l.proceeded = std::make_shared<std::optional<result<>>>();
  auto note = [answer = l.proceeded](result<> r) { answer->emplace(std::move(r)); };
  linx::spawn(ex, l.child.proceed(), std::move(note));
  co_return co_await pause_briefly();
}

task<std::unique_ptr<life>> bring_to(life_stage at, pid_t spawner, process_options options, bool born)
{
  const bool unborn = at == life_stage::before_ready && !born;
  if (unborn) stop(spawner);
  if (at == life_stage::before_ready && born) options.unshare("user,net");
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  auto l = std::make_unique<life>(std::move(child));
  l->at = at;
  l->spawner_held = unborn;
  if (unborn) co_return std::move(l);
  if (at == life_stage::before_ready) {
    while (!l->child.host_pid()) co_await asio::post(asio::use_awaitable);
    l->pid = l->child.host_pid().value();
    co_return std::move(l);
  }
  LINX_TRY(l->pid, co_await l->child.ready());
  if (at == life_stage::parked) co_return std::move(l);
  if (at == life_stage::proceeding) {
    stop(l->pid);
    l->child_held = true;
    LINX_TRYV(co_await begin_to_proceed(*l));
    co_return std::move(l);
  }
  LINX_TRYV(co_await l->child.proceed());
  if (at == life_stage::running) co_return std::move(l);
  stop(spawner);
  l->spawner_held = true;
  LINX_TRYV(l->child.signal(SIGTERM));
  while (alive(l->pid)) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return std::move(l);
}

task<std::string> ended_once(process& child, stream<process_event>& events)
{
  const auto how = co_await child.wait();
  const auto text = outcome_text(how);
  const auto again = co_await child.wait();
  if (outcome_text(again) != text) co_return wrong("two answers: " + text + ", " + outcome_text(again));
  const auto info = child.info();
  if (!is_terminal(info.state) || !info.outcome || outcome_text(*info.outcome) != text)
    co_return wrong("info() differs from wait(): " + text);
  int terminal = 0;
  for (;;) {
    LINX_TRY(const auto event, co_await events.next());
    if (!event) break;
    if (terminal != 0) co_return wrong("an event after the end: " + to_string(*event));
    if (!event->terminal()) continue;
    ++terminal;
    if (outcome_text(event->outcome()) != text) co_return wrong("the event says: " + to_string(*event));
  }
  if (terminal != 1) co_return wrong("no terminal event after: " + text);
  co_return text;
}

task<std::string> see_to_its_end(life& l)
{
  const auto ready = co_await l.child.ready();
  if (ready) {
    if (l.proceeded) {
      while (!*l.proceeded) {
        LINX_TRYV(co_await pause_briefly());
      }
    }
    const auto proceeded = co_await l.child.proceed(); // if it runs already, at once
    if (proceeded) (void)l.child.signal(SIGTERM);
  }
  co_return co_await ended_once(l.child, l.events);
}

task<> next_spawn_works()
{
  LINX_TRY(const auto end, co_await run_to_end(shell("exit 7")));
  if (outcome_text(end.status) != "exited 7") co_return wrong("the next spawn: " + outcome_text(end.status));
  co_return success();
}

task<> count_descriptors(surroundings& around)
{
  const auto open = [&] { return std::pair(descriptor_count_of(::getpid()), descriptor_count_of(around.spawner)); };
  std::pair<std::size_t, std::size_t> before, now = open();
  while (children_of(around.spawner).size() != 1 || now != before) {
    LINX_TRYV(co_await pause_briefly());
    before = std::exchange(now, open());
  }
  std::tie(around.own, around.spawners) = now;
  co_return success();
}

task<> measure(surroundings& around)
{
  LINX_TRY(around.anchor, co_await spawn_running(long_sleep()));
  around.spawner = spawner_of(*around.anchor);
  LINX_TRYV(co_await next_spawn_works()); // and all that is opened once is open
  co_return co_await count_descriptors(around);
}

task<> replace_anchor(surroundings& around)
{
  const pid_t former = around.spawner;
  (void)co_await around.anchor->wait();
  around.anchor.reset();
  LINX_TRY(around.anchor, co_await spawn_running(long_sleep()));
  around.spawner = spawner_of(*around.anchor);
  if (around.spawner == former) co_return wrong("the spawner of before serves, and its child has ended");
  co_return success();
}

task<> check_nothing_left(surroundings& around)
{
  LINX_TRYV(co_await next_spawn_works());
  // The exit record comes before the child is reaped, a dropped handle takes effect in its own time, and so
  // does a SIGKILL: what has been sent one may look alive for a while.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  for (;;) {
    if (!alive(around.spawner) || is_terminal(around.anchor->info().state)) {
      LINX_TRYV(co_await replace_anchor(around));
    }
    const auto children = children_of(around.spawner).size();
    const auto own = descriptor_count_of(::getpid()), spawners = descriptor_count_of(around.spawner);
    if (children == 1 && own == around.own && spawners == around.spawners) co_return success();
    if (std::chrono::steady_clock::now() > deadline)
      co_return wrong("children " + std::to_string(children) + ", descriptors " + std::to_string(own) +
                      " of " + std::to_string(around.own) + ", of the spawner " + std::to_string(spawners) +
                      " of " + std::to_string(around.spawners));
    LINX_TRYV(co_await pause_briefly());
  }
}

} // namespace linx::test
