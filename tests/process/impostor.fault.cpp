// Somebody takes a copy of an end of a socket between host, spawner and child (pidfd_getfd(2)) and says what
// none of the three ever says. Each session ends once, at the stage that tells what was wrong; nothing runs
// that was not asked for; no orphan, no zombie, no descriptor is left, and the next spawn works.

#include "process/fault_hosts.hpp"
#include "process/fault_life.hpp"

#include "process/datagram.hpp"
#include "process/protocol.hpp"

#include <fcntl.h>
#include <filesystem>
#include <map>
#include <set>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_impostor_fault)

using namespace linx;
using namespace linx::test;
namespace wire = linx::wire;

namespace {

/// A datagram that nobody expects.
struct nonsense {
  std::string_view name;
  std::string bytes;
  int descriptors = 0;
};

/// A frame that is all header. \param length what it says of itself.
std::string header(wire::frame_type type, std::uint64_t id, std::uint32_t length = sizeof(wire::frame_header),
                   std::uint8_t descriptors = 0, std::uint8_t version = wire::version)
{
  const wire::frame_header h{length, version, descriptors, type, id};
  return {reinterpret_cast<const char*>(&h), sizeof h};
}

constexpr std::uint64_t nobody = 1ull << 60; // an id that no session has
constexpr auto no_type = static_cast<wire::frame_type>(999);

/// What is wrong on each socket, whatever its `type`.
std::vector<nonsense> broken(wire::frame_type type)
{
  return {
      {"a byte", "x"},
      {"another version", header(type, nobody, sizeof(wire::frame_header), 0, wire::version + 1)},
      {"a frame that is cut off", header(type, nobody, 64)},
      {"a frame of no length", header(type, nobody, 0)},
      {"a type that is none", header(no_type, nobody)},
      {"a type that is none, with many descriptors", header(no_type, nobody), 250},
      {"more than any message", std::string(wire::max_datagram + 4096, 'x')},
  };
}

std::vector<nonsense> of_a_child()
{
  auto all = broken(wire::frame_type::ready);
  all.push_back({"READY without a pid", header(wire::frame_type::ready, 0)});
  all.push_back({"DONE without an answer", header(wire::frame_type::done, 1)});
  all.push_back({"a word of the spawner", header(wire::frame_type::exited, 1)});
  return all;
}

std::vector<nonsense> of_a_spawner()
{
  auto all = broken(wire::frame_type::spawned);
  const auto size = static_cast<std::uint32_t>(sizeof(wire::frame_header));
  all.push_back({"more descriptors than came", header(wire::frame_type::spawned, nobody, size, 2)});
  all.push_back({"an exit without a record", header(wire::frame_type::exited, nobody)});
  all.push_back({"a word of a child", header(wire::frame_type::ready, nobody)});
  all.push_back({"a frame about nobody", header(wire::frame_type::exited, 0)});
  return all;
}

std::vector<nonsense> to_the_spawner()
{
  auto all = broken(wire::frame_type::spawn);
  const auto size = static_cast<std::uint32_t>(sizeof(wire::spawn_request));
  std::string zeros = header(wire::frame_type::spawn, nobody, size);
  zeros.resize(size);
  all.push_back({"a request of zeros", zeros});
  all.push_back({"a request of ones", header(wire::frame_type::spawn, nobody, size) +
                                          std::string(size - sizeof(wire::frame_header), '\xff')});
  all.push_back({"a policy for nobody", header(wire::frame_type::orphan, nobody)});
  all.push_back({"a word of its own", header(wire::frame_type::hello, nobody)});
  return all;
}

result<> say(int socket, const nonsense& what)
{
  const io::unique_fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::vector<int> fds(static_cast<std::size_t>(what.descriptors), null.get());
  return linx::detail::send_datagram(socket, std::as_bytes(std::span(what.bytes)), fds);
}

/// A copy of a descriptor of another process.
result<io::unique_fd> stolen(pid_t from, int number)
{
  const io::unique_fd victim(static_cast<int>(::syscall(SYS_pidfd_open, from, 0)));
  io::unique_fd copy(static_cast<int>(::syscall(SYS_pidfd_getfd, victim.get(), number, 0)));
  if (!copy) return error::from_errno(errno, stage::open).with_object("pidfd_getfd");
  return copy;
}

/// Linux 5.6, the right to trace a process that is not dumpable (ptrace(2)), as the spawner and its parked
/// children are, and no filter that forbids it.
bool may_steal()
{
  const int ready = ::eventfd(0, EFD_CLOEXEC);
  const pid_t other = ::fork();
  if (other == 0) {
    ::prctl(PR_SET_DUMPABLE, 0);
    ::eventfd_write(ready, 1);
    for (;;) ::pause();
  }
  eventfd_t ignored = 0;
  ::eventfd_read(ready, &ignored);
  ::close(ready);
  const auto copy = stolen(other, 2);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  if (!copy) BOOST_TEST_MESSAGE("skipped: " << why(copy));
  return copy.has_value();
}

/// The sockets of a process beside its standard streams: number and name. One that is closed meanwhile is
/// none.
std::map<int, std::string> sockets_of(pid_t pid)
{
  std::map<int, std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    const int number = std::stoi(entry.path().filename());
    std::error_code closed;
    auto name = std::filesystem::read_symlink(entry.path(), closed).string();
    if (number > 2 && name.starts_with("socket:")) found.emplace(number, std::move(name));
  }
  return found;
}

