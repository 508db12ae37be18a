/// What goes with a child from a host to its spawner, to controllers, and into its exit record: pure.
#pragma once

#include "process/decode.hpp"
#include "process/protocol_park.hpp"
#include "process/step_list.hpp"

#include <linx/core/stage.hpp>
#include <linx/ns/kind.hpp>
#include <linx/process/kill_scope.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linx::detail {

/// What is known of a child that somebody else has made.
struct attached_child {
  pid_t pid = 0;
  pid_t child_pid = 0;
  pid_t spawner = 0; ///< 0: it has gone
  std::uint8_t version = wire::version;
  std::uint64_t first_step = 0; ///< ids of steps are above it
  bool has_init = false;
  bool outlives = false;
  kill_scope scope = kill_scope::process;
  std::vector<ns::kind> namespaces;
  std::vector<ns::kind> entered;
  std::vector<std::string> argv;
  std::vector<stage> taken;
  std::optional<slot_report> left;
  std::optional<exit_record> end;
};

/// What a host tells of its child.
struct park_notice {
  std::uint64_t id = 0;
  pid_t pid = 0;
  pid_t child_pid = 0;
  bool has_init = false;
  std::vector<ns::kind> namespaces;
  std::vector<ns::kind> entered;
};

/// \param argv what does not fit is left out, from the first that does not.
byte_vector encode_park(const park_notice&, std::string_view name, const std::vector<std::string>& argv);

/// Errors: stage `malformed`.
result<attached_child> read_attached(const frame_view&);

slot_report to_report(const wire::slot_words&) noexcept;

/// NAME.exit. Errors: stage `decode`.
result<attached_child> read_exit_record(std::string_view text);

} // namespace linx::detail
