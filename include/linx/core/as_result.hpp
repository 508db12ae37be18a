/// Operations of Asio inside a task.
#pragma once

#include <linx/core/task.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

namespace linx {

/// A completion token that makes a task of any operation of Asio:
///
///     auto reading = socket.async_read_some(asio::buffer(room), linx::as_result);
///     LINX_TRY(const std::size_t n, co_await linx::with_timeout(std::move(reading), 5s));
///
/// Parameters: `void(error_code, T)` becomes `task<T>`, `void(error_code)` and `void()` `task<>`, several
/// values a `std::tuple`. A value that comes with an error, such as the part that was read before the end of
/// the file, is lost: where it matters use `asio::as_tuple`.
///
/// Lifetime: as with `asio::deferred`: arguments are kept in the task, the I/O object and the memory behind
/// buffers must live until the completion.
///
/// Executor: resumes on the caller's.
///
/// Cancellation: started after a cancel it completes with `errc::cancelled` at once, and no operation is
/// begun. Otherwise what the operation of Asio leaves behind.
///
/// Errors: `errc::cancelled` for `asio::error::operation_aborted`; all others as they are, with the stage
/// `none`. An operation that reports by an exception throws it.
struct as_result_t {
  constexpr as_result_t() noexcept = default;
};

inline constexpr as_result_t as_result;

namespace detail {

/// What a completion's values come to.
template <class... Values>
class values_of {
public:
  using value_type = std::tuple<Values...>;
  static result<value_type> take(value_type&& values) { return result<value_type>(std::move(values)); }
};

template <>
class values_of<> {
public:
  using value_type = void;
  static result<> take(std::tuple<>&&) { return success(); }
};

template <class T>
class values_of<T> {
public:
  using value_type = T;
  // In place: a value that is an error code is not taken for the error.
  static result<T> take(std::tuple<T>&& values)
  {
    return result<T>(boost::outcome_v2::in_place_type<T>, std::get<0>(std::move(values)));
  }
};

template <class T>
class values_of<result<T>> {
public:
  using value_type = T;
  static result<T> take(std::tuple<result<T>>&& values) { return std::get<0>(std::move(values)); }
};

template <class First, class... Values>
std::tuple<Values...> without_first(std::tuple<First, Values...>&& arguments)
{
  return std::apply(
      [](const First&, Values&... values) { return std::tuple<Values...>(std::move(values)...); }, arguments);
}

/// What its arguments come to: an error first, or none.
template <class... Arguments>
class completion_of : public values_of<Arguments...> {};

template <class... Values>
class completion_of<error_code, Values...> {
public:
  using value_type = typename values_of<Values...>::value_type;
  static result<value_type> take(std::tuple<error_code, Values...>&& arguments)
  {
    const error_code code = std::get<0>(arguments);
    if (code == asio::error::operation_aborted) return errc::cancelled;
    if (code) return error(code);
    return values_of<Values...>::take(without_first(std::move(arguments)));
  }
};

template <class... Values>
class completion_of<std::exception_ptr, Values...> {
public:
  using value_type = typename values_of<Values...>::value_type;
  static result<value_type> take(std::tuple<std::exception_ptr, Values...>&& arguments)
  {
    if (auto failure = std::get<0>(arguments)) std::rethrow_exception(std::move(failure));
    return values_of<Values...>::take(without_first(std::move(arguments)));
  }
};

template <class Signature>
class completion_signature;

template <class... Args>
class completion_signature<void(Args...)> : public completion_of<std::decay_t<Args>...> {};

/// `throw_if_cancelled`, on under a plain `co_spawn` root, is off while the operation waits, and restored.
template <class Signature, class Initiation, class... Args>
task<typename completion_signature<Signature>::value_type> awaited(Initiation initiation, Args... args)
{
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return errc::cancelled;
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  if (throws) co_await asio::this_coro::throw_if_cancelled(false);
  using token_type = asio::as_tuple_t<asio::deferred_t>;
  token_type token(asio::deferred);
  auto operation =
      asio::async_initiate<token_type&, Signature>(std::move(initiation), token, std::move(args)...);
  auto completion = co_await std::move(operation);
  if (throws) co_await asio::this_coro::throw_if_cancelled(true);
  co_return completion_signature<Signature>::take(std::move(completion));
}

} // namespace detail
} // namespace linx

template <class Signature>
class boost::asio::async_result<linx::as_result_t, Signature> {
public:
  template <class Initiation, class... Args>
  static auto initiate(Initiation&& initiation, const linx::as_result_t&, Args&&... args)
  {
    return linx::detail::awaited<Signature, std::decay_t<Initiation>, std::decay_t<Args>...>(
        std::forward<Initiation>(initiation), std::forward<Args>(args)...);
  }
};