/// The end of a parked child. One that introduced itself has for a moment the spawner's end of the control
/// socket, the host's end of its own, and two numbers for this.
task<io::unique_fd> end_of_child(pid_t child, pid_t spawner)
{
  std::set<std::string> foreign;
  for (const pid_t pid : {spawner, ::getpid()}) {
    for (auto& [number, name] : sockets_of(pid)) foreign.insert(name);
  }
  for (;;) {
    for (const auto& [number, name] : sockets_of(child)) {
      if (foreign.contains(name)) continue;
      auto copy = stolen(child, number);
      if (copy || copy.error().errnum() != EBADF) co_return copy;
    }
    LINX_TRYV(co_await pause_briefly());
  }
}

/// The host's own ends: of the control socket, and of a checkpoint for each child that is parked.
std::set<int> own_ends()
{
  std::set<int> found;
  for (int fd = 0; fd != 256; ++fd) {
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET) found.insert(fd);
  }
  return found;
}

/// A program that leaves a trace if it runs, and the trace.
class trace {
public:
  trace() { BOOST_REQUIRE(::mkdtemp(path_)); }
  ~trace() { std::filesystem::remove_all(path_); }
  trace(const trace&) = delete;
  trace& operator=(const trace&) = delete;
  process_options program() const { return process_options("/usr/bin/touch").arg(file()); }
  bool is_there() const { return std::filesystem::exists(file()); }

private:
  std::string file() const { return std::string(path_) + "/ran"; }
  char path_[32] = "/tmp/linx-impostor-XXXXXX";
};

result<> expect(std::string_view name, std::string_view is, std::string_view expected)
{
  if (is_one_of(is, expected)) return success();
  return wrong(std::string(name) + ": '" + std::string(is) + "' and not '" + std::string(expected) + "'");
}

/// Runs a body in a host of its own, with what there is beside the session.
using body = task<> (*)(surroundings&, host_record&);
void in_a_host(host_farm& farm, const std::string& name, body what)
{
  const auto whole = [what](host_record& record) -> task<> {
    surroundings around;
    LINX_TRYV(co_await measure(around));
    record.spawner = around.spawner;
    LINX_TRYV(co_await what(around, record));
    co_return co_await check_nothing_left(around);
  };
  farm.start(name, [whole](host_record& record) {
    const auto done = test::run(whole(record));
    return why(done);
  });
}

/// In the name of a child. The copy is kept until the session has ended, so that no end of file comes.
template <life_stage at>
task<> says_a_child(surroundings& around, host_record& record)
{
  for (const auto& each : of_a_child()) {
    {
      LINX_TRY(auto l, co_await bring_to(at, around.spawner, long_sleep()));
      record.child = l->pid;
      LINX_TRY(const auto copy, co_await end_of_child(l->pid, around.spawner));
      LINX_TRYV(say(copy.get(), each));
      LINX_TRY(const auto end, co_await ended_once(l->child, l->events));
      LINX_TRYV(expect(each.name, end, "failed at protocol"));
      const auto message = why(*l->child.info().outcome);
      if (message.find("message of the parked child") == message.npos) co_return wrong(message);
      const auto late = co_await l->child.proceed();
      if (!late.has_error()) co_return wrong("it proceeds");
    }
    LINX_TRYV(co_await check_nothing_left(around));
  }
  co_return success();
}

