/// What all descriptor objects have in common.
#pragma once

#include <linx/core/task.hpp>
#include <linx/io/unique_fd.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/descriptor_base.hpp>

#include <concepts>
#include <memory>

namespace linx::io {

namespace detail {
class descriptor_state;
}

/// An execution context, such as `asio::io_context`, that an object can be made from directly.
template <class C>
concept execution_context = std::derived_from<C, asio::execution_context>;

/// The part of an Asio I/O object that does not depend on what its descriptor is for.
///
/// Asio's rules hold: handlers run on their associated executor, by default the object's own; a token
/// function never completes before it returns; each operation can be cancelled by its slot with terminal,
/// partial and total, all of which leave nothing behind. Two things are better than in
/// `asio::posix::descriptor`:
///
///  - An object may outlive its io_context: the descriptor is closed when the context goes, and from then on
///    the object can be closed, cancelled, asked and destroyed, but starts no operation.
///  - An operation holds on to the object's state, so the object may be moved or destroyed in the meantime;
///    destroying it ends its operations with `asio::error::operation_aborted`.
///
/// A moved-from object can only be destroyed, asked `is_open()`, or assigned a new object.
///
/// Executor: distinct objects are independent, one object needs a strand (or a context with one thread).
class LINX_API descriptor {
public:
  using executor_type = executor;
  using native_handle_type = int;
  using wait_type = asio::posix::descriptor_base::wait_type;
  static constexpr wait_type wait_read = asio::posix::descriptor_base::wait_read;
  static constexpr wait_type wait_write = asio::posix::descriptor_base::wait_write;
  static constexpr wait_type wait_error = asio::posix::descriptor_base::wait_error;

  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  /// The executor that it was made with, empty once that executor's context is gone.
  executor_type get_executor() const noexcept;

  bool is_open() const noexcept;

  /// The descriptor, still owned by the object; -1 if there is none.
  native_handle_type native_handle() const noexcept;

  /// Takes over a descriptor and registers it with the context's epoll instance. Asio sets O_NONBLOCK on the
  /// open file at the first operation, so the file must not be shared with a program that does not expect it.
  ///
  /// Errors: stage `open`; `fd` keeps the descriptor then. `errc::not_ready` if a descriptor is held already.
  result<void> assign(unique_fd&& fd);

  /// Gives the descriptor back; operations in flight end with `operation_aborted`. It is taken out of the
  /// epoll set, O_NONBLOCK stays.
  unique_fd release() noexcept;

  /// Closes the descriptor; operations in flight end with `operation_aborted`.
  void close() noexcept;

  /// Ends the operations in flight with `operation_aborted`; one whose completion is already queued keeps it.
  void cancel() noexcept;

protected:
  explicit descriptor(executor ex);
  descriptor(descriptor&&) noexcept;
  descriptor& operator=(descriptor&&) noexcept;
  ~descriptor();

  std::shared_ptr<detail::descriptor_state> state_;
};

} // namespace linx::io
