/// A timer that a public header holds without the headers of Asio's timers.
#pragma once

#include <linx/core/config.hpp>

#include <memory>

namespace linx::detail {

class pause_timer;

struct LINX_API pause_timer_deleter {
  void operator()(pause_timer*) const noexcept;
};

/// Made when it is first needed.
using pause_timer_ptr = std::unique_ptr<pause_timer, pause_timer_deleter>;

} // namespace linx::detail