/// Somebody who only listens: the host sees no end of file at execve(2), and learns of it at the end.
/// \tparam killed the spawner dies meanwhile.
template <bool killed>
task<> listens_to_a_child(surroundings& around, host_record& record)
{
  {
    auto options = shell("read line; exit 5").standard_input(stdio::pipe());
    LINX_TRY(auto l, co_await bring_to(life_stage::parked, around.spawner, std::move(options)));
    record.child = l->pid;
    LINX_TRY(const auto copy, co_await end_of_child(l->pid, around.spawner));
    LINX_TRYV(co_await begin_to_proceed(*l));
    while (status_field(l->pid, "Name") != "sh") {
      LINX_TRYV(co_await pause_briefly());
    }
    if (killed) {
      ::kill(around.spawner, SIGKILL);
    } else {
      LINX_TRY(const auto closed, l->child.stdin_pipe()); // the script goes on
    }
    LINX_TRY(const auto end, co_await ended_once(l->child, l->events));
    LINX_TRYV(expect("the session", end, killed ? "signaled 9|unknown" : "exited 5"));
    while (!*l->proceeded) {
      LINX_TRYV(co_await pause_briefly());
    }
    if ((*l->proceeded)->has_error()) co_return (*l->proceeded)->error(); // it did run
  }
  if (killed) (void)co_await around.anchor->wait();
  co_return success();
}

/// In the name of the spawner: the host hangs up, and whoever it had made is ended.
task<> says_a_spawner(surroundings& around, host_record& record)
{
  for (const auto& each : of_a_spawner()) {
    {
      LINX_TRY(auto l, co_await bring_to(life_stage::parked, around.spawner, long_sleep()));
      record.child = l->pid;
      {
        LINX_TRY(const auto copy, stolen(around.spawner, wire::control_fd));
        LINX_TRYV(say(copy.get(), each));
      }
      LINX_TRY(const auto end, co_await ended_once(l->child, l->events));
      LINX_TRYV(expect(each.name, end, "failed at malformed"));
      const auto message = why(*l->child.info().outcome);
      if (message.find("linx-spawner " + std::to_string(around.spawner)) == message.npos)
        co_return wrong(message);
      const auto how = co_await around.anchor->wait();
      LINX_TRYV(expect(each.name, outcome_text(how), "signaled 9|signaled 15|unknown"));
    }
    LINX_TRYV(co_await check_nothing_left(around));
    record.spawner = around.spawner;
  }
  co_return success();
}

/// The same while a request lies in the control socket: it is not carried out any more.
task<> says_a_spawner_before_it_reads(surroundings& around, host_record& record)
{
  const trace never;
  {
    const pid_t spawner = around.spawner;
    auto options = never.program().auto_proceed();
    LINX_TRY(auto l, co_await bring_to(life_stage::before_ready, spawner, std::move(options)));
    {
      LINX_TRY(const auto copy, stolen(spawner, wire::control_fd));
      LINX_TRYV(say(copy.get(), {"a byte", "x"}));
    }
    LINX_TRY(const auto end, co_await ended_once(l->child, l->events));
    LINX_TRYV(expect("a byte", end, "failed at malformed"));
    l->let_go(spawner);
    LINX_TRYV(co_await dead(spawner));
  }
  (void)co_await around.anchor->wait();
  if (never.is_there()) co_return wrong("it ran");
  LINX_TRYV(co_await check_nothing_left(around));
  record.spawner = around.spawner;
  co_return success();
}

/// In the name of the host, to the spawner: it answers and goes on, and so does the session.
task<> hears_the_spawner(surroundings& around, host_record& record)
{
  const auto control = own_ends();
  if (control.size() != 1) co_return wrong(std::to_string(control.size()) + " sockets");
  {
    LINX_TRY(auto l, co_await bring_to(life_stage::parked, around.spawner, long_sleep()));
    record.child = l->pid;
    for (const auto& each : to_the_spawner()) {
      LINX_TRYV(say(*control.begin(), each));
      LINX_TRYV(co_await next_spawn_works()); // read, and answered
    }
    while (children_of(around.spawner).size() != 2) { // told of before they are reaped
      LINX_TRYV(co_await pause_briefly());
    }
    LINX_TRY(const auto end, co_await see_to_its_end(*l));
    LINX_TRYV(expect("the session", end, "signaled 15"));
  }
  const pid_t spawner = around.spawner;
  LINX_TRYV(co_await check_nothing_left(around));
  if (around.spawner != spawner) co_return wrong("another spawner");
  // An empty datagram looks like the end of the host.
  {
    LINX_TRY(auto l, co_await bring_to(life_stage::parked, around.spawner, long_sleep()));
    record.child = l->pid;
    LINX_TRYV(say(*control.begin(), {"nothing", ""}));
    LINX_TRY(const auto end, co_await ended_once(l->child, l->events));
    LINX_TRYV(expect("nothing", end, "failed at spawner_died|failed at exec_outcome"));
  }
  (void)co_await around.anchor->wait();
  co_return success();
}

