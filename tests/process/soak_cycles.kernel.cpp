// Lives at random: options, verbs, cancels, kills and drops in several contexts on threads of their own, and
// the invariants at the end of each round. `./dev soak MINUTES` runs it for longer.
//
// LINX_SOAK_SECONDS and LINX_SOAK_SEED set the time and the choices; the seed is printed.

#include "process/fault_hosts.hpp"
#include "process/fault_life.hpp"
#include "process/spawner_client.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/with_timeout.hpp>

#include <cstdlib>
#include <memory>
#include <random>
#include <sys/syscall.h>
#include <thread>

BOOST_AUTO_TEST_SUITE(process_soak_cycles_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t context_count = 3;
constexpr int lives_at_once = 8;

class dice {
public:
  explicit dice(std::uint64_t seed) : engine_(seed) {}
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(engine_); }
  bool one_in(int n) { return below(n) == 0; }

private:
  std::mt19937_64 engine_;
};

process_options random_options(dice& d)
{
  process_options options("/bin/true");
  switch (d.below(6)) {
  case 0:
    options = shell("exit " + std::to_string(d.below(256)));
    break;
  case 1:
    options = process_options("/bin/nope");
    break;
  case 2:
  case 3:
    options = process_options("/bin/sleep").arg("1000");
    break;
  case 4:
    options = shell("trap '' TERM; echo line; exec sleep 1000");
    break;
  default:
    break;
  }
  options.auto_proceed(d.one_in(3)).no_new_privs(d.one_in(4)).orphan(orphan_policy::kill(50ms));
  if (d.one_in(3)) {
    options.unshare("user");
    for (const char* kind : {"pid", "uts", "ipc", "mount"})
      if (d.one_in(3)) options.unshare(kind);
    if (d.one_in(8)) options.unshare("net");
    if (d.one_in(2)) options.uid_map(id_map::root(::geteuid()));
  }
  if (d.one_in(6)) options.cwd(d.one_in(3) ? "/nope" : "/");
  if (d.one_in(20)) options.env("LINX_TEST_LARGE", std::string(100'000, 'x'));
  if (d.one_in(4)) options.umask(077);
  if (d.one_in(6))
    options.terminal(io::window_size(24, 80));
  else
    options.standard_input(stdio::devnull()).standard_output(d.one_in(2) ? stdio::pipe() : stdio::devnull());
  if (d.one_in(6)) options.descriptor(7, 0);
  return options;
}

/// Sends a signal to a process that is surely a child of this soak: numbers come again. Its farm is the
/// parent of each spawner.
void strike(pid_t pid, int signo)
{
  if (pid <= 0) return;
  const io::unique_fd target(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!target) return;
  const auto farm = std::to_string(::getppid());
  const auto parent = status_field(pid, "PPid");
  if (parent != farm && status_field(std::atoi(parent.c_str()), "PPid") != farm) return;
  ::syscall(SYS_pidfd_send_signal, target.get(), signo, nullptr, 0);
}

pid_t present_spawner_pid(const executor& ex)
{
  const auto link = linx::detail::present_spawner(ex);
  return link ? link->spawner_pid() : 0;
}

/// One verb on the session, or one blow from outside. What it answers is its own affair.
task<> something(process& child, stream<process_event>& events, dice& d)
{
  const executor ex = co_await asio::this_coro::executor;
  const auto limit = std::chrono::microseconds(d.below(3000));
  const pid_t spawner = present_spawner_pid(ex);
  switch (d.below(13)) {
  case 0:
  case 1: {
    auto op = child.ready();
    (void)co_await with_timeout(std::move(op), limit);
    break;
  }
  case 2:
  case 3:
  case 4: {
    auto op = child.proceed();
    (void)co_await with_timeout(std::move(op), limit);
    break;
  }
  case 5: {
    auto op = child.wait();
    (void)co_await with_timeout(std::move(op), limit);
    break;
  }
  case 6: {
    auto op = child.no_new_privs();
    (void)co_await with_timeout(std::move(op), limit);
    break;
  }
  case 7:
    if (!child.info().outcome) { // the end is for ended_once()
      auto op = events.next();
      const auto event = co_await with_timeout(std::move(op), 0us);
      if (event && event.value() && event.value()->terminal()) co_return errc::running;
    }
    break;
  case 8:
    (void)child.signal(d.one_in(2) ? SIGTERM : SIGUSR1);
    break;
  case 9:
    if (d.one_in(4)) (void)child.abort();
    break;
  case 10:
    if (const auto pid = child.host_pid()) strike(pid.value(), d.one_in(2) ? SIGKILL : SIGSTOP);
    break;
  case 11:
    if (d.one_in(12)) strike(spawner, SIGKILL);
    if (d.one_in(12)) process::refresh(ex);
    break;
  default:
    strike(spawner, SIGSTOP);
    LINX_TRYV(co_await pause_briefly());
    strike(spawner, SIGCONT);
    break;
  }
  co_return success();
}

task<> one_life(dice& d)
{
  auto spawned = co_await process::spawn(random_options(d));
  if (!spawned) co_return success(); // the spawner was killed at the call
  process child = std::move(spawned).assume_value();
  auto events = child.events();
  const int verbs = d.below(6);
  for (int i = 0; i != verbs; ++i) {
    const auto done = co_await something(child, events, d);
    if (!done) co_return success(); // it has seen the end
  }
  if (d.one_in(3)) co_return success(); // dropped as it is
  (void)child.abort();
  (void)child.signal(SIGKILL);
  if (const auto pid = child.host_pid()) strike(pid.value(), SIGCONT); // an abort waits for the checkpoint
  const auto ready = co_await child.ready();
  if (ready && child.info().state == process_state::ready) (void)child.abort();
  LINX_TRYV(co_await ended_once(child, events));
  co_return success();
}

task<> several_lives(dice& d)
{
  std::vector<task<>> some;
  for (int i = 0; i != lives_at_once; ++i) some.push_back(one_life(d));
  auto all = all_of(std::move(some));
  LINX_TRYV(co_await std::move(all));
  co_return success();
}

/// A context with a thread of its own while lives go on in it.
struct place {
  explicit place(std::uint64_t seed) : choices(seed) {}

  dice choices;
  asio::io_context context{1};
  surroundings around;
  std::string complaint;
};

/// A fresh child that runs, and nobody beside it.
task<> calm(surroundings& around)
{
  (void)co_await next_spawn_works(); // the link may not have heard yet that its spawner was killed
  around.anchor.reset();
  LINX_TRY(around.anchor, co_await spawn_running(long_sleep()));
  around.spawner = spawner_of(*around.anchor);
  co_return co_await count_descriptors(around);
}

/// Waits until no context has more than its anchor; yields the descriptors of the host then.
std::string all_calm(std::vector<std::unique_ptr<place>>& places)
{
  std::string complaint;
  for (auto& p : places) complaint += why(test::run(p->context, calm(p->around)));
  for (auto& p : places) p->context.poll(); // what was dropped has had its turn
  return complaint;
}

/// As many descriptors as before, in this process and in each spawner.
std::string compare(std::vector<std::unique_ptr<place>>& places, std::size_t own, std::size_t spawners)
{
  const auto deadline = std::chrono::steady_clock::now() + 8s;
  std::string seen;
  do {
    seen.clear();
    const auto now = descriptor_count_of(::getpid());
    if (now != own) seen += "descriptors " + std::to_string(now) + " of " + std::to_string(own) + "; ";
    for (auto& p : places) {
      if (const auto n = descriptor_count_of(p->around.spawner); n != spawners)
        seen += "spawner's descriptors " + std::to_string(n) + " of " + std::to_string(spawners) + "; ";
      (void)test::run(p->context, pause_briefly());
    }
  } while (!seen.empty() && std::chrono::steady_clock::now() < deadline);
  return seen;
}

std::string one_round(std::vector<std::unique_ptr<place>>& places)
{
  std::vector<std::thread> threads;
  for (auto& p : places)
    threads.emplace_back([&p = *p] {
      try {
        for (int i = 0; i != 3; ++i) p.complaint += why(test::run(p.context, several_lives(p.choices)));
      } catch (const std::exception& e) {
        p.complaint += e.what();
      }
    });
  for (auto& t : threads) t.join();
  std::string complaint;
  for (auto& p : places) complaint += p->complaint;
  return complaint;
}

/// Rounds until the time is over.
std::string rounds(std::uint64_t seed, std::chrono::milliseconds time)
{
  std::vector<std::unique_ptr<place>> places;
  for (std::size_t i = 0; i != context_count; ++i) places.push_back(std::make_unique<place>(seed + i));
  std::string complaint = all_calm(places);
  const auto own = descriptor_count_of(::getpid()), spawners = places.front()->around.spawners;
  const auto end = std::chrono::steady_clock::now() + time;
  while (complaint.empty() && std::chrono::steady_clock::now() < end) {
    complaint = one_round(places);
    if (complaint.empty()) complaint = all_calm(places);
    if (complaint.empty()) complaint = compare(places, own, spawners);
  }
  return complaint;
}

std::uint64_t number_from(const char* name, std::uint64_t otherwise)
{
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace

// Hosts one after the other; every second one is killed in the middle of it. Nothing may be left of any.
BOOST_AUTO_TEST_CASE(lives_at_random)
{
  const auto seconds = std::chrono::seconds(number_from("LINX_SOAK_SECONDS", 3));
  const auto seed = number_from("LINX_SOAK_SEED", std::random_device{}());
  const bool tells = std::getenv("LINX_SOAK_SECONDS") != nullptr;
  std::printf("soak: LINX_SOAK_SEED=%llu, %lld s\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(seconds.count()));
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t n = 0; std::chrono::steady_clock::now() < begin + seconds; ++n) {
    const auto own_seed = seed + n * 1000;
    const bool killed = n % 2 == 1;
    host_farm farm;
    farm.start(
        "seed " + std::to_string(own_seed),
        [own_seed, killed, &seconds](host_record&) {
          if (!killed) return rounds(own_seed, seconds > 10s ? 5s : 1500ms);
          std::thread([own_seed] {
            std::this_thread::sleep_for(std::chrono::milliseconds(dice(own_seed).below(700)));
            ::kill(::getpid(), SIGKILL);
          }).detach();
          return rounds(own_seed, 60s);
        },
        killed);
    farm.finish();
    if (tells) {
      const auto passed = std::chrono::steady_clock::now() - begin;
      std::printf("soak: host %llu of seed %llu%s, %lld s\n", static_cast<unsigned long long>(n + 1),
                  static_cast<unsigned long long>(own_seed), killed ? " (killed)" : "",
                  static_cast<long long>(std::chrono::duration_cast<std::chrono::seconds>(passed).count()));
      std::fflush(stdout);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
