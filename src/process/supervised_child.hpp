/// The life of one process under a supervisor.
#pragma once

#include "process/supervision.hpp"

#include <linx/process/child_spec.hpp>

#include <memory>

namespace linx::detail {

/// Makes the process, sets it up, lets it run and waits for its end. Cancelled, it ends the process by its
/// shutdown policy first: when it completes there is none, whatever happened.
///
/// Yields how the process ended, or the error that kept it from running: the set-up's own, if that was it.
task<exit_status> run_child(std::shared_ptr<supervision> owner, child_key key,
                            std::shared_ptr<const child_spec> spec);

} // namespace linx::detail
