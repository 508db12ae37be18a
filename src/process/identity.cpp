#include "process/identity.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <linux/capability.h>
#include <optional>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <system_error>
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

/// The number behind "CapBnd:\t" and the like; nothing if there is none.
template <class Number>
std::optional<Number> value_of(std::string_view line, std::string_view name, int base)
{
  if (!line.starts_with(name)) return std::nullopt;
  line.remove_prefix(name.size());
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  Number value{};
  const auto end = line.data() + line.size();
  if (line.empty() || std::from_chars(line.data(), end, value, base).ptr != end) return std::nullopt;
  return value;
}

} // namespace

status_lines parse_status(std::string_view status)
{
  status_lines found;
  while (!status.empty()) {
    const auto line = status.substr(0, status.find('\n'));
    status.remove_prefix(line.size() == status.size() ? line.size() : line.size() + 1);
    if (line.starts_with("Umask:")) {
      const auto value = value_of<int>(line, "Umask:", 8);
      if (value && *value >= 0 && *value <= 0777) found.umask = *value;
    } else if (line.starts_with("Cap")) {
      if (const auto set = value_of<std::uint64_t>(line, "CapInh:", 16)) found.inheritable = *set;
      if (const auto set = value_of<std::uint64_t>(line, "CapBnd:", 16)) found.bounding = *set;
      if (const auto set = value_of<std::uint64_t>(line, "CapAmb:", 16)) found.ambient = *set;
    }
  }
  return found;
}

void identity_reader::open()
{
  thread_ = ::gettid();
  status_.reset(::open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC));
  if (status_ && ::fstat(status_.get(), &status_file_) != 0) status_.reset();
  // The link itself: what it says is the namespace at the time of reading.
  user_.reset(::open("/proc/thread-self/ns/user", O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

/// False if that descriptor does not tell of this thread (any more): the number may be another file's, in a
/// host that closes what it does not know.
bool identity_reader::read_status(status_lines& found) const
{
  struct stat now {};
  if (::fstat(status_.get(), &now) != 0 || now.st_ino != status_file_.st_ino ||
      now.st_dev != status_file_.st_dev)
    return false;
  std::array<char, 8192> text;
  const auto n = ::pread(status_.get(), text.data(), text.size(), 0); // ESRCH: that thread has ended
  if (n <= 0) return false;
  found = parse_status({text.data(), static_cast<std::size_t>(n)});
  return true;
}

/// A user namespace with an identity map shows the same ids and capabilities as the one outside, so its
/// number is compared. It is what stat(2) says of that file, at a fifth of the cost.
bool identity_reader::read_user_namespace(ino_t& number) const
{
  std::array<char, 64> text;
  const auto n = ::readlinkat(user_.get(), "", text.data(), text.size()); // "user:[4026531837]"
  constexpr std::string_view before = "user:[";
  if (n <= 0 || !std::string_view(text.data(), static_cast<std::size_t>(n)).starts_with(before)) return false;
  return std::from_chars(text.data() + before.size(), text.data() + n, number).ec == std::errc();
}

host_identity identity_reader::read()
{
  host_identity now;
  now.credentials = own_credentials();
  const bool kept = thread_ == ::gettid();
  if (!kept) open();
  const auto read_all = [&] { return read_status(now.status) && read_user_namespace(now.user_namespace); };
  if (!read_all() && kept) {
    open();
    (void)read_all();
  }
  return now;
}

bool host_identity::same_privilege(const host_identity& other) const noexcept
{
  return std::memcmp(&credentials, &other.credentials, sizeof credentials) == 0 &&
         status.same_capabilities(other.status) && user_namespace == other.user_namespace;
}

bool has_cap_setgid() noexcept
{
  return own_capabilities().effective >> CAP_SETGID & 1u;
}

} // namespace linx::detail
