/// What the tasks of a process wait for.
#pragma once

#include "process/session.hpp"

#include <linx/core/task.hpp>

#include <memory>
#include <string>
#include <vector>

namespace linx::detail {

/// Parks until the machine has changed, or until it has come to its end. An error ends the task that called
/// it.
task<> changed(std::shared_ptr<session>);
task<> ended(std::shared_ptr<session>);

task<pid_t> await_ready(std::shared_ptr<session>);

/// Lets it proceed, and waits until its program runs.
task<> await_running(std::shared_ptr<session>);

/// Steps of the parked child, answered by the descriptors that they made.
/// \param object names them in errors that are about none of them.
task<std::vector<io::unique_fd>> run_steps(std::shared_ptr<session>, step_list, std::string object);

} // namespace linx::detail
