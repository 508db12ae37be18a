// linx-spawner is found, started, and nobody's child; where it cannot be run the error says what was tried.

#include "process/support.hpp"

#include "harness/namespaces.hpp"
#include "process/spawner_image.hpp"

#include <cstdio>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_spawner_start_kernel)

using namespace linx;
using namespace linx::test;

namespace {

task<> neither_child_nor_leak()
{
  LINX_TRYV(co_await pause_briefly()); // the context opens its own descriptors
  const auto before = open_descriptors();
  LINX_TRY(auto child, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const pid_t spawner = std::stoi(status_field(child.host_pid().value(), "PPid"));
  BOOST_TEST(status_field(spawner, "Name") == "linx-spawner");
  BOOST_TEST(status_field(spawner, "PPid") != std::to_string(::getpid()));
  BOOST_TEST(status_field(spawner, "Threads") == "1");
  // control socket, spawner's pidfd and slots of the link; two files of the identity reader; the child's
  // pidfd
  BOOST_TEST(open_descriptors() <= before + 6);
  co_return success();
}

/// In a pid namespace where memory files may not be executable: vm.memfd_noexec belongs to the namespace
/// (Linux 6.6).
int where_memory_files_do_not_run()
{
  if (::unshare(CLONE_NEWPID) != 0) return child_skipped;
  return run_in_child([] {
    const io::unique_fd sysctl(::open("/proc/sys/vm/memfd_noexec", O_WRONLY | O_CLOEXEC));
    if (!sysctl || ::write(sysctl.get(), "2", 1) != 1) return child_skipped;
    const auto spawned = test::run(process::spawn(process_options("/bin/true")));
    const bool installed = ::access(linx::detail::spawner_installed_path(), X_OK) == 0;
    if (installed) return spawned ? 0 : 1; // the way out
    if (spawned) return 2;
    const auto message = spawned.error().message();
    std::fprintf(stderr, "%s\n", message.c_str());
    if (spawned.error().where() != stage::spawner_start || spawned.error().errnum() != EACCES) return 3;
    return message.find("memfd_noexec") != std::string::npos ? 0 : 4;
  });
}

/// In a mount namespace without devices.
int where_dev_is_empty()
{
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("", "/dev", "tmpfs", 0, nullptr) != 0)
    return child_skipped;
  const auto end = test::run(run_to_end(process_options("/bin/true").standard_streams(stdio::devnull())));
  if (end) return 1;
  const auto message = end.error().message();
  std::fprintf(stderr, "%s\n", message.c_str());
  return message.find("/dev/null") != std::string::npos ? 0 : 2;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_image_is_there)
{
  BOOST_TEST(linx::detail::spawner_image().size() > 1000u);
}

BOOST_AUTO_TEST_CASE(it_is_nobodys_child)
{
  run_body(neither_child_nor_leak());
}

BOOST_AUTO_TEST_CASE(memory_files_forbidden)
{
  const int code = run_in_child(where_memory_files_do_not_run);
  if (code == child_skipped)
    BOOST_TEST_MESSAGE("skipped: takes root and a vm.memfd_noexec of its own (Linux 6.6)");
  else
    BOOST_TEST(code == 0);
}

// What keeps the spawner from starting is told as that, and not as a death that another try may mend.
BOOST_AUTO_TEST_CASE(no_devices)
{
  const int code = run_in_child(where_dev_is_empty);
  if (code == child_skipped)
    BOOST_TEST_MESSAGE("skipped: takes root and a mount namespace");
  else
    BOOST_TEST(code == 0);
}

// Standard descriptors that the host has closed must not become the spawner's sockets.
BOOST_AUTO_TEST_CASE(host_without_standard_descriptors)
{
  const int code = run_in_child([] {
    for (const int fd : {0, 1, 2}) ::close(fd);
    const auto end = test::run(run_to_end(process_options("/bin/ls").arg("-l").arg("/proc/self/fd/0")));
    if (!end) return 1;
    return end.value().output.find("/dev/null") != std::string::npos ? 0 : 2;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
