// Who is let to a parked child by its spawner: each visitor is what the kernel says that it is, and was when
// it connected.
#include "spawner/left_child.hpp"

#include "harness/namespaces.hpp"

#include <fstream>
#include <grp.h>
#include <linux/capability.h>
#include <sstream>
#include <sys/xattr.h>

BOOST_AUTO_TEST_SUITE(spawner_visitor_kernel)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;
using linx::test::private_directory;
using linx::test::run_in_child;

constexpr unsigned nobody = 65534;

bool is_root()
{
  if (::geteuid() == 0) return true;
  BOOST_TEST_MESSAGE("skipped: takes root");
  return false;
}

void or_exit(bool done)
{
  if (!done) ::_exit(99);
}

void become_nobody()
{
  or_exit(::setgroups(0, nullptr) == 0 && ::setresgid(nobody, nobody, nobody) == 0 &&
          ::setresuid(nobody, nobody, nobody) == 0);
}

// Nobody who has not been more, as after execve(2).
void become_plain_nobody()
{
  become_nobody();
  or_exit(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
}

void set_capabilities(std::uint64_t permitted)
{
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (unsigned i = 0; i != 2; ++i)
    data[i].effective = data[i].permitted = data[i].inheritable =
        static_cast<std::uint32_t>(permitted >> (32 * i));
  or_exit(::syscall(SYS_capset, &header, data) == 0);
}

// With this capability, which its programs have, too.
void become_nobody_with(unsigned capability)
{
  or_exit(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
  become_plain_nobody();
  set_capabilities(std::uint64_t{1} << capability);
  or_exit(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0);
}

// Into a user namespace in which each id is what it is outside, as root can make one.
void enter_namespace_of_the_same_ids()
{
  int ends[2];
  or_exit(::pipe2(ends, O_CLOEXEC) == 0);
  const auto self = std::to_string(::getpid());
  const pid_t writer = ::fork();
  if (writer == 0) {
    char word = 0;
    or_exit(::read(ends[0], &word, 1) == 1);
    for (const char* const name : {"uid_map", "gid_map"}) {
      std::ifstream own("/proc/self/" + std::string(name));
      std::ostringstream lines;
      for (std::uint64_t first = 0, there = 0, count = 0; own >> first >> there >> count;)
        lines << first << ' ' << first << ' ' << count << '\n';
      std::ofstream out("/proc/" + self + '/' + name);
      out << lines.str() << std::flush;
      or_exit(out.good());
    }
    ::_exit(0);
  }
  int status = -1;
  or_exit(::unshare(CLONE_NEWUSER) == 0 && ::write(ends[1], "y", 1) == 1 &&
          ::waitpid(writer, &status, 0) == writer && status == 0);
}

// A child that a process of another user has left, and the spawner that keeps it.
class foreign_child {
public:
  explicit foreign_child(const std::function<void()>& become)
  {
    int says[2], until[2];
    BOOST_TEST_REQUIRE(::pipe2(says, O_CLOEXEC) == 0);
    BOOST_TEST_REQUIRE(::pipe2(until, O_CLOEXEC) == 0);
    const descriptor end_of_maker(says[1]), begin(until[0]);
    says_ = descriptor(says[0]);
    until_ = descriptor(until[1]);
    maker_ = ::fork();
    if (maker_ == 0) {
      until_.close();
      ::_exit(run_in_child([&] {
        become();
        left_child one;
        const std::string word = one.directory.path("child") + ' ' + std::to_string(one.spawner->pid());
        one.leave();
        or_exit(::write(says[1], word.data(), word.size()) == static_cast<ssize_t>(word.size()));
        char end = 0;
        (void)!::read(until[0], &end, 1);
        return 0;
      }));
    }
  }
  ~foreign_child()
  {
    until_.close();
    int status = -1;
    ::waitpid(maker_, &status, 0);
    BOOST_TEST(status == 0);
  }
  foreign_child(const foreign_child&) = delete;
  foreign_child& operator=(const foreign_child&) = delete;

  // Where it is, and the pid of its spawner.
  std::pair<std::string, int> find()
  {
    char word[128]{};
    BOOST_TEST_REQUIRE((wait_readable(says_.get()) && ::read(says_.get(), word, sizeof word - 1) > 0));
    std::istringstream text(word);
    std::pair<std::string, int> found;
    text >> found.first >> found.second;
    BOOST_TEST_REQUIRE(found.second > 0);
    return found;
  }

private:
  pid_t maker_ = -1;
  descriptor says_, until_;
};

int answer_on(int connection)
{
  const record answer = receive_one(connection);
  return answer.type() == wire::frame_type::refused ? answer.as<wire::refused_record>().error : 0;
}

// The errno by which somebody is refused; 0: he is not.
int refusal_of(const std::string& path, const std::function<void()>& become)
{
  return run_in_child([&] {
    become();
    const auto connection = connect_to(path);
    return connection ? answer_on(connection->get()) : 98;
  });
}

// A program that has this capability by its file.
std::string make_privileged(const private_directory& place, const char* program, unsigned capability)
{
  const std::string path = place.path("program");
  std::filesystem::copy_file(program, path);
  const std::uint32_t data[] = {VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, 1u << capability, 0, 0, 0};
  BOOST_TEST_REQUIRE(::setxattr(path.c_str(), "security.capability", data, sizeof data, 0) == 0);
  BOOST_TEST_REQUIRE(::chmod(place.path().c_str(), 0755) == 0);
  return path;
}

// A visitor that has connected and is another program when the spawner comes to it. Its connection is ours.
int refusal_of_what_it_executes(const char* program, const std::function<bool(pid_t)>& has_become)
{
  const private_directory place;
  const std::string path = make_privileged(place, program, CAP_SYS_PTRACE);
  foreign_child one([] { become_nobody_with(CAP_SYS_PTRACE); });
  const auto [name, spawner] = one.find();
  BOOST_TEST_REQUIRE(::kill(spawner, SIGSTOP) == 0);
  const descriptor connection(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const auto address = address_of(name);
  const pid_t visitor = ::fork();
  if (visitor == 0) {
    become_plain_nobody();
    or_exit(::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::execl(path.c_str(), "program", "1000", nullptr);
    ::_exit(99);
  }
  BOOST_TEST(waits_for([&] { return has_become(visitor); }));
  BOOST_TEST_REQUIRE(::kill(spawner, SIGCONT) == 0);
  const int error = answer_on(connection.get());
  ::kill(visitor, SIGKILL);
  ::waitpid(visitor, nullptr, 0);
  return error;
}

std::string status_of(pid_t pid)
{
  return read_file("/proc/" + std::to_string(pid) + "/status");
}

} // namespace

// Nobody but the user of the spawner, and nobody who is less than that.
BOOST_AUTO_TEST_CASE(whoever_is_less_is_refused)
{
  if (!is_root()) return;
  left_child one;
  one.leave();
  BOOST_TEST(::chmod(one.directory.path("").c_str(), 0755) == 0);
  BOOST_TEST(::chmod(one.directory.path("child").c_str(), 0777) == 0);
  const auto refused = [&](const std::function<void()>& become) {
    return refusal_of(one.directory.path("child"), become);
  };
  BOOST_TEST(refused([] { become_nobody(); }) == EPERM);
  BOOST_TEST(refused([] { ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }) == EPERM);
  BOOST_TEST(refused([] { set_capabilities(1u << CAP_DAC_OVERRIDE); }) == EPERM);
  BOOST_TEST(refused([] { // root of a user namespace, and of all ids in it
               or_exit(::unshare(CLONE_NEWUSER) == 0);
             }) == EPERM);
  BOOST_TEST(refused([] { enter_namespace_of_the_same_ids(); }) == EPERM);
  // As a set-user-ID program is.
  BOOST_TEST(refused([] { or_exit(::setresuid(nobody, 0, 0) == 0); }) == EPERM);
  BOOST_TEST(refused([] { or_exit(::setresuid(0, 0, nobody) == 0); }) == EPERM);
  const controller first(one.directory);
  first.attached();
}

// The spawner of an ordinary user is shown the user namespace of that user's plain processes alone.
BOOST_AUTO_TEST_CASE(who_is_not_shown_is_refused)
{
  if (!is_root()) return;
  foreign_child one(become_plain_nobody);
  const auto found = one.find();
  const auto refused = [&](const std::function<void()>& become) { return refusal_of(found.first, become); };
  BOOST_TEST(refused(become_plain_nobody) == 0);
  BOOST_TEST(refused([] {}) == EPERM);
  BOOST_TEST(refused(become_nobody) == EPERM); // was more, and has executed nothing since
}

// All its maps say is what those of the namespace around it say.
BOOST_AUTO_TEST_CASE(a_user_namespace_with_equal_maps_is_another_one)
{
  if (!is_root()) return;
  foreign_child one(become_plain_nobody);
  const auto found = one.find();
  const auto refused = [&](const std::function<void()>& become) {
    return refusal_of(found.first, [&] {
      enter_namespace_of_the_same_ids();
      or_exit(read_file("/proc/self/uid_map") ==
              read_file("/proc/" + std::to_string(::getppid()) + "/uid_map"));
      become();
    });
  };
  BOOST_TEST(refused([] {}) == EPERM);
  BOOST_TEST(refused(become_nobody) == EPERM);
  BOOST_TEST(refused(become_plain_nobody) == EPERM);
  BOOST_TEST(refusal_of(found.first, become_plain_nobody) == 0);
}

// Whoever has its connection has not what that program has.
BOOST_AUTO_TEST_CASE(a_program_that_it_has_executed_meanwhile_does_not_count)
{
  if (!is_root()) return;
  BOOST_TEST(refusal_of_what_it_executes("/bin/sleep", [](pid_t pid) {
               return status_of(pid).find("\nCapPrm:\t0000000000080000\n") != std::string::npos;
             }) == EPERM);
}

// What has ended has no memory, and passes for what may be looked into.
BOOST_AUTO_TEST_CASE(nor_one_that_has_ended)
{
  if (!is_root()) return;
  BOOST_TEST(refusal_of_what_it_executes("/bin/true", [](pid_t pid) {
               return status_of(pid).find("\nState:\tZ") != std::string::npos;
             }) == EPERM);
}

BOOST_AUTO_TEST_SUITE_END()
