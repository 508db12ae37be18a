// What a child is between clone and execve to those among whom it comes: a hostile root of the user namespace
// that it enters, a container that has laid something over /proc, a directory that leads out of a new root.
// Each test carries the attack out.
#include "spawner/client.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

BOOST_AUTO_TEST_SUITE(spawner_hostile_kernel)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

bool is_root()
{
  return ::geteuid() == 0;
}

bool needs_root()
{
  if (is_root()) return false;
  BOOST_TEST_MESSAGE("skipped: needs root");
  return true;
}

std::string with_nul(std::string text)
{
  return text + '\0';
}

std::string in_proc(int pid, const std::string& name)
{
  return "/proc/" + std::to_string(pid) + '/' + name;
}

// Whether the calling process can get at the other in any of the ways there are. What it finds of a process
// that has executed, or is gone, counts for nothing: `is_ours` says whether it was still the spawner's.
bool breaks_into(int pid, const std::function<bool(int)>& is_ours)
{
  const auto counts = [&](bool broken) { return broken && is_ours(pid); };
  const int memory = ::open(in_proc(pid, "mem").c_str(), O_RDWR | O_CLOEXEC);
  if (memory >= 0) ::close(memory);
  if (counts(memory >= 0)) return true;
  char byte = 0;
  const iovec here{&byte, 1}, there{reinterpret_cast<void*>(0x400000), 1};
  if (counts(::process_vm_readv(pid, &here, 1, &there, 1, 0) == 1)) return true;
  char text[64];
  for (const char* link : {"exe", "cwd", "root", "ns/mnt", "fd/3", "fd/8"})
    if (counts(::readlink(in_proc(pid, link).c_str(), text, sizeof text) > 0)) return true;
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  for (const int number : {3, 8, 9}) {
    const int copy = static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd, number, 0));
    if (copy >= 0) ::close(copy);
    if (counts(copy >= 0)) return true;
  }
  if (pidfd >= 0) ::close(pidfd);
  const bool seized = ::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0;
  const bool broken = counts(seized);
  if (seized) {
    ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
    ::waitpid(pid, nullptr, __WALL);
    ::ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
  }
  return broken;
}

// Root of a user namespace of its own, with all its capabilities; outside it is somebody with no privilege.
// It attacks what it is told to.
class container {
public:
  using attack = std::function<bool(int target, int stop)>;

  explicit container(attack what)
  {
    pair up = make_pipe(), orders = make_pipe();
    pid_ = ::fork();
    if (pid_ == 0) {
      orders.child.close();
      run(what, up.child.get(), orders.host.get());
    }
    up.child.close();
    orders_ = std::move(orders.child);
    BOOST_TEST_REQUIRE(wait_readable(up.host.get()));
    const std::string outside = is_root() ? "0 100000 1000" : "0 " + std::to_string(::geteuid()) + " 1";
    if (!is_root()) std::ofstream(in_proc(pid_, "setgroups")) << "deny";
    std::ofstream(in_proc(pid_, "uid_map")) << outside;
    std::ofstream(in_proc(pid_, "gid_map"))
        << (is_root() ? outside : "0 " + std::to_string(::getegid()) + " 1");
    ns_user_ = descriptor(::open(in_proc(pid_, "ns/user").c_str(), O_RDONLY | O_CLOEXEC));
  }
  ~container()
  {
    ::kill(pid_, SIGKILL);
    if (!waited_) ::waitpid(pid_, nullptr, 0);
  }
  container(const container&) = delete;
  container& operator=(const container&) = delete;

  int ns_user() const { return ns_user_.get(); }
  void begin(int target) { BOOST_TEST_REQUIRE(::write(orders_.get(), &target, sizeof target) > 0); }
  // Whether it got in.
  bool end()
  {
    orders_.close();
    int status = 0;
    ::waitpid(pid_, &status, 0);
    waited_ = true;
    BOOST_TEST_REQUIRE(WIFEXITED(status));
    BOOST_TEST_REQUIRE(WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 1;
  }

private:
  [[noreturn]] static void run(const attack& what, int up, int orders)
  {
    if (::unshare(CLONE_NEWUSER) != 0 || ::write(up, "", 1) != 1) ::_exit(3);
    int target = 0;
    if (::read(orders, &target, sizeof target) != sizeof target) ::_exit(4);
    if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) ::_exit(5);
    ::_exit(what(target, orders) ? 1 : 0);
  }

  pid_t pid_ = -1;
  bool waited_ = false;
  descriptor orders_, ns_user_;
};

bool is_readable(int fd)
{
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, 0) != 0;
}

