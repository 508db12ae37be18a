/// Contexts that die at any moment. The judges are the sanitizers, and the kernel: no descriptor is left.
#pragma once

#include <linx/core/task.hpp>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <random>

namespace linx::test {

class threads;

/// Lets contexts of one thread run a number of handlers and die, in every order in which the services of
/// linx, of strands and of timers can be made. `rounds` times for each of the six.
///
/// Parameters: `first` makes an object of linx, and with it the service; `load` begins whatever is to be in
/// flight. What they yield is kept, the latter now and then for longer than the context.
void let_contexts_die(int rounds, const std::function<std::shared_ptr<void>(asio::io_context&)>& first,
                      const std::function<std::shared_ptr<void>(const executor&, std::mt19937&)>& load);

/// Destroys the context of an object, `rounds` times, while four threads of another one use it: no call is
/// lost.
///
/// Parameters: `begin` makes the object on `owner` and starts on `users` those who use it until they hear
/// that it is closed, each of whom has to end with success.
void let_contexts_die_under_users(int rounds,
                                  const std::function<void(threads& owner, threads& users)>& begin);

} // namespace linx::test
