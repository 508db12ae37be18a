// What is open in the spawner, in a parked child and in the program that it becomes: what was given, and no
// more.
#include "spawner/client.hpp"

#include <dirent.h>

#include <algorithm>
#include <map>
#include <set>

BOOST_AUTO_TEST_SUITE(spawner_descriptors_kernel)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

// Number and target of each descriptor of a process.
std::map<int, std::string> descriptors_of(int pid)
{
  std::map<int, std::string> open;
  const std::string path = "/proc/" + std::to_string(pid) + "/fd";
  DIR* const directory = ::opendir(path.c_str());
  BOOST_TEST_REQUIRE(directory != nullptr);
  while (const dirent* const entry = ::readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    char target[256];
    const ssize_t size = ::readlink((path + "/" + entry->d_name).c_str(), target, sizeof target);
    open[std::atoi(entry->d_name)] = size < 0 ? "?" : std::string(target, static_cast<std::size_t>(size));
  }
  ::closedir(directory);
  return open;
}

std::set<int> numbers_of(const std::map<int, std::string>& open)
{
  std::set<int> numbers;
  for (const auto& [number, target] : open) numbers.insert(number);
  return numbers;
}

// A program that says that it runs, and waits for the end of its standard input.
request waiting(std::uint64_t id, int input)
{
  request wanted(id, shell("echo up; read line || true"));
  wanted.give(wire::fd_role::stdin_, input);
  return wanted;
}

// A descriptor that leaks into a workload keeps pipes from ending and sockets from closing.
BOOST_AUTO_TEST_CASE(a_program_has_what_it_was_given)
{
  program spawner;
  const descriptor leak(::open("/etc/passwd", O_RDONLY)); // inherited by nobody, though not close-on-exec
  pair input = make_pipe();
  parked_child child(spawner, waiting(1, input.host.get()));
  child.proceed();
  BOOST_TEST_REQUIRE(child.has_spoken());
  const auto open = descriptors_of(child.pid());
  BOOST_TEST(numbers_of(open) == (std::set<int>{0, 1, 2}), boost::test_tools::per_element());
  BOOST_TEST(open.at(2) == "/dev/null");
  input.child.close();
  BOOST_TEST(spawner.expect_exited(1) == 0);
}

// While parked it holds its checkpoint and its gifts; of the spawner only the pidfd that tells of its death.
BOOST_AUTO_TEST_CASE(a_parked_child_has_nothing_of_the_spawner_or_its_siblings)
{
  program spawner;
  parked_child first(spawner, request(1));
  request wanted(2);
  wanted.slot = 1;
  parked_child second(spawner, wanted);
  if (is_closed_to_us(first.pid())) return;
  for (const parked_child* child : {&first, &second}) {
    const auto open = descriptors_of(child->pid());
    BOOST_TEST(numbers_of(open) == (std::set<int>{0, 1, 2, 11, 12}), boost::test_tools::per_element());
    BOOST_TEST(open.at(11).find("pidfd") != std::string::npos);
  }
  BOOST_TEST(descriptors_of(first.pid()).at(12) != descriptors_of(second.pid()).at(12));
  first.run();
  second.run();
}

// The one that makes its checkpoint itself has had the spawner's control socket for a moment.
BOOST_AUTO_TEST_CASE(a_child_that_introduces_itself_has_nothing_else_either)
{
  program spawner;
  parked_child first(spawner, request(1), true, made_by::child);
  request wanted(2);
  wanted.slot = 1;
  parked_child second(spawner, wanted, true, made_by::child);
  if (is_closed_to_us(first.pid())) return;
  for (const parked_child* child : {&first, &second}) {
    BOOST_TEST_REQUIRE(first.step(steps()) == 0); // it is past what it closes after its introduction
    BOOST_TEST_REQUIRE(second.step(steps()) == 0);
    const auto open = descriptors_of(child->pid());
    // The last one is its checkpoint; those before it have been closed, or sent away.
    BOOST_TEST_REQUIRE(open.size() == 5u);
    BOOST_TEST(numbers_of(open) == (std::set<int>{0, 1, 2, 11, open.rbegin()->first}),
               boost::test_tools::per_element());
    BOOST_TEST(open.rbegin()->second.find("socket") != std::string::npos);
    BOOST_TEST(open.at(11).find("pidfd") != std::string::npos);
  }
  BOOST_TEST(descriptors_of(first.pid()).rbegin()->second != descriptors_of(second.pid()).rbegin()->second);
  first.run();
  second.run();
}

