// What a child is and may, beyond its program.

#include <linx/process/options.hpp>

namespace linx {

namespace {

constexpr std::size_t longest_filter = 4096; // BPF_MAXINSNS

result<> check_offset(const std::optional<std::chrono::nanoseconds>& offset, const process_options& o)
{
  if (!offset || o.unshares(ns::kind::time)) return success();
  return error::argument("a clock offset needs a time namespace of its own; add unshare(ns::kind::time)");
}

} // namespace

process_options& process_options::credentials(linx::credentials who)
{
  credentials_ = std::move(who);
  return *this;
}

process_options& process_options::resources(linx::resources what)
{
  resources_ = std::move(what);
  return *this;
}

process_options& process_options::umask(mode_t mask)
{
  umask_ = mask;
  return *this;
}

process_options& process_options::session(bool on)
{
  session_ = on;
  return *this;
}

process_options& process_options::process_group(pid_t group)
{
  process_group_ = group;
  return *this;
}

process_options& process_options::parent_death_signal(int signo)
{
  parent_death_signal_ = signo;
  return *this;
}

process_options& process_options::monotonic_offset(std::chrono::nanoseconds offset)
{
  monotonic_ = offset;
  return *this;
}

process_options& process_options::boottime_offset(std::chrono::nanoseconds offset)
{
  boottime_ = offset;
  return *this;
}

process_options& process_options::landlock(int ruleset)
{
  landlock_ = ruleset;
  return *this;
}

process_options& process_options::seccomp(std::vector<sock_filter> program)
{
  seccomp_.push_back(std::move(program));
  return *this;
}

result<> process_options::check_attributes() const
{
  BOOST_OUTCOME_TRYV(credentials_.validate());
  BOOST_OUTCOME_TRYV(resources_.validate());
  if (umask_ && *umask_ > 0777)
    return error::argument("umask " + std::to_string(*umask_) + "; permission bits, 0 to 0777");
  if (process_group_ && has_own_session())
    return error::argument(
        "a process group beside a session of its own; the leader of a session has one already");
  if (process_group_ && *process_group_ < 0)
    return error::argument("process group " + std::to_string(*process_group_) + "; 0 or a group's id");
  if (parent_death_signal_ && (*parent_death_signal_ < 0 || *parent_death_signal_ > 64))
    return error::argument("parent-death signal " + std::to_string(*parent_death_signal_) + "; 0 to 64");
  BOOST_OUTCOME_TRYV(check_offset(monotonic_, *this));
  BOOST_OUTCOME_TRYV(check_offset(boottime_, *this));
  if (landlock_ < -1)
    return error::argument("landlock ruleset " + std::to_string(landlock_) + "; a descriptor");
  for (const auto& program : seccomp_)
    if (program.empty() || program.size() > longest_filter)
      return error::argument("a seccomp program of " + std::to_string(program.size()) +
                             " instructions; 1 to 4096");
  return success();
}

} // namespace linx
