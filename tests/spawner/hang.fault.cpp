// Births that do not come to an end: a program or a directory on a file system that never answers. They hold
// up nobody else, and can be ended.
#include "spawner/client.hpp"

#include "harness/namespaces.hpp"

#include <poll.h>
#include <sys/mount.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <sstream>

BOOST_AUTO_TEST_SUITE(spawner_hang_fault)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

// A FUSE mount whose server reads nothing, in a mount namespace of one's own.
class hung_file_system {
public:
  hung_file_system()
  {
    char name[] = "/tmp/linx-hung-XXXXXX";
    if (::mkdtemp(name) == nullptr) return;
    path_ = name;
    server_ = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
    const std::string options = "fd=" + std::to_string(server_) + ",rootmode=40000,user_id=0,group_id=0";
    is_there_ = server_ >= 0 && ::unshare(CLONE_NEWNS) == 0 &&
                ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                ::mount("hung", name, "fuse", 0, options.c_str()) == 0;
  }
  ~hung_file_system()
  {
    if (is_there_) ::umount2(path_.c_str(), MNT_DETACH);
    if (server_ >= 0) ::close(server_); // whoever still waits is told ENOTCONN
    ::rmdir(path_.c_str());
  }
  hung_file_system(const hung_file_system&) = delete;
  hung_file_system& operator=(const hung_file_system&) = delete;

  bool is_there() const { return is_there_; }
  std::string file() const { return path_ + "/program"; }
  const std::string& path() const { return path_; }

private:
  std::string path_;
  int server_ = -1;
  bool is_there_ = false;
};

// In a process of its own, whose number says at which step it failed.
void with_hung(const std::function<int(const hung_file_system&)>& body)
{
  const int status = linx::test::run_in_child([&] {
    const hung_file_system hung;
    if (!hung.is_there()) return linx::test::skip_child("no FUSE mount can be made here");
    return body(hung);
  });
  if (status == linx::test::child_skipped) {
    BOOST_TEST_MESSAGE("skipped: no FUSE mount can be made here");
    return;
  }
  BOOST_TEST(status == 0);
}

request by_itself(std::uint64_t id, std::vector<std::string> argv)
{
  request wanted(id, std::move(argv));
  wanted.with(wire::spawn_flags::auto_proceed);
  return wanted;
}

void kill_by_id(const program& spawner, std::uint64_t id)
{
  wire::kill_request order{};
  order.header = {sizeof order, wire::version, 0, wire::frame_type::kill, id};
  send_datagram(spawner.control(), &order, sizeof order);
}

// What becomes of a birth: refused, or told and then ended.
int ends(program& spawner, std::uint64_t id)
{
  for (;;) {
    const record got = spawner.next();
    if (got.is_end() || got.id() != id) return -1;
    if (got.type() == wire::frame_type::failed) return got.as<wire::failed_record>().error;
    if (got.type() == wire::frame_type::exited) return 0;
  }
}

// While it hangs in execve(2) an exit is told, others start, and it can be killed by its number, which is all
// that its host has of it.
BOOST_AUTO_TEST_CASE(a_program_that_never_comes_holds_up_nobody)
{
  with_hung([](const hung_file_system& hung) {
    program spawner;
    pair input = make_pipe();
    request good = by_itself(1, shell("read line; exit 7"));
    good.give(wire::fd_role::stdin_, input.host.get());
    spawner.send(good);
    if (spawner.next().type() != wire::frame_type::spawned) return 1;
    spawner.send(by_itself(2, {hung.file()}));
    input.child.close();
    if (spawner.expect_exited(1) != 7) return 2;
    for (std::uint64_t id = 3; id != 20; ++id) {
      spawner.send(by_itself(id, shell("exit 3")));
      if (spawner.next().type() != wire::frame_type::spawned) return 3;
      if (spawner.expect_exited(id) != 3) return 4;
    }
    parked_child parked(spawner, request(30, shell("echo here")));
    if (parked.run() != "here\n") return 5;
    kill_by_id(spawner, 2);
    return ends(spawner, 2) >= 0 ? 0 : 6;
  });
}

