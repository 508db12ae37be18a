#include <linx/process/supervisor_options.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace linx {

child_spec& child_spec::restart(restart_policy policy)
{
  restart_ = policy;
  return *this;
}

child_spec& child_spec::shutdown(shutdown_policy policy)
{
  shutdown_ = policy;
  return *this;
}

child_spec& child_spec::max_restarts(unsigned count, std::chrono::milliseconds window)
{
  max_restarts_ = count;
  window_ = window;
  return *this;
}

child_spec& child_spec::set_up(set_up_function function)
{
  set_up_ = std::move(function);
  return *this;
}

child_spec& child_spec::parallel(bool on)
{
  parallel_ = on;
  return *this;
}

namespace {

error empty_window(const std::string& whose, std::chrono::milliseconds window)
{
  return error::argument(whose + "a restart window of " + std::to_string(window.count()) +
                         " ms, in which the limit would never be met; 1 ms or more");
}

} // namespace

result<> child_spec::validate() const
{
  if (id_.empty()) return error::argument("a child without an id");
  const std::string name = "child '" + id_ + "': ";
  if (shutdown_.limit().count() < 0)
    return error::argument(name + "shutdown grace of " + std::to_string(shutdown_.limit().count()) + " ms");
  if (max_restarts_ && window_.count() <= 0) return empty_window(name, window_);
  if (set_up_ && options_.proceeds_by_itself())
    return error::argument(
        name + "a set-up needs the checkpoint, which auto_proceed() leaves out; ask for one of them");
  if (auto valid = options_.validate(); !valid) {
    std::string text = name + std::string(valid.error().object());
    return std::move(valid).error().with_object(std::move(text));
  }
  return success();
}

restart_backoff& restart_backoff::factor(double value) noexcept
{
  factor_ = value;
  return *this;
}

restart_backoff& restart_backoff::maximum(std::chrono::milliseconds limit) noexcept
{
  maximum_ = limit;
  return *this;
}

restart_backoff& restart_backoff::stable_after(std::chrono::milliseconds time) noexcept
{
  stable_after_ = time;
  return *this;
}

std::chrono::milliseconds restart_backoff::delay(unsigned nth) const noexcept
{
  if (initial_.count() <= 0 || nth == 0) return std::chrono::milliseconds(0);
  const double longest = static_cast<double>(maximum_.count());
  const double wanted = static_cast<double>(initial_.count()) * std::pow(factor_, nth - 1);
  // Written so that an infinite power is the maximum too.
  return wanted < longest ? std::chrono::milliseconds(std::llround(wanted)) : maximum_;
}

supervisor_options& supervisor_options::strategy(restart_strategy value) noexcept
{
  strategy_ = value;
  return *this;
}

supervisor_options& supervisor_options::max_restarts(unsigned count,
                                                     std::chrono::milliseconds window) noexcept
{
  max_restarts_ = count;
  window_ = window;
  return *this;
}

supervisor_options& supervisor_options::unlimited_restarts() noexcept
{
  max_restarts_.reset();
  return *this;
}

supervisor_options& supervisor_options::backoff(restart_backoff value) noexcept
{
  backoff_ = value;
  return *this;
}

supervisor_options& supervisor_options::add(child_spec child)
{
  children_.push_back(std::move(child));
  return *this;
}

result<> supervisor_options::validate() const
{
  if (window_.count() <= 0) return empty_window("", window_);
  if (backoff_.initial().count() < 0 || backoff_.maximum().count() < 0 || backoff_.stable_after().count() < 0)
    return error::argument("a backoff with a time of less than 0 ms");
  if (!(backoff_.factor() >= 1)) return error::argument("a backoff factor of less than 1");
  std::set<std::string_view> ids;
  for (const auto& child : children_) {
    BOOST_OUTCOME_TRYV(child.validate());
    if (!ids.insert(child.id()).second) return error::argument("two children of the id '" + child.id() + "'");
  }
  return success();
}

} // namespace linx
