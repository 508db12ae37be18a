// Standard streams and extra descriptors, as the child's /proc and the child itself see them.

#include "process/stdio_support.hpp"

#include "harness/namespaces.hpp"

#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

BOOST_AUTO_TEST_SUITE(process_stdio_kernel)

using namespace linx;
using namespace linx::test;

namespace {

namespace local = asio::local;

error failure_of_spawn(process_options options)
{
  const auto spawned = test::run(process::spawn(std::move(options)));
  BOOST_REQUIRE_MESSAGE(!spawned, "it did not fail");
  BOOST_TEST_MESSAGE(spawned.error().message());
  return spawned.error();
}

void check_argument(const process_options& options, const std::string& object)
{
  const auto e = failure_of_spawn(options);
  BOOST_TEST((e.where() == stage::argument), e.message());
  BOOST_TEST(e.message().find(object) != std::string::npos, e.message());
}

/// Runs to the end with the streams as they are.
task<exit_status> run_plainly(process_options options)
{
  LINX_TRY(auto child, co_await process::spawn(std::move(options.auto_proceed())));
  const auto how = co_await child.wait();
  co_return how;
}

} // namespace

// A file is created with the host's umask, appended to, and shared by the streams that name it.
BOOST_AUTO_TEST_CASE(files)
{
  const scratch dir;
  const auto in = dir / "in", out = dir / "out";
  std::ofstream(in) << "hello\n";
  const mode_t former = ::umask(027);
  const auto log = stdio::file(out, O_WRONLY | O_CREAT);
  auto options = shell("cat; echo error >&2; echo done");
  options.standard_input(stdio::file(in, O_RDONLY)).standard_output(log).standard_error(log);
  const auto how = test::run(run_plainly(std::move(options)));
  ::umask(former);
  BOOST_REQUIRE_MESSAGE(how, why(how));
  BOOST_TEST(how.value().success());
  BOOST_TEST(content(out) == "hello\nerror\ndone\n");
  struct stat status {};
  BOOST_TEST(::stat(out.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0640u);
}

// The shorthand gives one open file to all three, which the child finds with the flags that were asked for.
BOOST_AUTO_TEST_CASE(one_file_for_all)
{
  const scratch dir;
  auto options = shell("echo a; echo b >&2; grep flags /proc/self/fdinfo/1 >&2");
  options.standard_streams(stdio::file(dir / "log", O_RDWR | O_CREAT | O_APPEND));
  const auto how = test::run(run_plainly(std::move(options)));
  BOOST_REQUIRE_MESSAGE(how, why(how));
  // O_LARGEFILE | O_APPEND | O_RDWR: no O_NONBLOCK is left behind, no O_CLOEXEC
  BOOST_TEST(content(dir / "log") == "a\nb\nflags:\t0102002\n");
}

// One open file under two numbers, whatever the source is; of a pipe the host has one end.
BOOST_AUTO_TEST_CASE(the_same_as_another)
{
  const auto both =
      test::run(run_to_end(shell("echo a; echo b >&2; echo c").standard_error(stdio::same_as(1))));
  BOOST_REQUIRE_MESSAGE(both, why(both));
  BOOST_TEST(both.value().output == "a\nb\nc\n");

  const scratch dir;
  for (const bool backwards : {false, true}) {
    const auto log = stdio::file(dir / "log", O_WRONLY | O_CREAT | O_TRUNC);
    auto options = shell("echo one >&2; echo two; echo three >&2"); // without O_APPEND: one position
    options.standard_output(backwards ? stdio::same_as(2) : log);
    options.standard_error(backwards ? log : stdio::same_as(1));
    const auto how = test::run(run_plainly(std::move(options)));
    BOOST_REQUIRE_MESSAGE(how, why(how));
    BOOST_TEST(content(dir / "log") == "one\ntwo\nthree\n");
  }
}

task<> one_end_of_a_pipe()
{
  auto options = process_options("/bin/sleep").arg("1000");
  options.standard_output(stdio::pipe()).standard_error(stdio::same_as(1));
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  const auto found = descriptors_of(child.host_pid().value());
  BOOST_TEST(found.at(1).starts_with("pipe:"));
  BOOST_TEST(found.at(2) == found.at(1));
  BOOST_TEST(child.stdout_pipe().has_value());
  BOOST_TEST((child.stderr_pipe().error() == errc::closed));
  co_return success();
}

BOOST_AUTO_TEST_CASE(the_same_pipe)
{
  run_body(one_end_of_a_pipe());
}

// A path that cannot be opened is an error of the call, with the path in it; nothing is started.
BOOST_AUTO_TEST_CASE(file_errors)
{
  const scratch dir;
  auto e =
      failure_of_spawn(process_options("/bin/true").standard_input(stdio::file(dir / "missing", O_RDONLY)));
  BOOST_TEST((e.where() == stage::open));
  BOOST_TEST(e.errnum() == ENOENT);
  BOOST_TEST(e.message().find(dir / "missing") != std::string::npos, e.message());
  // a FIFO that nobody reads does not make the host wait
  BOOST_TEST(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  e = failure_of_spawn(process_options("/bin/true").standard_output(stdio::file(dir / "fifo", O_WRONLY)));
  BOOST_TEST((e.where() == stage::open));
  BOOST_TEST(e.errnum() == ENXIO);
  check_argument(process_options("/bin/true").standard_input(stdio::file("", O_RDONLY)), "empty path");
  check_argument(process_options("/bin/true").standard_input(stdio::file({"a\0b", 3}, O_RDONLY)), "NUL");
}

task<> talk(local::stream_protocol::endpoint where, std::string path)
{
  const executor home = co_await asio::this_coro::executor;
  local::stream_protocol::acceptor listener(home, where);
  auto options = shell("read line; echo \"got $line\"").standard_error(stdio::devnull());
  options.standard_input(stdio::connect_unix(path)).standard_output(stdio::connect_unix(path));
  LINX_TRY(auto child, co_await process::spawn(std::move(options.auto_proceed())));
  // Both connections are there before the child is, in the order of the numbers.
  local::stream_protocol::socket in(home), out(home);
  listener.accept(in);
  listener.accept(out);
  BOOST_TEST(in.write_some(asio::buffer("hello\n", 6)) == 6u);
  asio::posix::stream_descriptor end(home, out.release());
  LINX_TRY(const std::string text, co_await read_to_end(std::move(end)));
  BOOST_TEST(text == "got hello\n");
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST(how.success());
  co_return success();
}

// Sockets by path and by abstract name; the child's end blocks.
BOOST_AUTO_TEST_CASE(connect_unix)
{
  const scratch dir;
  run_body(talk(local::stream_protocol::endpoint(dir / "s"), dir / "s"));
  const std::string name = "linx-stdio-test-" + std::to_string(::getpid());
  run_body(talk(local::stream_protocol::endpoint(std::string(1, '\0') + name), '@' + name));
}

// Each way in which a connection can be refused names the stage and the path.
BOOST_AUTO_TEST_CASE(connect_unix_errors)
{
  const scratch dir;
  const auto refused = [&](const std::string& path, int errnum) {
    const auto e = failure_of_spawn(process_options("/bin/true").standard_input(stdio::connect_unix(path)));
    BOOST_TEST((e.where() == stage::connect_unix), e.message());
    BOOST_TEST(e.errnum() == errnum, e.message());
    BOOST_TEST(e.message().find(path) != std::string::npos, e.message());
  };
  refused(dir / "missing", ENOENT);
  refused("@linx-nobody-" + std::to_string(::getpid()), ECONNREFUSED);
  std::ofstream(dir / "file") << "";
  refused(dir / "file", ECONNREFUSED);

  asio::io_context context;
  const local::datagram_protocol::socket datagrams(context,
                                                   local::datagram_protocol::endpoint(dir / "dgram"));
  refused(dir / "dgram", EPROTOTYPE);
  local::stream_protocol::acceptor closed(context, local::stream_protocol::endpoint(dir / "closed"));
  closed.close();
  refused(dir / "closed", ECONNREFUSED);

  // A full queue is an error, and not a host that waits.
  local::stream_protocol::acceptor full(context);
  full.open();
  full.bind(local::stream_protocol::endpoint(dir / "full"));
  full.listen(0);
  local::stream_protocol::socket first(context);
  first.connect(local::stream_protocol::endpoint(dir / "full"));
  refused(dir / "full", EAGAIN);

  check_argument(
      process_options("/bin/true").standard_input(stdio::connect_unix('/' + std::string(107, 'x'))), "108");
  check_argument(process_options("/bin/true").standard_input(stdio::connect_unix({"/a\0b", 4})), "NUL");
}

task<> exactly_those()
{
  const io::unique_fd a(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)), b(::open("/etc/group", O_RDONLY));
  const io::unique_fd leak(::open("/etc/hosts", O_RDONLY)); // inheritable, and not asked for
  for (const bool automatic : {false, true}) {
    auto options = shell("echo up; kill -STOP $$").standard_streams(stdio::devnull());
    options.standard_output(stdio::pipe());
    // in the way of the spawner's own numbers and of each other
    options.descriptor(8, a.get()).descriptor(3, b.get()).descriptor(9, a.get()).descriptor(700, b.get());
    for (int number = 10; number != 40; ++number) options.descriptor(number, b.get());
    LINX_TRY(auto child, co_await process::spawn(std::move(options.auto_proceed(automatic))));
    LINX_TRY(auto pipe, child.stdout_pipe());
    LINX_TRY(const pid_t pid, co_await child.ready());
    LINX_TRYV(co_await child.proceed());
    std::map<int, std::string> expected{{0, "/dev/null"},  {2, "/dev/null"},   {8, "/etc/passwd"},
                                        {3, "/etc/group"}, {9, "/etc/passwd"}, {700, "/etc/group"}};
    for (int number = 10; number != 40; ++number) expected[number] = "/etc/group";
    // Its word, for execve(2) closes one descriptor after the other, and the dynamic loader opens some.
    std::array<char, 3> up{};
    const auto room = asio::buffer(up);
    const auto said = co_await asio::async_read(pipe, room, asio::use_awaitable);
    BOOST_TEST(said == 3u);
    expected[1] = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/fd/1");
    BOOST_TEST(expected[1].starts_with("pipe:"));
    const auto found = descriptors_of(pid);
    BOOST_TEST((found == expected));
    for (const auto& [number, link] : found) BOOST_TEST_MESSAGE(number << ' ' << link);
  }
  co_return success();
}

// The child has open what it was given, at these numbers, and nothing else: by its /proc/<pid>/fd.
BOOST_AUTO_TEST_CASE(exactly_the_descriptors_asked_for)
{
  run_body(exactly_those());
}

task<> give_many(int count, int fd)
{
  auto options = process_options("/bin/sleep").arg("1000");
  for (int i = 0; i != count; ++i) options.descriptor(3 + i, fd);
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRY(const pid_t pid, co_await child.ready());
  LINX_TRYV(co_await child.proceed()); // before, nobody but root may look
  const auto found = descriptors_of(pid);
  for (int i = 0; i != count; ++i) BOOST_TEST(found.at(3 + i) == "/dev/null");
  co_return success();
}

// As many as one message takes beside what linx sends itself, and more.
BOOST_AUTO_TEST_CASE(many_descriptors)
{
  const io::unique_fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  run_body(give_many(248, null.get()));
  auto options = process_options("/bin/true");
  for (int i = 0; i != 254; ++i) options.descriptor(3 + i, null.get());
  check_argument(options, "254 descriptors");
}

BOOST_AUTO_TEST_CASE(descriptor_arguments)
{
  const auto base = process_options("/bin/true");
  check_argument(process_options(base).descriptor(5, 0).descriptor(5, 1), "two descriptors at number 5");
  check_argument(process_options(base).listen_descriptor(0).descriptor(3, 1), "two descriptors at number 3");
  check_argument(process_options(base).descriptor(2, 0), "number 2");
  check_argument(process_options(base).descriptor(5, -1), "descriptor -1");
  check_argument(process_options(base).descriptor(5, 987654), "987654");
  check_argument(process_options(base).listen_descriptor(987654), "987654");
  check_argument(process_options(base).listen_descriptor(0, "a:b"), "'a:b'");
  check_argument(process_options(base).listen_descriptor(0, "a\n"), "printable");
  check_argument(process_options(base).listen_descriptor(0).env("LISTEN_FDS", "7"), "LISTEN_FDS");
  check_argument(process_options(base).terminal({24, 80}).standard_error(stdio::pipe()), "standard stream 2");
}

// A number that the child's limit does not allow: the child fails at fd_pass, and says so.
BOOST_AUTO_TEST_CASE(fd_pass)
{
  for (const bool automatic : {false, true}) {
    const auto how =
        test::run(run_plainly(process_options("/bin/true").descriptor(1 << 29, 0).auto_proceed(automatic)));
    BOOST_REQUIRE(!how);
    BOOST_TEST((how.error().where() == stage::fd_pass), how.error().message());
    BOOST_TEST(how.error().errnum() == EBADF, how.error().message());
    BOOST_TEST(how.error().message().find("RLIMIT_NOFILE") != std::string::npos, how.error().message());
  }
}

task<> at_the_limit(int number)
{
  auto options = shell("echo /proc/$$/fd/" + std::to_string(number)).descriptor(number, 0).descriptor(3, 0);
  LINX_TRY(const auto end, co_await run_to_end(std::move(options)));
  BOOST_TEST(end.status.success());
  co_return success();
}

// The highest number that the limit allows works, too: nothing is moved above it on the way.
BOOST_AUTO_TEST_CASE(the_highest_number)
{
  const int code = run_in_child([] {
    const rlimit limit{400, 400};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
    return test::run(at_the_limit(399)) ? 0 : 2;
  });
  BOOST_TEST(code == 0);
}

/// What sd_listen_fds(3) looks at, printed by the child; its own pid is that of the shell.
constexpr auto listen_report = R"(echo "$LISTEN_FDS $LISTEN_FDNAMES"; [ "$LISTEN_PID" = $$ ] && echo own;
                                  cat <&3; cat <&4; env | grep -c LISTEN_PID=)";