// As many as there are threads; the rest is refused at once, and what needs none goes on.
BOOST_AUTO_TEST_CASE(more_of_them_than_can_hang)
{
  with_hung([](const hung_file_system& hung) {
    program spawner;
    constexpr std::uint64_t count = 24;
    for (std::uint64_t id = 1; id != count + 1; ++id) spawner.send(by_itself(id, {hung.file()}));
    std::set<std::uint64_t> refused, ended;
    while (refused.empty()) {
      const record got = spawner.next();
      if (got.type() != wire::frame_type::failed) return 1;
      if (got.as<wire::failed_record>().error != EAGAIN) return 2;
      refused.insert(got.id());
    }
    parked_child parked(spawner, request(100, shell("exit 0")), false);
    while (ended.empty()) { // the others are refused on the way
      record got = spawner.next();
      if (got.id() == 100) break;
      if (got.type() != wire::frame_type::failed) return 3;
      refused.insert(got.id());
    }
    parked.wait_ready();
    parked.abort();
    if (spawner.expect_exited(100) != wire::exit_aborted) return 4;
    for (std::uint64_t id = 1; id != count + 1; ++id)
      if (refused.count(id) == 0) kill_by_id(spawner, id);
    while (refused.size() + ended.size() != count) {
      const record got = spawner.next();
      if (got.is_end()) return 5;
      if (got.type() == wire::frame_type::spawned) continue;
      if (!ended.insert(got.id()).second || refused.count(got.id()) != 0) return 6;
    }
    spawner.send(by_itself(200, shell("exit 9")));
    if (spawner.next().type() != wire::frame_type::spawned) return 7;
    return spawner.expect_exited(200) == 9 ? 0 : 8;
  });
}

// The host's working directory, which a child enters by itself, or by a setns helper for it.
BOOST_AUTO_TEST_CASE(a_directory_that_never_comes_holds_up_nobody)
{
  with_hung([](const hung_file_system& hung) {
    program spawner;
    const descriptor directory(::open(hung.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (const std::uint32_t namespaces :
         {0u, unsigned{CLONE_NEWUSER}, unsigned{CLONE_NEWUSER | CLONE_NEWTIME}}) {
      for (const made_by maker : {made_by::host, made_by::child}) {
        if (namespaces != 0 && maker == made_by::child) continue;
        request wanted(1);
        wanted.namespaces = namespaces;
        wanted.give(wire::fd_role::cwd, directory.get());
        parked_child stuck(spawner, wanted, false, maker);
        spawner.send(by_itself(2, shell("exit 3")));
        bool others_go_on = false;
        for (int records = 0; records != 3 && !others_go_on; ++records) {
          const record got = spawner.next();
          others_go_on = got.id() == 2 && got.type() == wire::frame_type::exited;
        }
        if (!others_go_on) return 1;
        kill_by_id(spawner, 1);
        if (ends(spawner, 1) < 0) return 2;
      }
    }
    return spawner.children().empty() ? 0 : 3;
  });
}

// Children of all threads of a process, oldest first, as soon as there are so many.
std::vector<int> await_children(int pid, std::size_t count)
{
  for (int attempt = 0; attempt != 6000; ++attempt) {
    std::vector<int> found;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
      std::istringstream children(read_file(task.path() / "children"));
      for (int child; children >> child;) found.push_back(child);
    }
    std::ranges::sort(found);
    if (found.size() >= count) return found;
    ::usleep(10'000);
  }
  return {};
}

// A thread that is relieved, is done with its birth, and relieves another one before that birth has been
// told: it tells it before it goes on with what the other one has left.
BOOST_AUTO_TEST_CASE(who_was_relieved_relieves)
{
  with_hung([](const hung_file_system& hung) {
    program spawner;
    std::string frames;
    std::vector<int> none;
    for (const std::uint64_t id : {1, 2}) frames += by_itself(id, {hung.file()}).frame(none);
    request last = by_itself(3, shell("exit 3"));
    last.with(wire::spawn_flags::introduce);
    frames += last.frame(none);
    send_datagram(spawner.control(), frames.data(), frames.size());
    const auto hanging = await_children(spawner.pid(), 2);
    if (hanging.size() != 2) return 1;
    ::kill(hanging.front(), SIGKILL);
    std::set<std::uint64_t> told;
    while (told.size() != 2) {
      const record got = spawner.next();
      if (got.is_end()) return 2;
      const bool is_over = got.type() == wire::frame_type::failed || got.type() == wire::frame_type::exited;
      if (is_over && !told.insert(got.id()).second) return 3;
    }
    if (told != std::set<std::uint64_t>{1, 3}) return 4;
    kill_by_id(spawner, 2);
    return ends(spawner, 2) >= 0 ? 0 : 5;
  });
}

// A host that goes away leaves none of them behind.
BOOST_AUTO_TEST_CASE(they_end_with_their_host)
{
  with_hung([](const hung_file_system& hung) {
    const descriptor directory(::open(hung.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    program spawner;
    spawner.send(by_itself(1, {hung.file()}));
    request wanted(2);
    wanted.namespaces = CLONE_NEWUSER | CLONE_NEWTIME;
    wanted.give(wire::fd_role::cwd, directory.get());
    const parked_child stuck(spawner, wanted, false);
    spawner.send(by_itself(3, shell("exit 3")));
    if (spawner.next().type() != wire::frame_type::spawned || spawner.expect_exited(3) != 3) return 1;
    spawner.close_control();
    return wait_readable(spawner.pidfd()) ? 0 : 2;
  });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
