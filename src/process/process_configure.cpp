// The verbs for a child at its checkpoint.

#include <linx/process/process.hpp>

#include "core/operation.hpp"
#include "process/session_step.hpp"
#include "process/step_data.hpp"

#include <linx/process/steps.hpp>

#include <string>
#include <utility>
#include <vector>

namespace linx {

namespace {

using session_ptr = std::shared_ptr<detail::session>;

task<> write_map(session_ptr s, id_map map, bool users)
{
  LINX_TRYV(s->may_configure(users ? "set_uid_map" : "set_gid_map"));
  LINX_TRY(const std::string text, map.text());
  co_return users ? s->write_uid_map(text) : s->write_gid_map(text);
}

/// What a plan would change for others than the child.
result<> check_namespace(const detail::session& s, const detail::step_data& one)
{
  if (!one.of || s.made(*one.of) || (one.may_be_entered && s.entered(*one.of))) return success();
  const std::string kind(to_string(*one.of));
  return error::argument(one.text + "; the child shares the host's " + kind + " namespace, add unshare(\"" +
                         kind + "\")");
}

/// The steps of a plan that are the last ones, or all others.
detail::step_list steps_of(const checkpoint_plan& plan, bool last)
{
  detail::step_list steps;
  if (last) steps.defer(wire::step_flags::after_marker);
  for (std::size_t i = 0; i != plan.size(); ++i) {
    if (plan.steps()[i].is_last() != last) continue;
    const auto& one = plan.steps()[i].data();
    steps.add(one.what, one.payload, one.descriptor ? one.descriptor->get() : -1);
    steps.name(plan.size() == 1 ? one.text
                                : "step " + std::to_string(i + 1) + " of " + std::to_string(plan.size()) +
                                      ", " + one.text);
  }
  return steps;
}

result<> check_plan(const detail::session& s, const checkpoint_plan& plan, const char* verb)
{
  BOOST_OUTCOME_TRYV(s.may_configure(plan.size() == 1 ? to_string(plan.steps().front()).c_str() : verb));
  BOOST_OUTCOME_TRYV(plan.validate());
  for (const auto& one : plan.steps()) {
    BOOST_OUTCOME_TRYV(check_namespace(s, one.data()));
  }
  return success();
}

using descriptors = std::vector<io::unique_fd>;

task<descriptors> apply_plan(session_ptr s, checkpoint_plan plan)
{
  LINX_TRYV(check_plan(*s, plan, "apply"));
  for (const auto& one : plan.steps())
    if (one.is_last())
      co_return error::argument(to_string(one) + "; it takes effect last: give it to proceed(plan)");
  if (plan.empty()) co_return descriptors();
  auto taken = detail::run_steps(std::move(s), steps_of(plan, false), "apply");
  co_return co_await std::move(taken);
}

/// A plan of one step that makes no descriptor.
task<> apply_step(session_ptr s, checkpoint_step one)
{
  checkpoint_plan plan;
  plan.add(std::move(one));
  auto applied = apply_plan(std::move(s), std::move(plan));
  LINX_TRYV(co_await std::move(applied));
  co_return success();
}

task<io::unique_fd> make_socket(session_ptr s, checkpoint_step one)
{
  checkpoint_plan plan;
  plan.add(std::move(one));
  auto applied = apply_plan(std::move(s), std::move(plan));
  LINX_TRY(auto made, co_await std::move(applied));
  if (made.empty()) co_return errc::protocol;
  co_return std::move(made.front());
}

/// The last steps stay with the session until PROCEED.
task<> apply_and_proceed(session_ptr s, checkpoint_plan plan)
{
  LINX_TRYV(check_plan(*s, plan, "proceed"));
  if (auto first = steps_of(plan, false); !first.empty()) {
    auto taken = detail::run_steps(s, std::move(first), "proceed");
    LINX_TRYV(co_await std::move(taken));
  }
  LINX_TRYV(s->may_configure("proceed"));
  s->append_last_steps(steps_of(plan, true));
  auto ending = detail::await_running(std::move(s));
  co_return co_await std::move(ending);
}

task<> await_rehearsal(session_ptr s)
{
  const auto& machine = s->machine();
  LINX_TRYV(s->rehearse());
  while (!machine.terminal()) {
    LINX_TRYV(co_await detail::ended(s));
  }
  if (machine.outcome()->has_error()) co_return machine.outcome()->error();
  if (machine.was_rehearsed()) co_return success();
  co_return error(errc::no_process, stage::argument).with_object("rehearse; the process was aborted");
}

} // namespace

task<> process::rehearse()
{
  return detail::operation<void>(state_, await_rehearsal(state_));
}

task<> process::set_uid_map(id_map map)
{
  return detail::operation<void>(state_, write_map(state_, std::move(map), true));
}

task<> process::set_gid_map(id_map map)
{
  return detail::operation<void>(state_, write_map(state_, std::move(map), false));
}

task<std::vector<io::unique_fd>> process::apply(checkpoint_plan plan)
{
  return detail::operation<descriptors>(state_, apply_plan(state_, std::move(plan)));
}

task<> process::proceed(checkpoint_plan plan)
{
  return detail::operation<void>(state_, apply_and_proceed(state_, std::move(plan)));
}

task<> process::set_hostname(std::string name)
{
  return detail::operation<void>(state_, apply_step(state_, step::hostname(std::move(name))));
}

task<> process::no_new_privs()
{
  return detail::operation<void>(state_, apply_step(state_, step::no_new_privs()));
}

task<io::unique_fd> process::open_socket(int domain, int type, int protocol)
{
  return detail::operation<io::unique_fd>(state_, make_socket(state_, step::socket(domain, type, protocol)));
}

task<> process::mount(std::string source, std::string target, std::string type, unsigned long flags,
                      std::string data)
{
  auto one = step::mount(std::move(source), std::move(target), std::move(type), flags, std::move(data));
  return detail::operation<void>(state_, apply_step(state_, std::move(one)));
}

task<> process::pivot_root(std::string new_root)
{
  return detail::operation<void>(state_, apply_step(state_, step::pivot_root(std::move(new_root))));
}

task<> process::set_sysctl(std::string key, std::string value)
{
  return detail::operation<void>(state_, apply_step(state_, step::sysctl(std::move(key), std::move(value))));
}

} // namespace linx
