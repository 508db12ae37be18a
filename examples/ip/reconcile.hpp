// A network namespace made as a file wants it.
#pragma once

#include "show.hpp"

#include <linx/core/task.hpp>
#include <linx/ns/handle.hpp>

namespace ip_tool {

/// "FILE.json [--state FILE] [--dry-run] [--watch]": looks, finds the difference and makes it so; says what
/// was done. With a state file, what was applied last is read from it, so that what is wanted no longer is
/// removed; it becomes a copy of the document once all of it holds. `--dry-run` prints the plan alone.
/// `--watch` goes on until it is cancelled. Errors: stage `argument` for the words and the documents, before
/// anything is changed; a refusal of the kernel is printed with what was done before it, and is an error
/// then.
linx::task<> reconcile(linx::executor ex, std::optional<linx::ns::handle> net, words command, settings how);

} // namespace ip_tool
