/// The spawner of an execution context.
#pragma once

#include "process/identity.hpp"
#include "process/spawner_connection.hpp"

#include <memory>

namespace linx::detail {

/// Who the calling thread is now, for the spawners of that context.
host_identity current_identity(const executor& ex);

/// The link that serves a host of this identity in the context of `ex`: the present one, or a new one if
/// there is none, it has died, it was retired, or it was started by a host of other privilege. The old one,
/// if it lives, keeps its children and gets no more.
///
/// Errors: as spawner_connection::start().
result<std::shared_ptr<spawner_connection>> current_spawner(const executor& ex,
                                                            const host_identity& identity);

/// The link to a spawner for one child alone. It is retired when that is asked for.
///
/// Errors: as spawner_connection::start().
result<std::shared_ptr<spawner_connection>> spawner_apart(const executor& ex, const host_identity& identity);

/// Retires the present spawner if the calling thread has another identity than its host had: at once, and not
/// only when something is to be spawned. It costs what reading the identity costs, so the calls of a child's
/// usual life (ready, proceed, wait) leave it to the spawner, which makes nothing for a host that has
/// changed.
void notice_privilege(const executor& ex);

/// Lets the next call of current_spawner() start a new one.
void retire_spawner(const executor& ex);

/// The link as it is, or none; starts nothing.
std::shared_ptr<spawner_connection> present_spawner(const executor& ex);

} // namespace linx::detail
