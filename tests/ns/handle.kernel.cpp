// A namespace as a descriptor: what may be held, and what is refused.
#include <linx/ns/handle.hpp>

#include "harness/namespaces.hpp"
#include "harness/value.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(ns_handle_kernel)

using namespace linx;
using ns::handle;
using ns::kind;

namespace {

handle own(kind k)
{
  return linx::test::value_of(handle::of_self(k));
}

} // namespace

BOOST_AUTO_TEST_CASE(holds_each_kind_of_the_caller_s_namespaces)
{
  for (const auto k : ns::all_kinds) {
    const auto h = own(k);
    BOOST_TEST((h.kind() == k));
    BOOST_TEST((::fcntl(h.fd(), F_GETFD) & FD_CLOEXEC) != 0);
    const auto link =
        linx::test::run_command("readlink /proc/self/ns/" + std::string(ns::to_string(k))).output;
    BOOST_TEST(link == std::string(ns::to_string(k)) + ":[" + std::to_string(h.inode()) + "]\n");
    auto again = handle::from_path(k, "/proc/self/ns/" + std::string(ns::to_string(k)));
    BOOST_REQUIRE(again);
    BOOST_TEST(h.same_as(again.value()));
  }
  BOOST_TEST(!own(kind::net).same_as(own(kind::uts)));
}

// A thread may be in a namespace of its own; /proc/self would be the main thread's.
BOOST_AUTO_TEST_CASE(self_is_the_calling_thread)
{
  const auto mine = own(kind::uts);
  bool unshared = false;
  bool differs = false;
  std::thread([&] {
    unshared = ::unshare(CLONE_NEWUTS) == 0;
    if (!unshared) return;
    const auto other = handle::of_self(kind::uts);
    differs = other && !other.value().same_as(mine);
  }).join();
  if (!unshared) {
    BOOST_TEST_MESSAGE("skipped: unshare(CLONE_NEWUTS) is not permitted");
    return;
  }
  BOOST_TEST(differs);
  BOOST_TEST(mine.same_as(own(kind::uts)));
}

BOOST_AUTO_TEST_CASE(the_wrong_kind_is_refused_by_name)
{
  const auto h = handle::from_path(kind::net, "/proc/self/ns/uts");
  BOOST_REQUIRE(!h);
  BOOST_TEST((h.error().where() == stage::argument));
  BOOST_TEST(h.error().object() == "/proc/self/ns/uts is a uts namespace, not a net namespace");
}

BOOST_AUTO_TEST_CASE(what_is_no_namespace_is_refused)
{
  for (const char* path : {"/dev/null", "/proc/self/status", "/tmp"}) {
    const auto h = handle::from_path(kind::net, path);
    BOOST_REQUIRE(!h);
    BOOST_TEST((h.error().where() == stage::argument));
    BOOST_TEST(h.error().object() == std::string(path) + " is not a namespace");
  }
  BOOST_TEST(!handle::adopt(io::unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))));
  BOOST_TEST(!handle::adopt(io::unique_fd()));
  BOOST_TEST(!handle::from_path(kind::net, std::string("/proc/self/ns/net\0x", 19)));

  const auto missing = handle::from_path(kind::net, "/run/netns/no-such-namespace");
  BOOST_REQUIRE(!missing);
  BOOST_TEST((missing.error().where() == stage::open_ns_net));
  BOOST_TEST(missing.error().errnum() == ENOENT);
  BOOST_TEST(missing.error().object() == "/run/netns/no-such-namespace");
}

// The place where a namespace is expected may hold a FIFO that nobody writes to.
BOOST_AUTO_TEST_CASE(a_fifo_does_not_hang_the_caller)
{
  char directory[] = "/tmp/linx-ns-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(directory));
  const auto fifo = std::string(directory) + "/fifo";
  BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  BOOST_TEST(!handle::from_path(kind::net, fifo));
  ::unlink(fifo.c_str());
  ::rmdir(directory);
}