// The spawner keeps nothing of its children open, whatever became of them.
BOOST_AUTO_TEST_CASE(the_spawner_keeps_nothing)
{
  program spawner;
  if (is_closed_to_us(spawner.pid())) return;
  const std::set<int> own{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  BOOST_TEST(numbers_of(descriptors_of(spawner.pid())) == own, boost::test_tools::per_element());
  for (std::uint64_t id = 1; id != 20; ++id) {
    request wanted(id, {id % 3 == 0 ? "/nonexistent" : "/bin/true"});
    if (id % 2 == 0) {
      parked_child child(spawner, wanted);
      if (id % 4 == 0)
        child.abort();
      else
        child.proceed();
      spawner.expect(wire::frame_type::exited, id);
    } else {
      wanted.with(wire::spawn_flags::auto_proceed);
      spawner.send(wanted);
      if (id % 3 == 0) {
        spawner.expect_failed(id);
      } else {
        spawner.expect(wire::frame_type::spawned, id);
        spawner.expect_exited(id);
      }
    }
  }
  BOOST_TEST(numbers_of(descriptors_of(spawner.pid())) == own, boost::test_tools::per_element());
}

// Targets may be any numbers, the very ones that the sources or the checkpoint have on arrival among them.
BOOST_AUTO_TEST_CASE(extra_descriptors_get_their_numbers)
{
  program spawner;
  pair input = make_pipe();
  std::vector<descriptor> files;
  const std::uint32_t targets[] = {9, 8, 7, 12, 11, 10, 3, 60};
  request wanted = waiting(1, input.host.get());
  for (const std::uint32_t target : targets) {
    const std::string name = "file-" + std::to_string(target);
    files.emplace_back(::memfd_create(name.c_str(), MFD_CLOEXEC));
    wanted.extra(files.back().get(), target);
  }
  parked_child child(spawner, wanted);
  child.proceed();
  BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::exec));
  BOOST_TEST_REQUIRE(child.has_spoken());
  const auto open = descriptors_of(child.pid());
  std::set<int> expected{0, 1, 2};
  for (const std::uint32_t target : targets) {
    expected.insert(static_cast<int>(target));
    BOOST_TEST(open.at(static_cast<int>(target)).find("file-" + std::to_string(target) + " ") !=
               std::string::npos);
  }
  BOOST_TEST(numbers_of(open) == expected, boost::test_tools::per_element());
  input.child.close();
  BOOST_TEST(spawner.expect_exited(1) == 0);
}

// A number beyond the limit is the child's failure, at its own stage.
BOOST_AUTO_TEST_CASE(a_target_beyond_the_limit_fails_at_fd_pass)
{
  program spawner;
  request wanted(1);
  wanted.extra(0, 1u << 29);
  parked_child child(spawner, wanted, false);
  child.accept();
  BOOST_TEST(static_cast<int>(child.outcome()) == static_cast<int>(wire::slot_state::failed));
  BOOST_TEST(static_cast<int>(child.slot().where) == static_cast<int>(wire::stage::fd_pass));
  BOOST_TEST(child.slot().error == EBADF);
  spawner.expect_exited(1);
}

// One open file may serve as several of the three; what is not given is /dev/null.
BOOST_AUTO_TEST_CASE(standard_streams_are_any_descriptors)
{
  program spawner;
  pair output = make_pipe();
  request wanted(1, shell("cat; echo out; echo err >&2"));
  wanted.give(wire::fd_role::stdout_, output.child.get()).give(wire::fd_role::stderr_, output.child.get());
  wanted.with(wire::spawn_flags::auto_proceed);
  spawner.send(wanted);
  output.child.close();
  spawner.expect(wire::frame_type::spawned, 1);
  BOOST_TEST(read_all(output.host.get()) == "out\nerr\n");
  BOOST_TEST(spawner.expect_exited(1) == 0);
}

// The directory is the host's at the call, also where the child gets a mount namespace of its own: a
// descriptor entered after clone would lead back out of it.
BOOST_AUTO_TEST_CASE(the_working_directory_is_the_given_one)
{
  program spawner;
  const descriptor directory(::open("/usr/bin", O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (const std::uint32_t namespaces : {0u, static_cast<unsigned>(CLONE_NEWNS | CLONE_NEWUSER)}) {
    request wanted(1, shell("pwd -P; umount /proc/self/cwd 2>/dev/null; readlink /proc/self/cwd"));
    wanted.namespaces = namespaces;
    wanted.give(wire::fd_role::cwd, directory.get());
    parked_child child(spawner, wanted);
    BOOST_TEST(child.run() == "/usr/bin\n/usr/bin\n");
    if (::geteuid() != 0) continue; // to look into the spawner
    char cwd[256];
    const ssize_t size =
        ::readlink(("/proc/" + std::to_string(spawner.pid()) + "/cwd").c_str(), cwd, sizeof cwd);
    BOOST_TEST(std::string(cwd, static_cast<std::size_t>(size)) == "/");
  }
  request wanted(2);
  const descriptor file(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  wanted.with(wire::spawn_flags::auto_proceed).give(wire::fd_role::cwd, file.get());
  spawner.send(wanted);
  const auto [where, error] = spawner.expect_failed(2);
  BOOST_TEST(static_cast<int>(where) == static_cast<int>(wire::stage::cwd));
  BOOST_TEST(error == ENOTDIR);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
