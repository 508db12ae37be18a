// When a watcher looks, and when it tells again what still differs.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace linx::rtnl {

// Pure: every call says what time it is.
class watch_schedule {
public:
  using clock = std::chrono::steady_clock;

  static constexpr clock::duration quiet_time = std::chrono::milliseconds(10); // a burst of hints is over
  // ... and is looked into where it does not end
  static constexpr clock::duration longest_burst = std::chrono::milliseconds(250);
  static constexpr clock::duration longest_pause = std::chrono::seconds(5); // where there is no resync

  // `resync` 0: none.
  explicit watch_schedule(clock::duration resync) noexcept : resync_(resync) {}

  // Something has changed.
  void heard(clock::time_point now) noexcept
  {
    if (!burst_) burst_ = now;
    hint_ = std::min(now + quiet_time, *burst_ + longest_burst);
  }

  // Whoever was told is back, and what he did is on its way here.
  void resumed(clock::time_point now) noexcept
  {
    if (told_ && !again_) again_ = now + pause_;
    if (!next_resync_ && resync_ > clock::duration()) next_resync_ = now + resync_;
  }

  // `is_exact`: the copy that hints are looked up in may be believed.
  std::optional<clock::time_point> next_look(bool is_exact) const noexcept
  {
    auto next = next_resync_;
    for (const auto& other : {hint_, again_})
      if (is_exact && other && (!next || *other < *next)) next = other;
    return next;
  }

  // Whether that look is into the kernel's own tables.
  bool is_resync(clock::time_point now) const noexcept { return next_resync_ && now >= *next_resync_; }

  // After a look: whether what was found is told. `any`: something differs; `same`: just what was told
  // before.
  bool tells(clock::time_point now, bool any, bool same) noexcept
  {
    const bool was_hint = hint_.has_value();
    if (is_resync(now)) next_resync_ = now + resync_;
    hint_.reset();
    burst_.reset();
    if (!any) {
      told_.reset();
      again_.reset();
      pause_ = quiet_time;
      return false;
    }
    if (!told_ || !same) {
      pause_ = quiet_time;
    } else {
      const auto due = was_hint ? *told_ + std::min(pause_, longest_burst) : again_.value_or(now);
      if (now < due) {
        again_ = std::min(again_.value_or(due), due);
        return false;
      }
      pause_ = std::min(2 * pause_, resync_ > clock::duration() ? resync_ : longest_pause);
    }
    told_ = now;
    again_.reset();
    return true;
  }

private:
  clock::duration resync_;
  clock::duration pause_ = quiet_time; // before the same is told again
  std::optional<clock::time_point> burst_, hint_, next_resync_;
  std::optional<clock::time_point> told_, again_;
};

} // namespace linx::rtnl