// The directory is pinned: after the process is gone it answers for nobody else who gets the number.
BOOST_AUTO_TEST_CASE(a_pinned_process_directory_answers_while_the_process_lives)
{
  int gate[2];
  BOOST_REQUIRE(::pipe2(gate, O_CLOEXEC) == 0);
  io::unique_fd read_end(gate[0]);
  io::unique_fd write_end(gate[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    write_end.reset();
    char byte;
    (void)!::read(read_end.get(), &byte, 1);
    ::_exit(0);
  }
  const io::unique_fd directory(
      ::open(("/proc/" + std::to_string(child)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  BOOST_REQUIRE(!!directory);
  for (const auto k : ns::all_kinds) {
    const auto h = handle::from_proc_dir(k, directory.get());
    BOOST_REQUIRE(h);
    BOOST_TEST(h.value().same_as(own(k)));
  }
  write_end.reset();
  ::waitpid(child, nullptr, 0);
  for (const auto k : ns::all_kinds) {
    const auto gone = handle::from_proc_dir(k, directory.get());
    BOOST_REQUIRE(!gone);
    BOOST_TEST((gone.error().where() == ns::open_stage(k)), gone.error().message());
    BOOST_TEST((gone.error().errnum() == ESRCH || gone.error().errnum() == ENOENT));
  }
}

BOOST_AUTO_TEST_CASE(a_handle_keeps_a_namespace_alive_and_copies_are_the_same_one)
{
  const int outcome = linx::test::run_in_child([] {
    if (auto reason = linx::test::enter_fresh_network()) return linx::test::skip_child(*reason);
    auto first = handle::of_self(kind::net).value();
    const auto copy = first.duplicate();
    if (!copy || !copy.value().same_as(first) || copy.value().fd() == first.fd()) return 1;
    // The last process leaves it; the descriptor still opens the way back.
    if (::unshare(CLONE_NEWNET) != 0) return 2;
    if (handle::of_self(kind::net).value().same_as(first)) return 3;
    if (::setns(copy.value().fd(), CLONE_NEWNET) != 0) return 4;
    if (!handle::of_self(kind::net).value().same_as(first)) return 5;
    const io::unique_fd released = std::move(first).release();
    return released && first.fd() == -1 ? 0 : 6;
  });
  if (outcome != linx::test::child_skipped) BOOST_TEST(outcome == 0);
}

BOOST_AUTO_TEST_CASE(the_owner_is_the_user_namespace_that_governs_it)
{
  const int outcome = linx::test::run_in_child([] {
    if (auto reason = linx::test::enter_fresh_user_network()) return linx::test::skip_child(*reason);
    const auto owner = handle::of_self(kind::net).value().owning_user_namespace();
    if (!owner || owner.value().kind() != kind::user) return 1;
    if (!owner.value().same_as(handle::of_self(kind::user).value())) return 2;
    // Its uts namespace was not unshared: that one is governed from outside, and may not be asked about from
    // inside.
    const auto outside = handle::of_self(kind::uts).value().owning_user_namespace();
    return !outside && outside.error().errnum() == EPERM && outside.error().where() == stage::open_ns_user
               ? 0
               : 3;
  });
  if (outcome != linx::test::child_skipped) BOOST_TEST(outcome == 0);
}

// A namespace of its own, of the kind, held by the descriptor alone; the caller's are what they were.
BOOST_AUTO_TEST_CASE(a_fresh_one_without_a_process)
{
  const int outcome = linx::test::run_in_child([] {
    if (auto reason = linx::test::enter_fresh_user_network()) return linx::test::skip_child(*reason);
    std::vector<ino_t> before;
    for (const auto k : ns::all_kinds) before.push_back(own(k).inode());
    const auto descriptors = linx::test::open_descriptors();
    std::thread([] { ::pause(); }).detach(); // a process with threads, as servers are
    for (const auto k : ns::all_kinds) {
      if (k == kind::pid) continue;
      const auto fresh = handle::make(k);
      if (!fresh) std::fprintf(stderr, "%s\n", fresh.error().message().c_str());
      if (!fresh || fresh.value().kind() != k) return 1;
      if (fresh.value().same_as(own(k)) || fresh.value().same_as(handle::make(k).value())) return 2;
      if ((::fcntl(fresh.value().fd(), F_GETFD) & FD_CLOEXEC) == 0) return 3;
      const auto owner = fresh.value().owning_user_namespace();
      if (!owner || !owner.value().same_as(own(kind::user))) return 4;
    }
    for (std::size_t i = 0; i != before.size(); ++i)
      if (own(ns::all_kinds[i]).inode() != before[i]) return 5;
    if (::waitpid(-1, nullptr, __WALL | WNOHANG) != -1 || errno != ECHILD) return 6; // no child is left
    return linx::test::open_descriptors() == descriptors ? 0 : 7;
  });
  if (outcome != linx::test::child_skipped) BOOST_TEST(outcome == 0);
}

// A handler of SIGCHLD and a status that is nobody's business: the child of a user namespace tells neither.
BOOST_AUTO_TEST_CASE(making_one_is_no_child_of_the_consumers)
{
  const int outcome = linx::test::run_in_child([] {
    static volatile sig_atomic_t heard = 0;
    ::signal(SIGCHLD, [](int) { heard = 1; });
    const auto fresh = handle::make(kind::user);
    if (!fresh && (fresh.error().errnum() == EPERM || fresh.error().errnum() == ENOSPC))
      return linx::test::skip_child(fresh.error().message());
    if (!fresh) return 1;
    return heard ? 2 : 0;
  });
  if (outcome != linx::test::child_skipped) BOOST_TEST(outcome == 0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_made)
{
  const auto pid = handle::make(kind::pid);
  BOOST_REQUIRE(!pid);
  BOOST_TEST((pid.error().where() == stage::argument));
  BOOST_TEST(pid.error().object().find("namespace_handle()") != std::string::npos);

  const int outcome = linx::test::run_in_child([] {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return 1;
    const auto net = handle::make(kind::net);
    if (net) return 2;
    return net.error().where() == stage::clone && net.error().errnum() == EPERM &&
                   net.error().object() == "a net namespace"
               ? 0
               : 3;
  });
  BOOST_TEST(outcome == 0);
}

BOOST_AUTO_TEST_SUITE_END()
