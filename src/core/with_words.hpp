/// Words about an error, where there is memory for them.
#pragma once

#include <linx/core/error.hpp>

#include <concepts>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

namespace linx::detail {

/// The error with what `words()` says as its object. Without memory for the words, or for keeping them, and
/// where they are empty, the error as it was given: what has happened is told in any case.
template <std::invocable Words>
requires std::convertible_to<std::invoke_result_t<Words>, std::string> error with_words(error bare,
                                                                                        Words&& words)
noexcept
{
  try {
    std::string said = std::forward<Words>(words)();
    if (!said.empty()) return std::move(bare).with_object(std::move(said));
  } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): the bare error will do
  }
  return bare;
}

} // namespace linx::detail
