/// What becomes of a child when its host is gone.
#pragma once

#include <linx/core/config.hpp>

#include <chrono>
#include <cstdint>

namespace linx {

/// What becomes of a child when the host dies or drops its io_context.
class orphan_policy {
public:
  enum class kind : std::uint8_t { kill, outlive };

  /// SIGTERM, and SIGKILL after `grace`. The init of a new pid namespace that neither catches nor blocks
  /// SIGTERM gets SIGKILL at once: it would swallow the other. A grace of 0 is SIGKILL at once for everybody.
  static constexpr orphan_policy kill(std::chrono::milliseconds grace) noexcept
  {
    return {kind::kill, grace};
  }

  /// It lives on, under init or the nearest subreaper (prctl(2)).
  static constexpr orphan_policy outlive() noexcept { return {kind::outlive, std::chrono::milliseconds(0)}; }

  constexpr kind what() const noexcept { return kind_; }
  constexpr std::chrono::milliseconds grace() const noexcept { return grace_; }

private:
  constexpr orphan_policy(kind what, std::chrono::milliseconds grace) noexcept : kind_(what), grace_(grace) {}

  kind kind_;
  std::chrono::milliseconds grace_;
};

} // namespace linx
