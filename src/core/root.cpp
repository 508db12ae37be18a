#include <linx/core/detail/root.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <utility>

namespace linx::detail {

std::shared_ptr<root_signal> root_signal::make(executor ex)
{
  return std::allocate_shared<root_signal>(asio::recycling_allocator<root_signal>(), std::move(ex));
}

bool root_signal::start() noexcept
{
  started_ = true;
  return cancelled_.load(std::memory_order_relaxed);
}

void root_signal::detach() noexcept
{
  signal_.slot().clear(); // there co_spawn keeps an executor of its own
  executor_ = executor();
}

void root_signal::relay::operator()(asio::cancellation_type type) const
{
  // Asio's states overwrite what they recorded with each emission, so `none` would erase a cancel.
  if (type == asio::cancellation_type::none || !root_->executor_) return;
  root_->cancelled_.store(true, std::memory_order_relaxed);
  asio::dispatch(root_->executor_, [root = root_, type] {
    if (root->started_ && !root->finished_) root->signal_.emit(type);
  });
}

error describe(const std::exception_ptr& failure) noexcept
{
  error described(errc::exception);
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    try {
      return std::move(described).with_object(e.what());
    } catch (...) {
      return errc::exception;
    }
  } catch (...) {
    return described;
  }
}

} // namespace linx::detail
