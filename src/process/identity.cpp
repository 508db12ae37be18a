#include "process/identity.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/securebits.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
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

root_directory own_root() noexcept
{
  constexpr unsigned unique_mount = 0x4000; // STATX_MNT_ID_UNIQUE, Linux 6.8
  constexpr unsigned mount = 0x1000;        // STATX_MNT_ID, Linux 5.8
  struct statx about {};
  if (::statx(AT_FDCWD, "/", AT_NO_AUTOMOUNT, STATX_INO | mount | unique_mount, &about) != 0) return {};
  root_directory root;
  static_assert(sizeof about.stx_ino == sizeof root.inode);
  if ((about.stx_mask & (mount | unique_mount)) != 0) root.mount = about.stx_mnt_id;
  root.inode = about.stx_ino;
  root.device_major = about.stx_dev_major;
  root.device_minor = about.stx_dev_minor;
  return root;
}

unsigned own_securebits() noexcept
{
  const int bits = ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
  return bits < 0 ? 0 : static_cast<unsigned>(bits) & ~SECBIT_KEEP_CAPS;
}

constexpr bool has(std::uint64_t set, int capability) noexcept
{
  return (set >> capability & 1u) != 0;
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

bool identity_reader::kept_file::is_of_proc() const noexcept
{
  struct statfs about {};
  return fd_ && ::fstatfs(fd_.get(), &about) == 0 && about.f_type == PROC_SUPER_MAGIC;
}

void identity_reader::open()
{
  thread_ = ::gettid();
  status_file_.open("/proc/thread-self/status", O_RDONLY);
  if (!status_file_.is_of_proc()) status_file_.close(); // somebody's invention
  // The link itself: what it says is the namespace at the time of reading.
  user_.open("/proc/thread-self/ns/user", O_PATH | O_NOFOLLOW);
  user_namespace_ = 0;
  told_thread_ = 0;
  anew_ = true;
  if (read_text() && read_user_namespace(user_namespace_)) told_thread_ = status_.thread();
}

bool identity_reader::read_text()
{
  constexpr std::size_t usual = 8192;
  if (text_.empty()) text_.resize(usual);
  for (;;) {
    const auto n = ::pread(status_file_.get(), text_.data(), text_.size(), 0); // ESRCH: that thread has ended
    if (n <= 0) return false;
    if (static_cast<std::size_t>(n) < text_.size()) return take_text(static_cast<std::size_t>(n));
    text_.resize(text_.size() * 2); // there may be 65,536 groups (NGROUPS_MAX)
  }
}

bool identity_reader::take_text(std::size_t size)
{
  const bool known = status_.take({text_.data(), size});
  anew_ = anew_ || status_.has_changed();
  return known;
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
  now.thread = static_cast<std::uint32_t>(told_thread_);
  return true;
}

/// chroot(2) and setns(2) into a mount namespace take CAP_SYS_CHROOT, securebits CAP_SETPCAP. Who has neither
/// and is who he was has not changed them.
void identity_reader::read_rest(host_identity& now)
{
  const bool anew = now.thread == 0 || anew_;
  if (anew || has(now.credentials.permitted, CAP_SYS_CHROOT)) root_ = own_root();
  if (anew || has(now.credentials.permitted, CAP_SETPCAP)) securebits_ = own_securebits();
  now.root = root_;
  now.securebits = securebits_;
  anew_ = false;
}

host_identity identity_reader::read()
{
  const bool kept = thread_ == ::gettid();
  if (!kept) open();
  host_identity now;
  bool told = read_files(now);
  if (!told && kept) {
    open();
    told = read_files(now);
  }
  if (!told) {
    now = {};
    now.credentials = own_credentials();
  }
  read_rest(now);
  return now;
}

bool host_identity::same_privilege(const host_identity& other) const noexcept
{
  return std::memcmp(&credentials, &other.credentials, sizeof credentials) == 0 &&
         status.same_capabilities(other.status) && user_namespace == other.user_namespace &&
         root == other.root && securebits == other.securebits;
}

bool has_cap_setgid() noexcept
{
  return own_capabilities().effective >> CAP_SETGID & 1u;
}

} // namespace linx::detail
