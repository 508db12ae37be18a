#include "process/identity.hpp"

#include <linx/io/unique_fd.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace linx::detail {

namespace {

struct capability_sets {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
};

capability_sets own_capabilities() noexcept
{
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return {};
  const auto join = [](std::uint32_t low, std::uint32_t high) { return std::uint64_t{high} << 32 | low; };
  return {join(data[0].effective, data[1].effective), join(data[0].permitted, data[1].permitted)};
}

std::uint64_t own_groups()
{
  std::array<gid_t, 64> few;
  int count = ::getgroups(few.size(), few.data());
  if (count >= 0) return wire::groups_hash(few.data(), static_cast<std::size_t>(count));
  std::vector<gid_t> many(65536); // NGROUPS_MAX
  count = ::getgroups(static_cast<int>(many.size()), many.data());
  return wire::groups_hash(many.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
}

wire::credentials own_credentials()
{
  wire::credentials c{};
  ::getresuid(&c.ruid, &c.euid, &c.suid);
  ::getresgid(&c.rgid, &c.egid, &c.sgid);
  c.groups = own_groups();
  c.permitted = own_capabilities().permitted;
  c.no_new_privs = static_cast<std::uint8_t>(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  c.seccomp = static_cast<std::uint8_t>(::prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
  return c;
}

status_lines own_status()
{
  const io::unique_fd fd(::open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::array<char, 8192> text;
  const auto n = ::read(fd.get(), text.data(), text.size());
  return n > 0 ? parse_status({text.data(), static_cast<std::size_t>(n)}) : status_lines();
}

} // namespace

status_lines parse_status(std::string_view status)
{
  status_lines found;
  while (!status.empty()) {
    const auto line = status.substr(0, status.find('\n'));
    status.remove_prefix(line.size() == status.size() ? line.size() : line.size() + 1);
    if (line.starts_with("Umask:")) {
      auto digits = line.substr(
          line.find_first_not_of(" \t", 6) == line.npos ? line.size() : line.find_first_not_of(" \t", 6));
      int value = 0;
      const auto end = digits.data() + digits.size();
      if (std::from_chars(digits.data(), end, value, 8).ptr == end && !digits.empty() && value <= 0777)
        found.umask = value;
    } else if (line.starts_with("CapInh:") || line.starts_with("CapBnd:") || line.starts_with("CapAmb:")) {
      found.capabilities += line;
      found.capabilities += '\n';
    }
  }
  return found;
}

host_identity host_identity::current()
{
  host_identity now;
  now.credentials = own_credentials();
  auto status = own_status();
  now.umask = status.umask;
  now.capabilities = std::move(status.capabilities);
  // A user namespace with an identity map shows the same ids and capabilities as the one outside. It
  // belongs to the whole process: setns(2) refuses it to one thread of several.
  struct stat ns {};
  if (::stat("/proc/self/ns/user", &ns) == 0) now.user_namespace = ns.st_ino;
  return now;
}

bool host_identity::same_privilege(const host_identity& other) const noexcept
{
  return std::memcmp(&credentials, &other.credentials, sizeof credentials) == 0 &&
         capabilities == other.capabilities && user_namespace == other.user_namespace;
}

bool has_cap_setgid() noexcept
{
  return own_capabilities().effective >> CAP_SETGID & 1u;
}

} // namespace linx::detail
