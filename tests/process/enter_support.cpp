#include "process/enter_support.hpp"

#include <cstdio>

namespace linx::test {

process_options sleeper(std::string_view namespaces)
{
  return process_options("/bin/sleep")
      .arg("1000")
      .unshare(namespaces)
      .uid_map(id_map::root(::geteuid()))
      .gid_map(id_map::root(::getegid()));
}

task<process> enter_parked(enter_target target, process_options options)
{
  LINX_TRY(auto child, co_await process::enter(std::move(target), std::move(options)));
  LINX_TRYV(co_await child.ready());
  co_return std::move(child);
}

task<finished> enter_to_end(enter_target target, process_options options)
{
  options.standard_output(stdio::pipe());
  const bool automatic = options.proceeds_by_itself();
  LINX_TRY(auto child, co_await process::enter(std::move(target), std::move(options)));
  co_return co_await take_to_end(std::move(child), automatic);
}

namespace {

void compare_kinds(pid_t pid, pid_t target, const std::set<ns::kind>& entered)
{
  for (const auto kind : ns::all_kinds) {
    const std::string name(ns::to_string(kind));
    BOOST_TEST_CONTEXT(name)
    {
      const pid_t like = entered.count(kind) != 0 ? target : ::getpid();
      BOOST_TEST(ns_link(pid, name) == ns_link(like, name));
    }
  }
}

} // namespace

task<> check_kinds(process& child, pid_t target, const std::set<ns::kind>& entered)
{
  const pid_t pid = child.host_pid().value();
  if (::geteuid() == 0) compare_kinds(pid, target, entered);
  LINX_TRYV(co_await child.proceed());
  compare_kinds(pid, target, entered);
  co_return success();
}

task<failure> failure_of(enter_target target, process_options options)
{
  const bool automatic = options.proceeds_by_itself();
  auto entered = co_await process::enter(std::move(target), std::move(options));
  co_return co_await failure_of_started(std::move(entered), automatic, last_word::proceed);
}

int run_as(bool nobody, task<> (*body)())
{
  return run_in_child([nobody, body] {
    if (nobody && ::geteuid() == 0 && !become_nobody()) return skip_child("cannot become nobody");
    const auto done = test::run(body());
    if (done) return 0;
    std::fprintf(stderr, "%s\n", done.error().message().c_str());
    return 1;
  });
}

} // namespace linx::test