/// In the name of the host, to a parked child.
task<> hears_a_child(surroundings& around, host_record& record)
{
  const auto control = own_ends();
  const auto checkpoint = [&control] {
    auto ends = own_ends();
    for (const int fd : control) ends.erase(fd);
    return ends;
  };
  const trace never;
  { // STEP: refused, and the child stays where it is
    LINX_TRY(auto l, co_await bring_to(life_stage::parked, around.spawner, long_sleep()));
    record.child = l->pid;
    const auto ends = checkpoint();
    if (ends.size() != 1) co_return wrong(std::to_string(ends.size()) + " checkpoint sockets");
    for (const auto& each : broken(wire::frame_type::step)) {
      LINX_TRYV(say(*ends.begin(), each));
      LINX_TRYV(co_await l->child.no_new_privs()); // so it has read that
    }
    LINX_TRY(const auto end, co_await see_to_its_end(*l));
    LINX_TRYV(expect("STEP", end, "signaled 15"));
  }
  const std::string step = "12345678"; // of a type that is none
  const nonsense words[] = {
      {"PROCEED and more", header(wire::frame_type::proceed, 0) + step},
      {"PROCEED with a step that is none",
       header(wire::frame_type::proceed, 0, sizeof(wire::frame_header) + 8) + step},
      {"PROCEED of another version",
       header(wire::frame_type::proceed, 0, sizeof(wire::frame_header), 0, wire::version + 2)},
      {"PROCEED with descriptors", header(wire::frame_type::proceed, 0), 3},
      {"nothing", ""},
  };
  for (const auto& each : words) {
    LINX_TRY(auto l, co_await bring_to(life_stage::parked, around.spawner, never.program()));
    record.child = l->pid;
    const auto ends = checkpoint();
    if (ends.size() != 1) co_return wrong(std::to_string(ends.size()) + " checkpoint sockets");
    LINX_TRYV(say(*ends.begin(), each));
    LINX_TRY(const auto end, co_await ended_once(l->child, l->events));
    // An empty datagram looks like the end of the host.
    LINX_TRYV(expect(each.name, end, each.bytes.empty() ? "failed at exec_outcome" : "failed at malformed"));
    if (never.is_there()) co_return wrong(std::string(each.name) + ": it ran");
  }
  co_return success();
}

} // namespace

// stage protocol: a message of the child that is none.
BOOST_AUTO_TEST_CASE(a_child_that_is_none)
{
  if (!may_steal()) return;
  host_farm farm;
  in_a_host(farm, "parked", says_a_child<life_stage::parked>);
  in_a_host(farm, "proceeding", says_a_child<life_stage::proceeding>);
  in_a_host(farm, "silent", listens_to_a_child<false>);
  in_a_host(farm, "silent, spawner killed", listens_to_a_child<true>);
  farm.finish();
}

// stage malformed: a record of the spawner that is none.
BOOST_AUTO_TEST_CASE(a_spawner_that_is_none)
{
  if (!may_steal()) return;
  host_farm farm;
  in_a_host(farm, "records", says_a_spawner);
  in_a_host(farm, "before it reads", says_a_spawner_before_it_reads);
  farm.finish();
}

// stage malformed: a word of the host that the child cannot read runs nothing; the spawner answers and goes
// on.
BOOST_AUTO_TEST_CASE(a_host_that_is_none)
{
  host_farm farm;
  in_a_host(farm, "to the spawner", hears_the_spawner);
  in_a_host(farm, "to a child", hears_a_child);
  farm.finish();
}

BOOST_AUTO_TEST_SUITE_END()
