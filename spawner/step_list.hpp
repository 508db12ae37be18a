/// The steps of a frame: reading them one by one, and deciding whether a list may be performed at all.
#pragma once

#include "bytes.hpp"

#include "process/protocol.hpp"

namespace linx::spawner {

/// When a step is due: its wire::step_flags.
enum class due : std::uint8_t {
  now = 0,
  after_marker = static_cast<std::uint8_t>(wire::step_flags::after_marker),
  at_proceed = static_cast<std::uint8_t>(wire::step_flags::at_proceed),
};

struct step {
  wire::stage what = wire::stage::none;
  due when = due::now;
  std::uint8_t fds = 0;
  std::uint16_t index = 0; // in its list
  bytes payload;
};

/// Reads a list that check_steps() has accepted.
class step_reader {
public:
  explicit step_reader(bytes list) noexcept : rest_(list) {}
  bool next(step& out) noexcept;

private:
  bytes rest_;
  std::uint16_t index_ = 0;
};

/// What a frame allows to its steps.
struct step_rules {
  bool after_marker = false; // a request or PROCEED
  bool at_proceed = false;   // a request
  bool only_simple = false;  // the child shares the spawner's memory
  bool status_page = false;  // STEP
  unsigned fds = 0;          // descriptors that the steps must use up
};

/// 0, or EINVAL: a length, flag, descriptor count or payload breaks a rule of process/protocol.hpp.
int check_steps(bytes list, step_rules rules) noexcept;

} // namespace linx::spawner
