// What a descriptor object and its operations share.
#pragma once

#include "core/state.hpp"

#include <linx/io/detail/operation.hpp>

#include <optional>

namespace linx::io::detail {

// An Asio descriptor must be gone before its io_context is, so it lives in a state that linx's service shuts
// down together with the context.
class descriptor_state final : public linx::detail::context_state {
public:
  explicit descriptor_state(executor home);

  result<void> assign(unique_fd&& fd);
  unique_fd release() noexcept;
  void cancel() noexcept;
  int native_handle() noexcept { return descriptor_ ? descriptor_->native_handle() : -1; }

  reactor_descriptor& lowest_layer();
  std::uint64_t epoch() const noexcept { return epoch_; }

private:
  reactor_descriptor& made();
  void shutdown() noexcept override;

  std::optional<reactor_descriptor> descriptor_;
  std::uint64_t epoch_ = 0;
};

} // namespace linx::io::detail
