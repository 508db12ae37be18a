#include "process/identity.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <linux/capability.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/stat.h>
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
  c.no_new_privs = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  const int seccomp = ::prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
  c.seccomp = seccomp > 0 ? static_cast<std::uint8_t>(seccomp) : 0; // EINVAL: a kernel without it
  return c;
}

} // namespace

bool identity_reader::kept_file::is_there() const noexcept
{
  struct stat now {};
  return fd_ && ::fstat(fd_.get(), &now) == 0 && now.st_dev == device_ && now.st_ino == number_;
}

void identity_reader::kept_file::open(const char* path, int flags)
{
  if (!is_there()) (void)fd_.release();
  fd_.reset(::open(path, flags | O_CLOEXEC));
  struct stat now {};
  if (!fd_ || ::fstat(fd_.get(), &now) != 0) return;
  device_ = now.st_dev;
  number_ = now.st_ino;
}

void identity_reader::open()
{
  thread_ = ::gettid();
  status_file_.open("/proc/thread-self/status", O_RDONLY);
  // The link itself: what it says is the namespace at the time of reading.
  user_.open("/proc/thread-self/ns/user", O_PATH | O_NOFOLLOW);
  user_namespace_ = 0;
  told_thread_ = 0;
  if (read_text() && read_user_namespace(user_namespace_)) told_thread_ = status_.thread();
}

bool identity_reader::read_text()
{
  constexpr std::size_t usual = 8192;
  if (text_.empty()) text_.resize(usual);
  for (;;) {
    const auto n = ::pread(status_file_.get(), text_.data(), text_.size(), 0); // ESRCH: that thread has ended
    if (n <= 0) return false;
    if (static_cast<std::size_t>(n) < text_.size())
      return status_.take({text_.data(), static_cast<std::size_t>(n)});
    text_.resize(text_.size() * 2); // there may be 65,536 groups (NGROUPS_MAX)
  }
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

/// False if these files do not tell of this thread (any more): the numbers may be another's in a host that
/// closes what it does not know. And ids are told as the user namespace has them in which a status file was
/// opened.
bool identity_reader::read_files(host_identity& now)
{
  if (told_thread_ == 0 || !read_user_namespace(now.user_namespace)) return false;
  if (now.user_namespace != user_namespace_) return false;
  if (!read_text() || status_.thread() != told_thread_) return false;
  now.credentials = status_.credentials();
  now.status = status_.lines();
  return true;
}

host_identity identity_reader::read()
{
  const bool kept = thread_ == ::gettid();
  if (!kept) open();
  host_identity now;
  if (read_files(now)) return now;
  if (kept) open();
  if (kept && read_files(now)) return now;
  now = {};
  now.credentials = own_credentials();
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
