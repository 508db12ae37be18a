/// Options to frames of the wire protocol: pure, no descriptor and no syscall.
#pragma once

#include "process/option_steps.hpp"
#include "process/protocol.hpp"
#include "process/step_list.hpp"

#include <linx/process/options.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linx::detail {

/// Who makes the checkpoint socket of a child. Without one it shares the spawner's memory up to execve.
enum class checkpoint_maker { host, child, nobody };

/// How a child is started: which steps, and which way.
struct spawn_plan {
  bool may_share_memory = false;
  bool may_introduce_itself = false;
  checkpoint_maker maker = checkpoint_maker::host;
  bool auto_proceed = false; ///< the child does not stop
  /// It stops for the host's own work (id maps), then the host lets it go by itself.
  bool host_proceeds = false;
  step_list steps;
  std::vector<std::uint32_t> targets; ///< numbers of the extra descriptors
  kill_scope scope = kill_scope::process;
  byte_vector strings;           ///< path, arguments, environment, each with its NUL
  wire::spawn_request request{}; ///< but for what encode_spawn() adds
};

/// All but `maker`.
///
/// \param environment as `environ`.
spawn_plan plan_spawn(const process_options&, const host_facts&, char** environment);

/// Whether the child needs a spawner that has no other.
bool takes_a_spawner(const process_options&) noexcept;

/// What is the fastest for a plan that may go several ways.
///
/// \param enters the child goes into namespaces of others.
/// \param crowded so many others are on their way that one which holds up the spawner holds up them as well.
checkpoint_maker choose_maker(const spawn_plan&, bool enters, bool crowded) noexcept;

/// What is not in the options.
struct spawn_context {
  std::uint64_t id = 0;
  std::uint32_t slot = 0;
  std::uint32_t fd_roles = 0; ///< without body
  wire::credentials host{};
  std::uint32_t thread = 0; ///< the caller's number in /proc
};

/// A spawn frame; `body` holds what did not fit and must go into a sealed memory file (fd_role::body, set
/// in the frame already).
struct spawn_message {
  byte_vector frame;
  byte_vector body;
};

spawn_message encode_spawn(const spawn_plan&, const spawn_context&);

/// A STEP or PROCEED.
byte_vector encode_steps(wire::frame_type, std::uint64_t id, const step_list&,
                         std::uint8_t version = wire::version);

// These take no memory: what ends a child, or lets it live, must not fail for want of it.
std::array<std::byte, sizeof(wire::kill_request)> encode_kill(std::uint64_t id) noexcept;
std::array<std::byte, sizeof(wire::kill_request)> encode_kill_rest(std::uint64_t id) noexcept;
std::array<std::byte, sizeof(wire::orphan_request)> encode_orphan(std::uint64_t id, pid_t pid,
                                                                  orphan_policy) noexcept;

} // namespace linx::detail
