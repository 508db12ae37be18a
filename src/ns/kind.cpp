#include <linx/ns/kind.hpp>

#include <sched.h>

#ifndef CLONE_NEWTIME // glibc before 2.36
#define CLONE_NEWTIME 0x00000080
#endif

namespace linx::ns {

namespace {

struct entry {
  kind k;
  int flag;
  std::string_view name;
  stage open;
  stage setns;
};

constexpr std::array<entry, 8> table{{
    {kind::user, CLONE_NEWUSER, "user", stage::open_ns_user, stage::setns_user},
    {kind::mount, CLONE_NEWNS, "mnt", stage::open_ns_mnt, stage::setns_mnt},
    {kind::uts, CLONE_NEWUTS, "uts", stage::open_ns_uts, stage::setns_uts},
    {kind::ipc, CLONE_NEWIPC, "ipc", stage::open_ns_ipc, stage::setns_ipc},
    {kind::cgroup, CLONE_NEWCGROUP, "cgroup", stage::open_ns_cgroup, stage::setns_cgroup},
    {kind::net, CLONE_NEWNET, "net", stage::open_ns_net, stage::setns_net},
    {kind::time, CLONE_NEWTIME, "time", stage::open_ns_time, stage::setns_time},
    {kind::pid, CLONE_NEWPID, "pid", stage::open_ns_pid, stage::setns_pid},
}};

constexpr const entry& at(kind k) noexcept
{
  return table[static_cast<std::size_t>(k)];
}

} // namespace

int clone_flag(kind k) noexcept
{
  return at(k).flag;
}

std::optional<kind> kind_of(int clone_flag) noexcept
{
  for (const auto& e : table) {
    if (e.flag == clone_flag) return e.k;
  }
  return std::nullopt;
}

std::string_view to_string(kind k) noexcept
{
  return at(k).name;
}

std::optional<kind> parse_kind(std::string_view name) noexcept
{
  if (name == "mount") return kind::mount;
  for (const auto& e : table) {
    if (e.name == name) return e.k;
  }
  return std::nullopt;
}

stage open_stage(kind k) noexcept
{
  return at(k).open;
}

stage setns_stage(kind k) noexcept
{
  return at(k).setns;
}

} // namespace linx::ns
