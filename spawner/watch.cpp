#include "watch.hpp"

#include "abi.hpp"
#include "service.hpp"

#include <asm/signal.h>
#include <linux/mman.h>
#include <linux/time.h>

namespace linx::spawner {

namespace {

constexpr std::uint32_t word_of(std::uint32_t count, duty what) noexcept
{
  return count << 2 | static_cast<std::uint32_t>(what);
}

void set_alarm(state& state) noexcept
{
  if (__atomic_exchange_n(&state.alarm_is_set, true, __ATOMIC_SEQ_CST)) return;
  constexpr long patience_us = 300'000;
  const __kernel_old_itimerval once{{0, 0}, {0, patience_us}};
  sys::call(__NR_setitimer, ITIMER_REAL, &once, nullptr);
}

/// All signals are blocked, so the alarm is for whoever waits for it.
void await_alarm(state& state) noexcept
{
  constexpr std::uint64_t alarm = std::uint64_t{1} << (SIGALRM - 1);
  while (sys::call(__NR_rt_sigtimedwait, &alarm, nullptr, nullptr, abi::signal_set_size) < 0) {
  }
  __atomic_store_n(&state.alarm_is_set, false, __ATOMIC_SEQ_CST);
}

/// Waits until the one on duty has been in the same wait at two alarms, and takes over.
void await_duty(state& state, const worker& self) noexcept
{
  const worker* suspect = nullptr;
  for (std::uint32_t seen = 0;;) {
    await_alarm(state);
    worker& busy = state.crew[__atomic_load_n(&state.on_duty, __ATOMIC_SEQ_CST)];
    std::uint32_t word = __atomic_load_n(&busy.duty, __ATOMIC_SEQ_CST);
    if (duty_of(word) != duty::waiting) continue;
    // With a pid to wait for the child has its own descriptors, and those that it was made with may be
    // closed.
    const bool is_made = __atomic_load_n(&busy.hanging, __ATOMIC_SEQ_CST) > 0;
    if (suspect == &busy && seen == word && is_made) {
      const std::uint32_t taken = word_of(word >> 2, duty::overtaken);
      if (!__atomic_compare_exchange_n(&busy.duty, &word, taken, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        continue; // it has come back, and the next one sets the alarm
      // What it shares with a setns helper is not for those that are made from now on.
      sys::call(__NR_madvise, layout::setns_order_of(busy.number), sizeof(setns_order), MADV_DONTFORK);
      break;
    }
    suspect = &busy;
    seen = word;
    set_alarm(state);
  }
  __atomic_sub_fetch(&state.standing_by, 1, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&state.hanging, 1, __ATOMIC_SEQ_CST);
  __atomic_store_n(&state.on_duty, self.number, __ATOMIC_SEQ_CST);
}

[[noreturn]] void stand_by(state& state, worker& self) noexcept
{
  await_duty(state, self);
  serve(state);
  sys::exit(0);
}

state& the_state() noexcept
{
  return *reinterpret_cast<struct state*>(layout::own);
}

void run_worker(void* self) noexcept
{
  stand_by(the_state(), *static_cast<worker*>(self));
}

} // namespace

bool ensure_standby(state& state) noexcept
{
  if (__atomic_load_n(&state.standing_by, __ATOMIC_SEQ_CST) != 0) return true;
  for (std::int32_t number = 0; number != state::workers; ++number) {
    worker& next = state.crew[number];
    if (next.exists) continue;
    next.number = number;
    clone_order order;
    order.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    order.stack = next.stack;
    order.stack_size = sizeof next.stack;
    __atomic_add_fetch(&state.standing_by, 1, __ATOMIC_SEQ_CST);
    next.exists = make_process(order, state.has_clone3, run_worker, &next) >= 0;
    if (!next.exists) __atomic_sub_fetch(&state.standing_by, 1, __ATOMIC_SEQ_CST);
    return next.exists;
  }
  return false;
}

long make_and_wait(state& state, worker& self, clone_order order, void (*entry)(void*),
                   void* argument) noexcept
{
  self.hanging = 0;
  self.kill_wanted = false;
  order.flags |= CLONE_VFORK;
  order.parent_tid = &self.hanging;
  std::uint32_t waiting = word_of((self.duty >> 2) + 1, duty::waiting);
  __atomic_store_n(&self.duty, waiting, __ATOMIC_SEQ_CST);
  set_alarm(state);
  const long pid = make_process(order, state.has_clone3, entry, argument);
  // Unless it was overtaken; then it stays that.
  __atomic_compare_exchange_n(&self.duty, &waiting, word_of(waiting >> 2, duty::free), false,
                              __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return pid;
}

void deposit(state& state, worker& self, const birth& outcome) noexcept
{
  self.outcome = outcome;
  __atomic_store_n(&self.duty, word_of(self.duty >> 2, duty::done), __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&state.standing_by, 1, __ATOMIC_SEQ_CST);
  sys::call(__NR_kill, state.pid, SIGCHLD); // whoever serves looks at exits and at us
  sys::run_on_stack(self.stack + sizeof self.stack, run_worker, &self);
}

} // namespace linx::spawner
