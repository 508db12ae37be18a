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
///     BOOST_OUTCOME_CO_TRY(auto child, co_await process::spawn(std::move(options)));
///     BOOST_OUTCOME_CO_TRYV(co_await child.ready());
///
/// The expression form `BOOST_OUTCOME_CO_TRYX` crashes g++ 12.2 and must not be used.
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
