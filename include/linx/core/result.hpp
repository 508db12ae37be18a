/// A value or an error, and the task that yields one.
#pragma once

#include <linx/core/error.hpp>

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/try.hpp>

namespace linx {

/// A value of type T, or the error that kept it from being.
///
/// Derived from `outcome::basic_result` and not an alias of it: Asio's `co_spawn` default-constructs what a
/// coroutine yields. The default value is the error `errc::not_ready`. `value()` of an error terminates the
/// program; test first, or unwrap with the statement macros
///
///     LINX_TRY(auto child, co_await process::spawn(std::move(options)));
///     LINX_TRYV(co_await child.ready());
///
/// Boost.Outcome's own macros work as well, but for its expression form `BOOST_OUTCOME_CO_TRYX`, which
/// crashes g++ 12.2. Where T is an error code itself, say which is meant: `success(code)` or `error(code)`.
template <class T = void>
class [[nodiscard]] result
    : public boost::outcome_v2::basic_result<T, error, boost::outcome_v2::policy::terminate> {
  using base = boost::outcome_v2::basic_result<T, error, boost::outcome_v2::policy::terminate>;

public:
  using base::base;
  result() noexcept : base(boost::outcome_v2::in_place_type<error>, errc::not_ready) {}
  result(errc code) noexcept : base(boost::outcome_v2::in_place_type<error>, code) {}
};

/// The value of a `result<void>` that succeeded: `co_return linx::success();`
using boost::outcome_v2::success;

} // namespace linx

/// In a coroutine: declares or assigns the value of a result, or returns its error. A statement; in an `if`
/// it needs braces.
#define LINX_TRY(...) BOOST_OUTCOME_CO_TRY(__VA_ARGS__)

/// In a coroutine: goes on if the result has a value, which is dropped, or returns its error.
#define LINX_TRYV(...) BOOST_OUTCOME_CO_TRYV(__VA_ARGS__)
