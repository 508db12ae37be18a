#include "step_list.hpp"

#include <asm/errno.h>
#include <linux/filter.h>

namespace linx::spawner {

namespace {

/// A list longer than its 16-bit index can say would be refused by any kernel long before.
constexpr unsigned most_steps = 0xffff;

bool is_terminated(bytes text) noexcept
{
  if (text.size == 0 || text.data[text.size - 1] != std::byte{0}) return false;
  for (std::size_t i = 0; i + 1 != text.size; ++i) {
    if (text.data[i] == std::byte{0}) return false;
  }
  return true;
}

std::size_t count_nuls(bytes text) noexcept
{
  std::size_t count = 0;
  for (std::size_t i = 0; i != text.size; ++i) count += text.data[i] == std::byte{0};
  return count;
}

/// Four strings of which the second, the target, is not empty.
bool is_mount(bytes payload) noexcept
{
  if (payload.size <= sizeof(wire::step_mount)) return false;
  payload.take(sizeof(wire::step_mount));
  if (payload.data[payload.size - 1] != std::byte{0} || count_nuls(payload) != 4) return false;
  while (payload.take(1).as<char>() != '\0') {
  }
  return payload.as<char>() != '\0';
}

/// A key that is not empty, and a value that is neither.
bool is_sysctl(bytes payload) noexcept
{
  return payload.size > 2 && payload.as<char>() != '\0' && count_nuls(payload) == 1 &&
         payload.data[payload.size - 1] != std::byte{0};
}

bool payload_fits(wire::stage what, bytes payload) noexcept
{
  using wire::stage;
  const std::size_t size = payload.size;
  switch (what) {
  case stage::hostname:
    return size >= 1 && size <= 64;
  case stage::groups:
    return size % sizeof(std::uint32_t) == 0;
  case stage::affinity:
    return size != 0 && size % sizeof(std::uint64_t) == 0;
  case stage::ids:
    return size == sizeof(wire::step_ids);
  case stage::rlimit:
    return size == sizeof(wire::step_rlimit);
  case stage::sched:
    return size == sizeof(wire::step_sched);
  case stage::cap_set_thread:
    return size == sizeof(wire::step_caps);
  case stage::socket:
    return size == sizeof(wire::step_socket);
  case stage::mount:
    return is_mount(payload);
  case stage::sysctl:
    return is_sysctl(payload);
  case stage::chdir:
  case stage::pivot_root:
    return size > 1 && is_terminated(payload);
  case stage::keyring:
    return size == 0 || is_terminated(payload);
  case stage::cap_drop_bounding:
  case stage::cap_set_ambient:
    return size == sizeof(std::uint64_t);
  case stage::umask:
  case stage::controlling_tty:
  case stage::process_group:
  case stage::nice:
  case stage::oom_score_adj:
  case stage::securebits:
  case stage::pdeathsig:
    return size == sizeof(std::uint32_t);
  case stage::session:
  case stage::no_new_privs:
  case stage::landlock:
  case stage::status_page:
    return size == 0;
  case stage::seccomp_install:
    return size > 8 && size % sizeof(sock_filter) == 0;
  default:
    return true; // no step of this version: the child answers ENOSYS
  }
}

constexpr unsigned fds_of(wire::stage what) noexcept
{
  return what == wire::stage::landlock || what == wire::stage::status_page ? 1 : 0;
}

} // namespace

bool step_reader::next(step& out) noexcept
{
  if (rest_.size == 0) return false;
  const auto& head = rest_.take(sizeof(wire::step_header)).as<wire::step_header>();
  out.what = head.what;
  out.when = static_cast<due>(head.flags);
  out.fds = head.fds;
  out.index = index_++;
  out.payload = rest_.take(wire::padded(head.length));
  out.payload.size = head.length;
  return true;
}

int check_steps(bytes list, step_rules rules) noexcept
{
  unsigned count = 0;
  unsigned fds = 0;
  while (list.size != 0) {
    if (list.size < sizeof(wire::step_header) || count++ == most_steps) return EINVAL;
    const auto& head = list.take(sizeof(wire::step_header)).as<wire::step_header>();
    if (head.length > list.size || wire::padded(head.length) > list.size) return EINVAL;
    bytes payload = list.take(wire::padded(head.length));
    payload.size = head.length;

    const auto when = static_cast<due>(head.flags);
    const bool is_due = when == due::now || (when == due::after_marker && rules.after_marker) ||
                        (when == due::at_proceed && rules.at_proceed);
    if (!is_due) return EINVAL;
    if (head.what == wire::stage::seccomp_install && when != due::after_marker) return EINVAL;
    if (head.what == wire::stage::status_page && !rules.status_page) return EINVAL;
    if (rules.only_simple && !wire::is_simple(head.what)) return EINVAL;
    if (head.fds != fds_of(head.what) || !payload_fits(head.what, payload)) return EINVAL;
    fds += head.fds;
  }
  return fds == rules.fds ? 0 : EINVAL;
}

} // namespace linx::spawner