task<> activated(bool automatic, const char* namespaces, bool big)
{
  const scratch dir;
  std::ofstream(dir / "a") << "first\n";
  std::ofstream(dir / "b") << "second\n";
  const io::unique_fd a(::open((dir / "a").c_str(), O_RDONLY | O_CLOEXEC));
  const io::unique_fd b(::open((dir / "b").c_str(), O_RDONLY | O_CLOEXEC));
  auto options = shell(listen_report);
  options.listen_descriptor(a.get(), "web").listen_descriptor(b.get()).auto_proceed(automatic);
  if (*namespaces) options.unshare(namespaces);
  // The request's strings are in a body file, and too many for the child's stack.
  for (int i = 0; big && i != 2000; ++i) options.env("VARIABLE_" + std::to_string(i), "value");
  LINX_TRY(const auto end, co_await run_to_end(std::move(options)));
  BOOST_TEST(end.status.success());
  BOOST_TEST(end.output == "2 web:unknown\nown\nfirst\nsecond\n1\n");
  co_return success();
}

// LISTEN_PID is the child's pid as it sees itself, on each path and as the init of a pid namespace; what the
// host inherited of these variables is replaced.
BOOST_AUTO_TEST_CASE(socket_activation)
{
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::setenv(name, "99", 1);
  for (const bool automatic : {false, true})
    for (const char* namespaces : {"", "user", "user,pid"})
      for (const bool big : {false, true}) run_body(activated(automatic, namespaces, big));
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
}

BOOST_AUTO_TEST_SUITE_END()