// In the child's way through a user namespace that is another's, its root has no hold on it: it would have
// that of all the spawner's other children, too.
BOOST_AUTO_TEST_CASE(root_of_an_entered_namespace_gets_nothing_of_a_parked_child)
{
  container hostile([](int target, int) { return breaks_into(target, [](int) { return true; }); });
  program spawner;
  request secret(1, shell("exit 0"));
  secret.environment.push_back("TOKEN=of-another-child");
  parked_child victim(spawner, secret);
  request wanted(2);
  wanted.slot = 1;
  wanted.give(wire::fd_role::ns_user, hostile.ns_user());
  parked_child visitor(spawner, wanted);
  hostile.begin(visitor.pid());
  BOOST_TEST(!hostile.end());
  visitor.abort();
  BOOST_TEST(spawner.expect_exited(2) == wire::exit_aborted);
  victim.run();
}

// Nor on the way there: it looks at each of the spawner's children at each moment. None of them executes.
BOOST_AUTO_TEST_CASE(nor_of_one_that_comes_in)
{
  container hostile([](int spawner, int stop) {
    const auto is_ours = [](int) { return true; };
    for (char end = 0; !is_readable(stop) || ::read(stop, &end, 1) > 0;) {
      std::ifstream list(in_proc(spawner, "task/" + std::to_string(spawner) + "/children"));
      for (int pid = 0; list >> pid;)
        if (breaks_into(pid, is_ours)) return true;
    }
    return false;
  });
  program spawner;
  hostile.begin(spawner.pid());
  for (std::uint64_t id = 1; id != 200; ++id) {
    request wanted(id);
    wanted.give(wire::fd_role::ns_user, hostile.ns_user());
    parked_child visitor(spawner, wanted);
    visitor.abort();
    BOOST_TEST(spawner.expect_exited(id) == wire::exit_aborted);
  }
  BOOST_TEST(!hostile.end());
}

struct shared_mapping {
  std::size_t size = 0;
  std::size_t offset = 0;
  std::string what;
};

// What a process shares with others, by its /proc/<pid>/maps (proc(5)).
std::vector<shared_mapping> shared_of(int pid)
{
  std::vector<shared_mapping> found;
  std::istringstream maps(read_file(in_proc(pid, "maps")));
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::string range, access, offset, device, inode, name;
    fields >> range >> access >> offset >> device >> inode >> name;
    if (access.size() != 4 || access[3] != 's') continue;
    const auto begin = std::stoull(range, nullptr, 16);
    const auto end = std::stoull(range.substr(range.find('-') + 1), nullptr, 16);
    found.push_back({end - begin, std::stoull(offset, nullptr, 16), name});
  }
  return found;
}

// It shares one page, its own slot, with the host and nobody else, whatever way it came.
BOOST_AUTO_TEST_CASE(a_parked_child_shares_one_page_of_its_own)
{
  program spawner;
  const auto check = [&](parked_child& child, std::size_t slot) {
    const auto shared = shared_of(child.pid());
    BOOST_TEST_REQUIRE(shared.size() == 1u);
    BOOST_TEST(shared[0].size == 4096u);
    BOOST_TEST(shared[0].offset == slot * 4096);
    BOOST_TEST(shared[0].what.find("slots") != std::string::npos);
    child.abort();
    BOOST_TEST(spawner.expect_exited(slot) == wire::exit_aborted);
  };
  // A fresh user namespace is the one in which an ordinary user can look at it.
  request fresh(1);
  fresh.slot = 1;
  fresh.namespaces = CLONE_NEWUSER | CLONE_NEWNS;
  parked_child plain(spawner, fresh);
  check(plain, 1);
  fresh.id = fresh.slot = 2;
  fresh.namespaces = CLONE_NEWUSER | CLONE_NEWTIME; // by a setns helper
  parked_child through_helper(spawner, fresh);
  check(through_helper, 2);
  if (!is_root()) {
    request wanted(3);
    wanted.slot = 3;
    parked_child closed(spawner, wanted);
    BOOST_TEST(::open(in_proc(closed.pid(), "maps").c_str(), O_RDONLY | O_CLOEXEC) < 0);
    closed.run();
    return;
  }
  request wanted(3);
  wanted.slot = 3;
  parked_child introduced(spawner, wanted, true, made_by::child);
  BOOST_TEST_REQUIRE(introduced.step(steps()) == 0);
  check(introduced, 3);
}

