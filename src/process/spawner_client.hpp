/// The spawner of an execution context.
#pragma once

#include "process/identity.hpp"
#include "process/spawner_link.hpp"

#include <memory>

namespace linx::detail {

/// Who the calling thread is now, for the spawners of that context.
host_identity current_identity(const executor& ex);

/// The link that serves a host of this identity in the context of `ex`: the present one, or a new one if
/// there is none, it has died, it was retired, or it was started by a host of other privilege. The old one,
/// if it lives, keeps its children and gets no more.
///
/// Errors: as spawner_link::start().
result<std::shared_ptr<spawner_link>> current_spawner(const executor& ex, const host_identity& identity);

/// Lets the next call of current_spawner() start a new one.
void retire_spawner(const executor& ex);

/// The link as it is, or none; starts nothing.
std::shared_ptr<spawner_link> present_spawner(const executor& ex);

} // namespace linx::detail
