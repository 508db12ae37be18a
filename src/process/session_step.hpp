/// What the tasks of a process wait for.
#pragma once

#include "process/session.hpp"

#include <linx/core/task.hpp>

#include <memory>
#include <string>

namespace linx::detail {

/// Parks until the machine has changed, or until it has come to its end. An error ends the task that called
/// it.
task<> changed(std::shared_ptr<session>);
task<> ended(std::shared_ptr<session>);

/// One step of the parked child, answered by its descriptor if it has one.
/// \param object names it in errors.
task<io::unique_fd> run_step(std::shared_ptr<session>, step_list, std::string object);

task<> run_plain_step(std::shared_ptr<session>, step_list, std::string object);

} // namespace linx::detail
