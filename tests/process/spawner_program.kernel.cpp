// What linx-spawner runs from cannot be changed by whoever sees it through /proc/<pid>/exe (CVE-2019-5736).

#include "process/support.hpp"

#include "harness/namespaces.hpp"
#include "process/spawner_image.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/mount.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_spawner_program_kernel)

using namespace linx;
using namespace linx::test;

namespace {

std::string installed_bytes()
{
  std::ifstream file(linx::detail::spawner_installed_path(), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string embedded_bytes()
{
  const auto image = linx::detail::spawner_image();
  return {reinterpret_cast<const char*>(image.data()), image.size()};
}

/// Puts linx-spawner where `cmake --install` would, for this process and its children alone.
bool install_here()
{
  const std::filesystem::path path = linx::detail::spawner_installed_path();
  if (path.empty() || ::unshare(CLONE_NEWNS) != 0) return false;
  if (::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  auto there = path.parent_path();
  while (!std::filesystem::exists(there)) there = there.parent_path();
  if (there == "/" || ::mount("", there.c_str(), "tmpfs", 0, "mode=0755") != 0) return false;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << embedded_bytes();
  return ::chmod(path.c_str(), 0755) == 0;
}

bool forbid_memory_files()
{
  const io::unique_fd sysctl(::open("/proc/sys/vm/memfd_noexec", O_WRONLY | O_CLOEXEC));
  return sysctl && ::write(sysctl.get(), "2", 1) == 1;
}

/// 0, or the number of what has succeeded.
int try_to_write(int program)
{
  const std::string path = "/proc/self/fd/" + std::to_string(program);
  for (const int flags : {O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_WRONLY | O_APPEND}) {
    const io::unique_fd file(::open(path.c_str(), flags | O_CLOEXEC));
    if (!file) continue;
    if (::write(file.get(), "#!/bin/sh\n", 10) >= 0) return 10;
    if (::ftruncate(file.get(), 0) == 0) return 11;
    if (::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0) return 12;
    if (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0) != MAP_FAILED) return 13;
    if (::fcntl(file.get(), F_ADD_SEALS, 0) == 0) return 14;
  }
  return ::truncate(path.c_str(), 0) == 0 ? 15 : 0;
}

int try_to_remount(int program)
{
  const std::string path = "/proc/self/fd/" + std::to_string(program);
  mount_attr writable{};
  writable.attr_clr = MOUNT_ATTR_RDONLY;
  for (const int at : {program, AT_FDCWD}) {
    const char* const name = at == program ? "" : path.c_str();
    const int empty = at == program ? AT_EMPTY_PATH : 0;
    if (::syscall(SYS_mount_setattr, at, name, empty, &writable, sizeof writable) == 0) return 16;
    const io::unique_fd copy(
        static_cast<int>(::syscall(SYS_open_tree, at, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | empty)));
    if (copy) return 17;
  }
  return ::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND, nullptr) == 0 ? 18 : 0;
}

/// Holds the program of a spawner open while it runs, as a process of a container would, and attacks it when
/// nobody runs it any more.
int attack_a_spawner()
{
  io::unique_fd program, pidfd;
  {
    asio::io_context context(1);
    auto child = test::run(context, spawn_parked(process_options("/bin/true")));
    if (!child) {
      std::fprintf(stderr, "%s\n", why(child).c_str());
      return 1;
    }
    const pid_t spawner = std::stoi(status_field(child.value().host_pid().value(), "PPid"));
    pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, spawner, 0)));
    program.reset(::open(("/proc/" + std::to_string(spawner) + "/exe").c_str(), O_RDONLY | O_CLOEXEC));
    if (!pidfd || !program) return 2;
    if (const int done = try_to_write(program.get()); done != 0) return done;
  }
  pollfd end{pidfd.get(), POLLIN, 0};
  if (::poll(&end, 1, 10'000) != 1) return 3;
  if (const int done = try_to_write(program.get()); done != 0) return 100 + done;
  if (const int done = try_to_remount(program.get()); done != 0) return 100 + done;
  return installed_bytes() == embedded_bytes() ? 0 : 4;
}

int where_memory_files_do_not_run(int (*body)())
{
  if (::unshare(CLONE_NEWPID) != 0) return child_skipped;
  return run_in_child([body] {
    if (!install_here() || ::mount("proc", "/proc", "proc", 0, nullptr) != 0) return child_skipped;
    if (!forbid_memory_files()) return child_skipped;
    return body();
  });
}

} // namespace

// An installed program would be everybody's, and root of a container could write to it.
BOOST_AUTO_TEST_CASE(the_program_of_a_spawner_cannot_be_overwritten)
{
  if (needs_root()) return;
  const int code = run_in_child([] { return install_here() ? attack_a_spawner() : child_skipped; });
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

BOOST_AUTO_TEST_CASE(nor_where_memory_files_are_forbidden)
{
  if (needs_root()) return;
  const int code = run_in_child([] { return where_memory_files_do_not_run(attack_a_spawner); });
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

// Without the privilege to make that mount there is no safe way, and the error says what would be one.
BOOST_AUTO_TEST_CASE(without_a_safe_program_there_is_no_spawner)
{
  if (needs_root()) return;
  const int code = run_in_child([] {
    return where_memory_files_do_not_run([] {
      if (!become_nobody()) return child_skipped;
      const auto refused = test::run(process::spawn(process_options("/bin/true")));
      if (refused) return 1;
      const auto message = refused.error().message();
      std::fprintf(stderr, "%s\n", message.c_str());
      if (refused.error().where() != stage::spawner_start || refused.error().errnum() != EACCES) return 2;
      for (const char* said : {"memfd_noexec", linx::detail::spawner_installed_path(), "CAP_SYS_ADMIN"})
        if (message.find(said) == std::string::npos) return 3;
      return 0;
    });
  });
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

BOOST_AUTO_TEST_SUITE_END()
