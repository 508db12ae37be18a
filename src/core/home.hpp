/// Which strand the calling thread is in.
#pragma once

#include <linx/core/detail/home.hpp>

namespace linx::detail {

/// True if the calling thread runs inside this executor, which is serial: what follows cannot run beside
/// anything else of it.
LINX_API bool runs_in(const executor&) noexcept;

/// The executor itself if it is serial, else a new strand over it that nobody shares: for what is to run
/// beside everything else of its context.
executor own_strand(executor);

/// A new strand over the context of a bare executor; empty if `ex` is no bare executor.
executor strand_over(const executor& ex);

} // namespace linx::detail