// The other process of an init may run under the same ids. It is held up until process 1 has nothing left.
BOOST_AUTO_TEST_CASE(the_workload_waits_until_process_1_has_given_up_all)
{
  if (needs_root()) return; // to trace what is not dumpable
  program spawner;
  pair report = make_pipe(), output = make_pipe();
  request wanted(1, shell("echo here"));
  wanted.namespaces = CLONE_NEWPID;
  wanted.with(wire::spawn_flags::init).give(wire::fd_role::report, report.child.get());
  wanted.give(wire::fd_role::stdout_, output.child.get());
  parked_child init(spawner, wanted);
  output.child.close();
  const int pid = init.pid();
  BOOST_TEST_REQUIRE(::ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACEFORK) == 0);
  init.proceed();
  int status = 0;
  BOOST_TEST_REQUIRE(::waitpid(pid, &status, __WALL) == pid);
  BOOST_TEST_REQUIRE(status >> 8 == (SIGTRAP | (PTRACE_EVENT_FORK << 8)));
  unsigned long workload = 0;
  BOOST_TEST_REQUIRE(::ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &workload) == 0);
  BOOST_TEST_REQUIRE(::waitpid(static_cast<pid_t>(workload), &status, __WALL) ==
                     static_cast<pid_t>(workload));
  BOOST_TEST_REQUIRE(::ptrace(PTRACE_DETACH, workload, nullptr, nullptr) == 0);

  // Process 1 stands right after fork(2). The program would have spoken long ago.
  constexpr int long_enough_ms = 100;
  BOOST_TEST(!wait_readable(output.host.get(), long_enough_ms));
  BOOST_TEST_REQUIRE(::ptrace(PTRACE_DETACH, pid, nullptr, nullptr) == 0);
  BOOST_TEST(static_cast<int>(init.outcome()) == static_cast<int>(wire::slot_state::exec));
  BOOST_TEST(read_all(output.host.get()) == "here\n");
  BOOST_TEST(spawner.expect_exited(1) == 0);
}

BOOST_AUTO_TEST_CASE(process_1_shares_nothing)
{
  if (needs_root()) return;
  program spawner;
  pair report = make_pipe(), input = make_pipe();
  request wanted(1, shell("echo here; read line || true"));
  wanted.namespaces = CLONE_NEWPID;
  wanted.with(wire::spawn_flags::init).give(wire::fd_role::report, report.child.get());
  wanted.give(wire::fd_role::stdin_, input.host.get());
  parked_child init(spawner, wanted);
  init.proceed();
  BOOST_TEST_REQUIRE(init.has_spoken());
  BOOST_TEST(shared_of(init.pid()).empty());
  const std::filesystem::directory_iterator open(in_proc(init.pid(), "fd"));
  BOOST_TEST(std::distance(begin(open), end(open)) == 1); // its report
  input.child.close();
  BOOST_TEST(spawner.expect_exited(1) == 0);
}

