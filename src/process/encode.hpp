/// Options to frames of the wire protocol: pure, no descriptor and no syscall.
#pragma once

#include "process/protocol.hpp"

#include <linx/process/options.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linx::detail {

using byte_vector = std::vector<std::byte>;

/// Steps of a request, of a STEP or of a PROCEED, in their order.
class step_list {
public:
  void add(wire::stage what, std::span<const std::byte> payload = {});

  /// A step that takes a descriptor of the frame.
  void add_with_fd(wire::stage what);

  /// A step that runs after the exec mark.
  void add_after_marker(wire::stage what, std::span<const std::byte> payload);

  template <class T>
  void add_value(wire::stage what, const T& value)
  {
    add(what, std::as_bytes(std::span(&value, 1)));
  }

  /// The text without a NUL.
  void add_text(wire::stage what, std::string_view text) { add(what, std::as_bytes(std::span(text))); }

  /// Source, target, type and data of mount(2), each with its NUL.
  void add_mount(std::span<const std::string, 4> texts, std::uint64_t flags);

  /// The path and its NUL.
  void add_path(wire::stage what, const std::string& path);

  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  const std::vector<wire::stage>& stages() const noexcept { return stages_; }
  bool empty() const noexcept { return stages_.empty(); }
  /// How many descriptors its steps take.
  std::uint8_t fds() const noexcept { return fds_; }

private:
  void append_step(wire::stage what, std::uint8_t flags, std::uint8_t fds,
                   std::span<const std::byte> payload);

  byte_vector bytes_;
  std::uint8_t fds_ = 0;
  std::vector<wire::stage> stages_;
};

/// How a child is started: which steps before READY, which with PROCEED, and which way.
struct spawn_plan {
  bool checkpoint = true;    ///< the child has a checkpoint socket
  bool auto_proceed = false; ///< the child does not stop; `before` holds all steps
  bool host_proceeds =
      false; ///< it stops for the host's own work (id maps), then the host lets it go by itself
  std::uint32_t namespaces = 0; ///< CLONE_NEW*
  step_list before;
  step_list with_proceed;
  std::vector<std::uint32_t> targets; ///< numbers of the extra descriptors
  bool listen_pid = false;            ///< the child adds LISTEN_PID
  byte_vector strings;                ///< path, arguments, environment, each with its NUL
  std::uint32_t argc = 0;
  std::uint32_t envc = 0;
  /// What a failure at a stage is about, where the options say so: "uid 1000, gid 1000".
  std::vector<std::pair<wire::stage, std::string>> objects;
};

/// \param umask the umask to set, or -1 where the spawner has the host's already.
/// \param environment as `environ`.
spawn_plan plan_spawn(const process_options&, int umask, char** environment);

/// What is not in the options.
struct spawn_context {
  std::uint64_t id = 0;
  std::uint32_t slot = 0;
  std::uint32_t fd_roles = 0; ///< without body
  wire::credentials host{};
};

/// A spawn frame; `body` holds what did not fit and must go into a sealed memory file (fd_role::body, set
/// in the frame already).
struct spawn_message {
  byte_vector frame;
  byte_vector body;
};

spawn_message encode_spawn(const process_options&, const spawn_plan&, const spawn_context&);

/// A STEP or PROCEED.
byte_vector encode_steps(wire::frame_type, std::uint64_t id, const step_list&);

byte_vector encode_orphan(std::uint64_t id, pid_t pid, orphan_policy);

} // namespace linx::detail
