/// The descriptors of a request: opened in the host at the call, sent with the request.
#pragma once

#include "process/protocol.hpp"

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>
#include <linx/ns/handle.hpp>
#include <linx/process/options.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace linx::detail {

class session;

/// What a request lends, and what it owns until it is sent. Roles may be added in any order.
class request_fds {
public:
  request_fds()
  {
    roles_.fill(-1);
    own_.reserve(4); // the usual ones: checkpoint, streams, directory
  }

  void lend(wire::fd_role role, int fd) { roles_[index(role)] = fd; }
  void give(wire::fd_role role, io::unique_fd fd)
  {
    lend(role, fd.get());
    own_.push_back(std::move(fd));
  }

  /// The descriptor of a role, -1 if there is none.
  int of(wire::fd_role role) const noexcept { return roles_[index(role)]; }

  /// One more extra descriptor, in the order of spawn_plan::targets.
  void lend_extra(int fd) { extra_.push_back(fd); }

  /// One more descriptor that a step of the request takes, in the order of the steps.
  void lend_to_step(int fd) { steps_.push_back(fd); }

  /// The bits of spawn_request::fd_roles, without the body's.
  std::uint32_t roles() const noexcept;

  /// As they go into the frame.
  /// \param body the body file, or -1 if the frame holds the body.
  /// Errors: stage `argument` if they are more than one message can carry.
  result<std::vector<int>> in_order(int body) const;

private:
  static constexpr std::size_t index(wire::fd_role role) noexcept
  {
    return static_cast<std::size_t>(std::countr_zero(static_cast<std::uint32_t>(role)));
  }

  std::array<int, std::bit_width(wire::all_fd_roles)> roles_; // by index()
  std::vector<int> extra_, steps_;
  std::vector<io::unique_fd> own_;
};

/// Opens what the options ask for and adds it; hands the host's ends to the session.
/// Errors: stage `argument` for a descriptor that is not open; the stage that could not open or make one.
result<> add_checkpoint(session&, request_fds&);
result<> add_streams(session&, request_fds&, const process_options&);
result<> add_extra(request_fds&, const process_options&);
result<> add_cwd(request_fds&);
void add_namespaces(request_fds&, std::vector<ns::handle>);
result<> add_confinement(request_fds&, const process_options&); // the cgroup and the landlock ruleset

} // namespace linx::detail
