#include "step_runner.hpp"

#include "directory.hpp"
#include "kernel_file.hpp"
#include "mounts.hpp"
#include "own_memory.hpp"

#include <asm/errno.h>
#include <asm/ioctls.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

namespace linx::spawner {

namespace {

constexpr std::uint32_t low(std::uint64_t set) noexcept
{
  return static_cast<std::uint32_t>(set);
}
constexpr std::uint32_t high(std::uint64_t set) noexcept
{
  return static_cast<std::uint32_t>(set >> 32);
}

int set_capabilities(const wire::step_caps& caps) noexcept
{
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct data[2] = {
      {low(caps.effective), low(caps.permitted), low(caps.inheritable)},
      {high(caps.effective), high(caps.permitted), high(caps.inheritable)}};
  return sys::error_of(sys::call(__NR_capset, &header, data));
}

/// What the kernel does not know (EINVAL) is in no set, as capset(2) has it too.
int drop_bounding(std::uint64_t set) noexcept
{
  for (unsigned capability = 0; set != 0; ++capability, set >>= 1) {
    if ((set & 1) == 0) continue;
    const int error = sys::error_of(sys::call(__NR_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0));
    if (error != 0 && error != EINVAL) return error;
  }
  return 0;
}

int set_ambient(std::uint64_t set) noexcept
{
  long result = sys::call(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (unsigned capability = 0; set != 0 && result >= 0; ++capability, set >>= 1) {
    if ((set & 1) != 0)
      result = sys::call(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
  }
  return sys::error_of(result);
}

int set_no_new_privs() noexcept
{
  return sys::error_of(sys::call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

int install_filter(bytes payload) noexcept
{
  const auto flags = payload.take(8).as<std::uint32_t>();
  const sock_fprog program{static_cast<unsigned short>(payload.size / sizeof(sock_filter)),
                           reinterpret_cast<sock_filter*>(const_cast<std::byte*>(payload.data))};
  if (payload.size / sizeof(sock_filter) > BPF_MAXINSNS) return EINVAL;
  const auto install = [&] {
    return sys::error_of(sys::call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
  };
  // Without CAP_SYS_ADMIN it takes no_new_privs (seccomp(2)).
  const int error = install();
  return error == EACCES && set_no_new_privs() == 0 ? install() : error;
}

int restrict_self(int ruleset) noexcept
{
  const auto restrict = [&] { return sys::error_of(sys::call(__NR_landlock_restrict_self, ruleset, 0)); };
  // The same (landlock_restrict_self(2)), with another errno.
  const int error = restrict();
  return error == EPERM && set_no_new_privs() == 0 ? restrict() : error;
}

int limit(const wire::step_rlimit& limit) noexcept
{
  const rlimit64 value{limit.soft, limit.hard};
  return sys::error_of(sys::call(__NR_prlimit64, 0, limit.resource, &value, nullptr));
}

bool makes_session(wire::stage step) noexcept
{
  return step == wire::stage::session || step == wire::stage::controlling_tty ||
         step == wire::stage::process_group;
}

} // namespace

step_runner::outcome step_runner::run(bytes list, const int* fds, due when, actor who) noexcept
{
  step_reader steps(list);
  for (step next; steps.next(next); fds += next.fds) {
    if (next.when != when) continue;
    if (who != actor::itself && makes_session(next.what) != (who == actor::workload)) continue;
    if (const int error = perform(next, fds); error != 0) return {error, next.what, next.index};
    note(next.what);
  }
  return {};
}

int step_runner::perform(const step& step, const int* fds) noexcept
{
  using wire::stage;
  const auto done = [](long result) { return sys::error_of(result); };
  const bytes& payload = step.payload;
  switch (step.what) {
  case stage::hostname:
    return done(sys::call(__NR_sethostname, payload.data, payload.size));
  case stage::groups:
    return done(sys::call(__NR_setgroups, payload.size / sizeof(std::uint32_t), payload.data));
  case stage::ids:
    return set_ids(payload.as<wire::step_ids>());
  case stage::umask:
    return done(sys::call(__NR_umask, payload.as<std::uint32_t>()));
  case stage::chdir:
    return enter_directory(reinterpret_cast<const char*>(payload.data));
  case stage::session:
    return done(sys::call(__NR_setsid));
  case stage::controlling_tty:
    return done(sys::call(__NR_ioctl, payload.as<std::uint32_t>(), TIOCSCTTY, 0));
  case stage::process_group:
    return done(sys::call(__NR_setpgid, 0, payload.as<std::uint32_t>()));
  case stage::rlimit:
    return limit(payload.as<wire::step_rlimit>());
  case stage::nice:
    return done(sys::call(__NR_setpriority, PRIO_PROCESS, 0, payload.as<std::int32_t>()));
  case stage::sched: {
    const auto& wanted = payload.as<wire::step_sched>();
    return done(sys::call(__NR_sched_setscheduler, 0, wanted.policy, &wanted.priority));
  }
  case stage::affinity:
    return done(sys::call(__NR_sched_setaffinity, 0, payload.size, payload.data));
  case stage::oom_score_adj:
    return set_oom_score(payload.as<std::int32_t>());
  case stage::keyring:
    return done(
        sys::call(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, payload.size == 0 ? nullptr : payload.data));
  case stage::securebits:
    return done(sys::call(__NR_prctl, PR_SET_SECUREBITS, payload.as<std::uint32_t>(), 0, 0, 0));
  case stage::cap_drop_bounding:
    return drop_bounding(payload.as<std::uint64_t>());
  case stage::cap_set_thread:
    return set_capabilities(payload.as<wire::step_caps>());
  case stage::cap_set_ambient:
    return set_ambient(payload.as<std::uint64_t>());
  case stage::no_new_privs:
    return set_no_new_privs();
  case stage::landlock:
    return restrict_self(fds[0]);
  case stage::seccomp_install:
    return install_filter(payload);
  case stage::socket:
    return make_socket(payload.as<wire::step_socket>());
  case stage::pdeathsig:
    watch_.signal = payload.as<std::uint32_t>();
    return watch_.arm();
  case stage::mount:
    return mount(payload);
  case stage::pivot_root:
    return pivot_root(reinterpret_cast<const char*>(payload.data));
  case stage::sysctl:
    return write_sysctl(payload);
  case stage::status_page:
    return replace_slot(fds[0]);
  default:
    return ENOSYS;
  }
}

void step_runner::note(wire::stage taken) noexcept
{
  if (taken == wire::stage::status_page) return; // nothing about the child
  if (slot->taken_count < wire::status_slot::most_taken) slot->taken[slot->taken_count] = taken;
  ++slot->taken_count;
}

int step_runner::set_oom_score(std::int32_t value) noexcept
{
  const long proc = open_proc("/proc");
  if (proc < 0) return sys::error_of(proc);
  const int error = write_oom_score(static_cast<int>(proc), value, !among_strangers);
  sys::call(__NR_close, proc);
  return error;
}

int step_runner::set_ids(const wire::step_ids& ids) noexcept
{
  long result = 0;
  if (ids.keep_capabilities != 0) result = sys::call(__NR_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
  if (result >= 0) result = sys::call(__NR_setresgid, ids.rgid, ids.egid, ids.sgid);
  if (result >= 0) result = sys::call(__NR_setresuid, ids.ruid, ids.euid, ids.suid);
  if (result < 0) return sys::error_of(result);
  return watch_.arm();
}

int step_runner::make_socket(const wire::step_socket& wanted) noexcept
{
  if (socket_count_ == wire::max_fds) return EMFILE;
  const long socket = sys::call(__NR_socket, wanted.domain, wanted.type | abi::sock_cloexec, wanted.protocol);
  if (socket >= 0) sockets_[socket_count_++] = static_cast<int>(socket);
  return sys::error_of(socket);
}

void step_runner::forget_sockets() noexcept
{
  for (unsigned i = 0; i != socket_count_; ++i) sys::call(__NR_close, sockets_[i]);
  socket_count_ = 0;
}

} // namespace linx::spawner
