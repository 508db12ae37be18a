/// What linx knows about one execution context.
#pragma once

#include <linx/core/task.hpp>

#include <memory>
#include <mutex>

namespace linx::detail {

class context_state;

/// The states of one context, and its strand. Shared with the states, so that one may be destroyed when the
/// context is long gone. Any thread.
class state_registry {
public:
  /// The registry of an executor's context, which linx's service holds.
  static std::shared_ptr<state_registry> of(const executor&);

  /// False if the context is already going down.
  bool add(context_state&);
  void remove(context_state&) noexcept;

  /// The end of the context: empties all states, and waits for those whose last owner lets go of them in
  /// another thread at this moment.
  void close() noexcept;

  /// What the end of the context does to one state.
  static void empty(context_state&) noexcept;

  /// The strand of this context that is given for its bare executor; empty for any other executor, and when
  /// the context is going down.
  executor strand_for(const executor& bare);

  /// Whether the caller may have that strand as the one root on it.
  bool borrow_strand() noexcept;
  void give_back_strand() noexcept;

private:
  std::shared_ptr<context_state> take_first() noexcept;
  void unlink(context_state&) noexcept;

  std::mutex mutex_;
  context_state* first_ = nullptr;
  executor strand_;
  bool is_borrowed_ = false;
  bool closed_ = false;
};

} // namespace linx::detail
