/// An executor that runs one thing at a time.
#pragma once

#include <linx/core/task.hpp>

namespace linx::detail {

/// The executor itself if it is a strand, else a new strand over it; an empty one stays empty.
LINX_API executor strand_for(executor ex);

} // namespace linx::detail
