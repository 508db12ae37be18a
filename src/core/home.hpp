/// Which strand the calling thread is in.
#pragma once

#include <linx/core/detail/home.hpp>

namespace linx::detail {

/// True if the calling thread runs inside this executor, which is serial: what follows cannot run beside
/// anything else of it.
bool runs_in(const executor&) noexcept;

/// The strand of a bare executor's context over that context's own executor; empty if `ex` is no bare
/// executor.
executor strand_over(const executor& ex);

} // namespace linx::detail
