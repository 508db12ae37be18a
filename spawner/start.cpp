// From the entry of the program to its loop: descriptors, memory, signals, and the first record.
#include "asker.hpp"
#include "birth.hpp"
#include "credentials.hpp"
#include "descriptors.hpp"
#include "kernel_file.hpp"
#include "process_maker.hpp"
#include "service.hpp"
#include "signals.hpp"

#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>

namespace linx::spawner {

namespace {

constexpr std::uintptr_t page = 4096;

/// What the kernel mapped for this program and nobody needs: each mapping is one more for fork to copy.
struct leftovers {
  std::uintptr_t stack_pointer;
  std::uintptr_t stack_end;
  std::uintptr_t vdso;
};

leftovers find_leftovers(const std::uintptr_t* stack) noexcept
{
  leftovers found{reinterpret_cast<std::uintptr_t>(stack), 0, 0};
  const std::uintptr_t argc = *stack;
  const std::uintptr_t* word = stack + 1 + argc + 1;
  while (*word != 0) ++word; // envp
  for (++word; word[0] != AT_NULL; word += 2) {
    if (word[0] == AT_SYSINFO_EHDR) found.vdso = word[1];
    if (word[0] != AT_EXECFN) continue;
    // The program's name is the topmost string; 8 zero bytes follow, then the stack ends (fs/exec.c).
    const char* name = reinterpret_cast<const char*>(word[1]);
    while (*name != '\0') ++name;
    const auto end = reinterpret_cast<std::uintptr_t>(name) + 1 + 8;
    found.stack_end = (end + page - 1) & ~(page - 1);
  }
  return found;
}

void unmap_leftovers(const leftovers& found) noexcept
{
  if (found.stack_end != 0) {
    constexpr std::uintptr_t never_grown = 1 << 20;
    const std::uintptr_t begin = (found.stack_pointer & ~(page - 1)) - never_grown;
    sys::call(__NR_munmap, begin, found.stack_end - begin);
  }
  if (found.vdso != 0) {
    constexpr std::uintptr_t data_pages = 16 * page; // right below it, fewer than this
    constexpr std::uintptr_t code_pages = 4 * page;
    sys::call(__NR_munmap, found.vdso - data_pages, data_pages + code_pages);
  }
}

int map(std::uintptr_t address, std::size_t size, int flags) noexcept
{
  return sys::error_of(sys::call(__NR_mmap, address, size, PROT_READ | PROT_WRITE,
                                 flags | MAP_FIXED_NOREPLACE | MAP_NORESERVE | MAP_ANONYMOUS, -1, 0));
}

int map_all(state& state) noexcept
{
  constexpr int seek_end = 2;
  const long size = sys::call(__NR_lseek, fd::slots, 0, seek_end);
  if (size < 0) return sys::error_of(size);
  const auto slots = static_cast<std::size_t>(size) / sizeof(wire::status_slot);
  if (slots == 0 || slots > wire::max_slots || size % sizeof(wire::status_slot) != 0) return EINVAL;
  state.slots = static_cast<std::uint32_t>(slots);

  int error = map(layout::request_area, sizeof(struct request_area), MAP_SHARED);
  if (error == 0) error = map(layout::child_stack, layout::child_stack_size, MAP_PRIVATE);
  return error;
}

/// Moves a new descriptor, or a failure to open one, to its number.
int place(long opened, int number) noexcept
{
  if (opened < 0 || opened == number) return sys::error_of(opened);
  const long placed = sys::call(__NR_dup3, opened, number, O_CLOEXEC);
  sys::call(__NR_close, opened);
  return sys::error_of(placed);
}

int open_path(const char* path, int flags) noexcept
{
  return static_cast<int>(sys::call(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0));
}

/// Nothing of the host stays open but what it gave; 0..2 are /dev/null, which is what a child gets by
/// default.
int take_descriptors(state& state) noexcept
{
  constexpr unsigned most = 1 << 20;
  close_between(fd::host + 1, last_descriptor, most);
  constexpr int all_given[] = {fd::control, fd::slots, fd::host};
  for (const int given : all_given) {
    const long result = sys::call(__NR_fcntl, given, F_SETFD, FD_CLOEXEC);
    if (result < 0) return sys::error_of(result);
  }
  const int null = open_path("/dev/null", O_RDWR);
  if (null < 0) return -null;
  for (int number = 0; number != 3; ++number) {
    if (null == number)
      sys::call(__NR_fcntl, null, F_SETFD, 0);
    else
      sys::call(__NR_dup3, null, number, 0);
  }
  if (null > 2) sys::call(__NR_close, null);

  const long proc = open_proc("/proc");
  state.has_proc = proc >= 0;
  int error = place(state.has_proc ? proc : open_path("/dev/null", O_PATH), fd::proc);
  if (error == 0) error = place(sys::call(__NR_pidfd_open, state.pid, 0), fd::self);
  // No number below fd::received may be free for what is received.
  for (int number = fd::host_directory; error == 0 && number != fd::proc; ++number)
    error = sys::error_of(sys::call(__NR_dup3, fd::proc, number, O_CLOEXEC));
  return error;
}

/// All children die with the spawner, so it should be the last that a short memory ends. Below 0 takes
/// CAP_SYS_RESOURCE.
void lower_oom_score(state& state) noexcept
{
  if (!read_number(fd::proc, "self/oom_score_adj", state.oom_score_adj)) return;
  constexpr std::int32_t wanted[] = {-900, 0};
  for (const std::int32_t value : wanted) {
    if (state.oom_score_adj <= value || state.lowered_oom_score) return;
    state.lowered_oom_score = write_oom_score(fd::proc, value, true) == 0;
  }
}

void say_hello(state& state) noexcept
{
  wire::hello_record record{};
  record.header = {sizeof record, wire::version, 1, wire::frame_type::hello, 0};
  record.pid = state.pid;
  if (state.has_clone3) record.features |= static_cast<std::uint32_t>(wire::feature::clone3);
  record.slots = state.slots;
  record.self = state.self;
  const int self = fd::self;
  state.control.send(&record, &self, 1);
}

int prepare(state& state) noexcept
{
  sys::call(__NR_prctl, PR_SET_NAME, "linx-spawner", 0, 0, 0); // a memory file gives no good one
  // Nor is any child until its program is (ptrace(2)): whoever is root of a user namespace that it enters, or
  // runs under ids that it takes, has no access to its memory and descriptors.
  sys::call(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  sys::call(__NR_chdir, "/");
  state.pid = static_cast<std::uint32_t>(sys::call(__NR_getpid));
  state.has_clone3 = probe_clone3();
  int error = take_descriptors(state);
  if (error == 0) error = map_all(state);
  if (error == 0) error = take_signals(); // takes the number of the slots' descriptor
  if (error != 0) return error;
  // No child uses that stack yet, and it has room for all the groups there can be (NGROUPS_MAX).
  constexpr std::size_t most_groups = 65536;
  static_assert(sizeof state.crew[0].child_stack >= most_groups * sizeof(std::uint32_t));
  error =
      read_credentials(state.self, reinterpret_cast<std::uint32_t*>(state.crew[0].child_stack), most_groups);
  if (error == 0) error = know_the_host(state);
  if (error == 0) lower_oom_score(state);
  return error;
}

leftovers& leftovers_of(state& state) noexcept
{
  return *reinterpret_cast<leftovers*>(state.crew[0].child_stack);
}

void run(void* argument) noexcept
{
  auto& state = *static_cast<struct state*>(argument);
  unmap_leftovers(leftovers_of(state));
  if (const int error = prepare(state); error != 0) {
    refuse(state, 0, wire::stage::spawner_start, error);
    sys::exit(1);
  }
  say_hello(state);
  serve(state);
  sys::exit(0);
}

} // namespace

extern "C" [[noreturn]] void linx_spawner_start(const std::uintptr_t* stack) noexcept
{
  if (map(layout::own, sizeof(state), MAP_SHARED) != 0) sys::exit(1);
  sys::call(__NR_madvise, layout::own, sizeof(state), MADV_DONTFORK);
  auto& state = *reinterpret_cast<struct state*>(layout::own);
  leftovers_of(state) = find_leftovers(stack);
  worker& first = state.crew[0];
  first.exists = true;
  sys::run_on_stack(first.stack + sizeof first.stack, run, &state);
}

} // namespace linx::spawner
