#include "process/sysctl_key.hpp"

namespace linx::detail {

namespace {

struct entry {
  std::string_view path; // with '/' at the end: all beneath
  ns::kind kind;
};

// namespaces(7), ipc_namespaces(7), pid_namespaces(7), and the kernel's register_*_sysctl by namespace.
// kernel/pid_max is the machine's before 6.14.
constexpr entry by_namespace[] = {
    {"net/", ns::kind::net},
    {"user/", ns::kind::user},
    {"fs/mqueue/", ns::kind::ipc},
    {"kernel/auto_msgmni", ns::kind::ipc},
    {"kernel/msg_next_id", ns::kind::ipc},
    {"kernel/msgmax", ns::kind::ipc},
    {"kernel/msgmnb", ns::kind::ipc},
    {"kernel/msgmni", ns::kind::ipc},
    {"kernel/sem", ns::kind::ipc},
    {"kernel/sem_next_id", ns::kind::ipc},
    {"kernel/shm_next_id", ns::kind::ipc},
    {"kernel/shm_rmid_forced", ns::kind::ipc},
    {"kernel/shmall", ns::kind::ipc},
    {"kernel/shmmax", ns::kind::ipc},
    {"kernel/shmmni", ns::kind::ipc},
    {"kernel/domainname", ns::kind::uts},
    {"kernel/hostname", ns::kind::uts},
    {"kernel/ns_last_pid", ns::kind::pid},
    {"vm/memfd_noexec", ns::kind::pid},
};

} // namespace

result<std::string> sysctl_path(std::string_view key)
{
  std::string path(key);
  const auto first = key.find_first_of("./");
  if (first != key.npos && key[first] == '.') {
    for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
  }
  for (std::string_view rest = path;;) {
    const auto part = rest.substr(0, rest.find('/'));
    if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos)
      return error::argument("sysctl '" + std::string(key.substr(0, key.find('\0'))) +
                             "'; names joined by '.' or '/', as net.ipv4.ip_forward");
    if (part.size() == rest.size()) return path;
    rest.remove_prefix(part.size() + 1);
  }
}

std::optional<ns::kind> sysctl_namespace(std::string_view path) noexcept
{
  for (const auto& each : by_namespace)
    if (each.path.ends_with('/') ? path.starts_with(each.path) : path == each.path) return each.kind;
  return std::nullopt;
}

} // namespace linx::detail
