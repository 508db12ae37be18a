/// The root of a chain of tasks: what stands between Asio's `co_spawn` and `linx::spawn`. Compiled once, in
/// the library.
#pragma once

#include <linx/core/detail/home.hpp>
#include <linx/core/task.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <memory>

namespace linx::detail {

/// What the token's cancellation slot and the root share; see src/core/root.cpp.
class root_signal;

/// The handler in the token's slot; any thread while the root runs.
class LINX_API root_relay {
public:
  explicit root_relay(std::shared_ptr<root_signal> root) noexcept;
  root_relay(root_relay&&) noexcept;
  root_relay& operator=(root_relay&&) = delete;
  ~root_relay();
  void operator()(asio::cancellation_type type) const;

private:
  std::shared_ptr<root_signal> root_;
};

/// A root's own part of the signal. From its end on a cancel does nothing, although the token's slot may live
/// longer than the context.
class LINX_API root_cancellation {
public:
  root_cancellation() noexcept = default;
  root_cancellation(root_cancellation&&) noexcept;
  root_cancellation& operator=(root_cancellation&&) = delete;
  ~root_cancellation();

  explicit operator bool() const noexcept { return signal_ != nullptr; }

  /// The relay that belongs into the token's slot.
  root_relay connect(const executor& home);

  asio::cancellation_slot slot() const noexcept;
  bool start() const noexcept;
  void finish() const noexcept;

private:
  std::shared_ptr<root_signal> signal_;
};

/// A task, its completion handler and its executor, in one allocation. The types of the first two are in the
/// derived class.
class LINX_API root {
public:
  root(const root&) = delete;
  root& operator=(const root&) = delete;
  virtual ~root();

  /// Runs it. It is destroyed uncompleted if the context goes before its end.
  static void start(std::unique_ptr<root>);

protected:
  explicit root(const executor& given) : home_(given) {}

  const executor& get_executor() const noexcept { return home_.get_executor(); }

  root_home home_;
  root_cancellation cancellation_;

private:
  class end;

  static asio::awaitable<void> run(root* self, asio::awaitable<void> body);

  /// The task, with its result kept for `complete`.
  virtual asio::awaitable<void> body() = 0;

  /// Calls the handler; `self` owns this object. Without a result and a failure the task was never started.
  virtual void complete(std::unique_ptr<root> self, std::exception_ptr failure) = 0;
};

/// The error that stands for an exception which no task caught. An operation of Asio's that was aborted is
/// `errc::cancelled`.
LINX_API error describe(const std::exception_ptr&) noexcept;

} // namespace linx::detail
