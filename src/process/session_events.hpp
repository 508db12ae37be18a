/// The events of a session as a stream.
#pragma once

#include "process/session.hpp"

#include <linx/core/stream.hpp>

#include <memory>

namespace linx::detail {

/// Borrows the events; while another stream holds them, `next()` completes with `errc::not_ready`.
stream<process_event> session_events(std::shared_ptr<session>);

} // namespace linx::detail
