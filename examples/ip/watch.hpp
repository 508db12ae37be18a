// What happens in the namespace, as it happens.
#pragma once

#include "show.hpp"

#include <linx/core/task.hpp>
#include <linx/ns/handle.hpp>

namespace ip_tool {

/// Prints each event on a line until it is cancelled.
linx::task<> watch(linx::executor ex, std::optional<linx::ns::handle> net, words command, settings how);

} // namespace ip_tool