// A new root that nothing should lead out of, and a /proc in it that shows the processes outside.
struct new_root {
  new_root()
  {
    char name[] = "/tmp/linx-root-XXXXXX";
    path = ::mkdtemp(name);
    std::filesystem::create_directory(path + "/proc");
    std::filesystem::create_directory(path + "/inside");
  }
  ~new_root()
  {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  new_root(const new_root&) = delete;
  new_root& operator=(const new_root&) = delete;

  steps enter() const
  {
    return steps()
        .add(wire::stage::mount, mount("none", "/", "", MS_REC | MS_PRIVATE))
        .add(wire::stage::mount, mount(path, path, "", MS_BIND))
        .add(wire::stage::mount, mount("/proc", path + "/proc", "", MS_BIND | MS_REC))
        .add(wire::stage::pivot_root, with_nul(path));
  }
  static std::string mount(const std::string& source, const std::string& target, const std::string& type,
                           std::uint64_t flags)
  {
    return std::string(reinterpret_cast<const char*>(&flags), sizeof flags) + with_nul(source) +
           with_nul(target) + with_nul(type) + with_nul("");
  }

  std::string path;
};

request in_new_root(std::uint64_t id)
{
  request wanted(id);
  wanted.namespaces = CLONE_NEWNS | (is_root() ? 0u : static_cast<unsigned>(CLONE_NEWUSER));
  return wanted;
}

// CVE-2024-21626: a working directory of the image's choice that is a descriptor left open. There is none,
// and no link of /proc is followed.
BOOST_AUTO_TEST_CASE(no_directory_leads_out_of_a_new_root)
{
  const new_root root;
  program spawner;
  const descriptor outside(::open("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC));
  request wanted = in_new_root(1);
  wanted.give(wire::fd_role::cwd, outside.get());
  parked_child child(spawner, wanted);
  BOOST_TEST_REQUIRE(child.step(root.enter()) == 0);
  for (int fd = 0; fd != 32; ++fd) {
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    BOOST_TEST(child.step(steps().add(wire::stage::chdir, with_nul(link))) != 0);
    BOOST_TEST(child.step(steps().add(wire::stage::chdir, with_nul(link + "/../"))) != 0);
  }
  for (const std::string& link : {in_proc(::getpid(), "root"), in_proc(::getpid(), "cwd")})
    BOOST_TEST(child.step(steps().add(wire::stage::chdir, with_nul(link))) == (is_root() ? ELOOP : EACCES));
  BOOST_TEST(child.step(steps().add(wire::stage::chdir, with_nul("/inside"))) == 0);
  child.abort();
  spawner.expect_exited(1);
}

// Where openat2(2) is refused such a link is followed, and what it led to is looked at.
BOOST_AUTO_TEST_CASE(nor_without_openat2)
{
  for (const int refusal : {ENOSYS, EPERM}) {
    const int status = linx::test::run_denied({{SYS_openat2, refusal}}, [] {
      const new_root root;
      program spawner;
      parked_child child(spawner, in_new_root(1));
      if (child.step(root.enter()) != 0) return 1;
      const std::string way_out = in_proc(::getpid(), "root");
      if (child.step(steps().add(wire::stage::chdir, with_nul(way_out))) == 0) return 2;
      if (child.step(steps().add(wire::stage::chdir, with_nul("/inside"))) != 0) return 3;
      if (child.step(steps().add_value(wire::stage::oom_score_adj, std::int32_t{321})) != 0) return 4;
      child.abort();
      return spawner.expect_exited(1) == wire::exit_aborted ? 0 : 5;
    });
    if (status == linx::test::child_skipped) {
      BOOST_TEST_MESSAGE("skipped: no seccomp filters here");
      return;
    }
    BOOST_TEST(status == 0);
  }
}

// The descriptors that made the child are gone when it says that it is ready.
BOOST_AUTO_TEST_CASE(what_the_child_has_used_is_closed)
{
  if (needs_root()) return; // to look at what is not dumpable
  program spawner;
  const descriptor directory(::open("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const descriptor uts(::open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC));
  const descriptor gift(::open("/dev/null", O_RDWR | O_CLOEXEC));
  request wanted(1);
  for (const auto role : {wire::fd_role::stdin_, wire::fd_role::stderr_}) wanted.give(role, gift.get());
  wanted.give(wire::fd_role::cwd, directory.get()).give(wire::fd_role::ns_uts, uts.get());
  wanted.extra(gift.get(), 14).extra(gift.get(), 300);
  parked_child child(spawner, wanted);
  std::set<int> open;
  for (const auto& each : std::filesystem::directory_iterator(in_proc(child.pid(), "fd")))
    open.insert(std::stoi(each.path().filename()));
  BOOST_TEST(open == (std::set<int>{0, 1, 2, 11, 12, 14, 300}), boost::test_tools::per_element());
  child.run();
}

// CVE-2019-16884 and its kind: what lies over /proc is no proc(5), or another file of one.
BOOST_AUTO_TEST_CASE(a_write_to_proc_lands_in_no_other_file)
{
  if (needs_root()) return;
  const new_root root;
  std::filesystem::create_directory(root.path + "/fake");
  std::filesystem::create_directory(root.path + "/fake/self");
  const std::string file = root.path + "/fake/self/oom_score_adj";
  std::ofstream(file) << "mine";
  program spawner;
  {
    parked_child child(spawner, in_new_root(1));
    const auto steps_to =
        steps()
            .add(wire::stage::mount, new_root::mount("none", "/", "", MS_REC | MS_PRIVATE))
            .add(wire::stage::mount, new_root::mount(root.path + "/fake", "/proc", "", MS_BIND));
    BOOST_TEST_REQUIRE(child.step(steps_to) == 0);
    BOOST_TEST(child.step(steps().add_value(wire::stage::oom_score_adj, std::int32_t{321})) == EXDEV);
    child.abort();
    spawner.expect_exited(1);
    BOOST_TEST(read_file(file) == "mine");
  }
  {
    parked_child other(spawner, request(2));
    request wanted = in_new_root(3);
    wanted.slot = 1;
    parked_child child(spawner, wanted);
    const auto steps_to =
        steps()
            .add(wire::stage::mount, new_root::mount("none", "/", "", MS_REC | MS_PRIVATE))
            .add(wire::stage::mount, new_root::mount(in_proc(other.pid(), "oom_score_adj"),
                                                     in_proc(child.pid(), "oom_score_adj"), "", MS_BIND));
    BOOST_TEST_REQUIRE(child.step(steps_to) == 0);
    const std::string before = read_file(in_proc(other.pid(), "oom_score_adj"));
    BOOST_TEST(child.step(steps().add_value(wire::stage::oom_score_adj, std::int32_t{321})) == EXDEV);
    BOOST_TEST(read_file(in_proc(other.pid(), "oom_score_adj")) == before);
    child.abort();
    other.abort();
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
