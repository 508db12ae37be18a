#include <linx/core/detail/home.hpp>

#include "core/home.hpp"

#include "core/state_registry.hpp"

#include <boost/asio/detail/concurrency_hint.hpp>
#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace linx::detail {

namespace {

// An executor of a context comes in eight types, one for each combination of its properties (blocking,
// relationship, outstanding work).
using properties = std::make_integer_sequence<unsigned, 8>;

template <unsigned Bits>
using of_io_context = asio::io_context::basic_executor_type<std::allocator<void>, Bits>;
template <unsigned Bits>
using of_thread_pool = asio::thread_pool::basic_executor_type<std::allocator<void>, Bits>;

// What is_serial and runs_in ask of one type of executor.
enum class place : std::uint8_t { unknown, elsewhere, here };

template <class Executor>
void look_at_strand(const executor& ex, place& found) noexcept
{
  if (const auto* strand = ex.target<asio::strand<Executor>>())
    found = strand->running_in_this_thread() ? place::here : place::elsewhere;
}

// An io_context that was made with the concurrency hint 1, or without locks, is run by one thread: by its own
// documentation. Asio has no public way to ask for the hint.
bool has_one_thread(asio::io_context& context) noexcept
{
  const int hint = asio::use_service<asio::detail::scheduler>(context).concurrency_hint();
  return hint == BOOST_ASIO_CONCURRENCY_HINT_1 || !BOOST_ASIO_CONCURRENCY_HINT_IS_LOCKING(SCHEDULER, hint);
}

template <class Executor>
void look_at_context(const executor& ex, place& found) noexcept
{
  const auto* bare = ex.target<Executor>();
  if (bare && has_one_thread(asio::query(*bare, asio::execution::context)))
    found = bare->running_in_this_thread() ? place::here : place::elsewhere;
}

template <unsigned... Bits>
place look(const executor& ex, std::integer_sequence<unsigned, Bits...>) noexcept
{
  auto found = place::unknown;
  look_at_strand<executor>(ex, found);
  ((look_at_context<of_io_context<Bits>>(ex, found), look_at_strand<of_io_context<Bits>>(ex, found),
    look_at_strand<of_thread_pool<Bits>>(ex, found)),
   ...);
  return found;
}

template <class Executor>
bool make_strand_over(const executor& ex, executor& made)
{
  const auto* bare = ex.target<Executor>();
  if (bare) made = asio::make_strand(asio::query(*bare, asio::execution::context).get_executor());
  return bare != nullptr;
}

template <unsigned... Bits>
bool make_strand_over(const executor& ex, executor& made, std::integer_sequence<unsigned, Bits...>)
{
  return (
      (make_strand_over<of_io_context<Bits>>(ex, made) || make_strand_over<of_thread_pool<Bits>>(ex, made)) ||
      ...);
}

} // namespace

bool is_serial(const executor& ex) noexcept
{
  return look(ex, properties()) != place::unknown;
}

bool runs_in(const executor& ex) noexcept
{
  return look(ex, properties()) == place::here;
}

executor strand_over(const executor& ex)
{
  executor made;
  make_strand_over(ex, made, properties());
  return made;
}

executor serial(executor ex)
{
  if (!ex || is_serial(ex)) return ex;
  const auto registry = state_registry::of(ex);
  if (auto shared = registry->strand_for(ex)) return shared;
  return asio::make_strand(std::move(ex));
}

executor own_strand(executor ex)
{
  if (!ex || is_serial(ex)) return ex;
  if (auto strand = strand_over(ex)) return strand;
  return asio::make_strand(std::move(ex));
}

root_home::root_home(const executor& given) : executor_(given)
{
  if (is_serial(given)) return;
  const auto registry = state_registry::of(given);
  auto shared = registry->strand_for(given);
  if (shared && registry->borrow_strand()) {
    executor_ = std::move(shared);
    lender_ = registry;
  } else {
    executor_ = own_strand(given);
  }
}

root_home::~root_home()
{
  if (lender_) lender_->give_back_strand();
}

} // namespace linx::detail
