/// What a parked child is to do to itself before its program runs.
#pragma once

#include <linx/core/result.hpp>
#include <linx/core/stage.hpp>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace linx {

class credentials;
class resources;

namespace detail {
class step_data;
}

/// One step of a plan: a call that the child makes, with its arguments. Made by the functions of namespace
/// `linx::step` (linx/process/steps.hpp), to which each room adds its own.
///
/// Lifetime: a value; copies share a descriptor that it carries.
class LINX_API checkpoint_step {
public:
  explicit checkpoint_step(std::shared_ptr<const detail::step_data> data) noexcept : data_(std::move(data)) {}

  /// Where an error says that it failed.
  stage where() const noexcept;

  /// It takes effect after all that linx still has to do in the child, so only `proceed(plan)` takes it, as
  /// one of the last of its plan: a seccomp filter might forbid anything.
  bool is_last() const noexcept;

  /// For rooms.
  const detail::step_data& data() const noexcept { return *data_; }

  friend LINX_API bool operator==(const checkpoint_step&, const checkpoint_step&) noexcept;

private:
  std::shared_ptr<const detail::step_data> data_;
};

/// "mount 'proc' on '/proc'", "limit nofile=1024".
LINX_API std::string to_string(const checkpoint_step&);

/// Steps in their order, as a value: it is compared, printed, checked ahead, and sent in one message.
///
///     checkpoint_plan plan;
///     plan.add(step::mount("", "/", "", MS_REC | MS_PRIVATE)).add(step::mount("proc", "/proc", "proc"));
///     plan.add(step::hostname("box"));
///     LINX_TRYV(co_await child.apply(plan));
///     checkpoint_plan end;
///     end.add(step::ids(1000, 1000)).add(step::no_new_privs()).add(step::seccomp(filter));
///     LINX_TRYV(co_await child.proceed(end));
///
/// What `process_options` say is done besides: before READY, or when the child proceeds, after the steps of
/// all plans but the last ones.
class LINX_API checkpoint_plan {
public:
  checkpoint_plan() = default;
  checkpoint_plan(std::initializer_list<checkpoint_step> steps) : steps_(steps) {}

  checkpoint_plan& add(checkpoint_step one) &
  {
    steps_.push_back(std::move(one));
    return *this;
  }
  checkpoint_plan&& add(checkpoint_step one) && { return std::move(add(std::move(one))); }

  /// The steps of these, in the order in which options take them.
  checkpoint_plan& add(const credentials&) &;
  checkpoint_plan&& add(const credentials& who) && { return std::move(add(who)); }
  checkpoint_plan& add(const resources&) &;
  checkpoint_plan&& add(const resources& what) && { return std::move(add(what)); }

  /// All steps of another plan behind these.
  checkpoint_plan& add(const checkpoint_plan&) &;

  const std::vector<checkpoint_step>& steps() const noexcept { return steps_; }
  std::size_t size() const noexcept { return steps_.size(); }
  bool empty() const noexcept { return steps_.empty(); }

  /// Looks for what cannot work, without a system call: an argument that no kernel takes, a step that needs a
  /// capability which an earlier one has given up, a mount after Landlock, a step behind one of the last.
  ///
  /// Errors: stage `argument`; the object names the step by its number, from 1, the reason and the remedy.
  result<> validate() const;

  friend bool operator==(const checkpoint_plan&, const checkpoint_plan&) = default;

private:
  std::vector<checkpoint_step> steps_;
};

/// A line for each step, with its number: "1. mount 'proc' on '/proc'\n".
LINX_API std::string to_string(const checkpoint_plan&);

} // namespace linx
