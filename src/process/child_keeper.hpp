/// The parent of a child, as its session speaks to it.
#pragma once

#include "process/decode.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace linx::detail {

/// A spawner: over the control socket of its host, or over the connection of a controller.
class child_keeper {
public:
  child_keeper() = default;
  child_keeper(const child_keeper&) = delete;
  child_keeper& operator=(const child_keeper&) = delete;

  /// Sends a frame, and what goes with it, borrowed. False, and it is lost, if the spawner is gone.
  virtual bool post(std::span<const std::byte> frame, std::span<const int> fds) noexcept = 0;

  /// The session has ended.
  virtual void dismiss(std::uint64_t id) = 0;

  /// No more requests.
  virtual void retire() = 0;

  /// What the child's status page says now that the child has left its checkpoint. Nothing yet where the
  /// spawner has to read it: then news come.
  virtual std::optional<slot_report> slot(std::uint32_t index) const noexcept = 0;
  virtual void release_slot(std::uint32_t index) noexcept = 0;

protected:
  ~child_keeper() = default;
};

} // namespace linx::detail
