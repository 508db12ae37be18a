/// A spawn request as the spawner and the child read it. Pure: needs no kernel, trusts nothing it has not
/// checked.
#pragma once

#include "bytes.hpp"

#include "process/protocol.hpp"

namespace linx::spawner {

constexpr bool has(std::uint32_t set, wire::fd_role role) noexcept
{
  return (set & static_cast<std::uint32_t>(role)) != 0;
}
constexpr bool has(std::uint32_t set, wire::spawn_flags flag) noexcept
{
  return (set & static_cast<std::uint32_t>(flag)) != 0;
}

/// The compiler's builtin is a call of libgcc on processors without an instruction for it.
constexpr unsigned count_bits(std::uint32_t set) noexcept
{
  unsigned count = 0;
  for (; set != 0; set &= set - 1) ++count;
  return count;
}

/// The variable part of a request, from its frame or from its body file.
struct spawn_body {
  bytes targets; // u32 for each extra descriptor
  bytes steps;
  bytes strings;

  std::uint32_t target(unsigned index) const noexcept
  {
    return reinterpret_cast<const std::uint32_t*>(targets.data)[index];
  }
};

struct spawn_view {
  const wire::spawn_request* head = nullptr;
  spawn_body body; // empty when it is in a file

  bool has(wire::fd_role role) const noexcept { return spawner::has(head->fd_roles, role); }
  bool has(wire::spawn_flags flag) const noexcept { return spawner::has(head->flags, flag); }

  /// Position of a descriptor among those of the frame; the role is given.
  unsigned position(wire::fd_role role) const noexcept;
  unsigned first_extra() const noexcept { return count_bits(head->fd_roles); }
  unsigned first_step_fd() const noexcept { return first_extra() + head->extra_fds; }
};

/// The size that the body of this request must have.
std::size_t body_size(const wire::spawn_request& head) noexcept;

/// Divides a body of body_size() bytes and checks its targets and steps: 0 or EINVAL.
int read_body(bytes whole, const wire::spawn_request& head, spawn_body& out) noexcept;

/// Reads a whole frame: 0 or EINVAL. `out` points into `frame`.
int read_spawn(bytes frame, spawn_view& out) noexcept;

/// Finds the strings of a body: the path, then argv and envp, each closed by a null pointer, in `pointers`,
/// which has room for argc + envc + 2. False when their number differs from what the request says.
bool split_strings(bytes strings, const wire::spawn_request& head, const char*& path,
                   const char** pointers) noexcept;

} // namespace linx::spawner
