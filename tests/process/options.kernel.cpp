// What the options do to a child, as the kernel and the child itself tell it.

#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(process_options_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// Runs it and compares what it wrote.
void check_output(process_options options, const std::string& expected)
{
  const auto end = test::run(run_to_end(std::move(options)));
  BOOST_REQUIRE_MESSAGE(end, why(end));
  BOOST_TEST(end.value().output == expected);
  BOOST_TEST(end.value().status.success(), to_string(end.value().status));
}

task<> fresh_namespaces(std::vector<ns::kind> kinds)
{
  process_options options("/bin/sleep");
  options.arg("1000");
  for (const auto kind : kinds) options.unshare(kind);
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  const pid_t pid = child.host_pid().value();
  for (const auto kind : ns::all_kinds) {
    const std::string name(ns::to_string(kind));
    const bool fresh = std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
    BOOST_TEST((ns_link(pid, name) != ns_link(::getpid(), name)) == fresh, name);
    LINX_TRY(const auto handle, child.namespace_handle(kind));
    LINX_TRY(const auto own, ns::handle::of_self(kind));
    BOOST_TEST(handle.same_as(own) == !fresh, name);
  }
  co_return success();
}

task<> id_maps_from_options(bool automatic)
{
  auto options = shell("id -u; id -g; cat /proc/self/setgroups; cat /proc/self/uid_map");
  options.unshare("user").uid_map(id_map::root(::geteuid())).gid_map(id_map::root(::getegid()));
  options.deny_setgroups().auto_proceed(automatic);
  LINX_TRY(const auto end, co_await run_to_end(std::move(options)));
  BOOST_TEST(end.output.starts_with("0\n0\ndeny\n"), end.output);
  BOOST_TEST(end.output.find(" " + std::to_string(::geteuid()) + " ") != std::string::npos, end.output);
  co_return success();
}

task<> id_maps_at_the_checkpoint()
{
  auto options = shell("id -u; id -g");
  options.unshare("user").standard_output(stdio::pipe());
  LINX_TRY(auto child, co_await spawn_parked(std::move(options)));
  LINX_TRY(auto pipe, child.stdout_pipe());
  LINX_TRYV(co_await child.set_uid_map(id_map::root(::geteuid())));
  LINX_TRYV(co_await child.set_gid_map(id_map::root(::getegid())));
  const auto twice = co_await child.set_uid_map(id_map::root(::geteuid()));
  BOOST_TEST((twice.error().where() == stage::uid_map)); // once for each namespace
  BOOST_TEST(twice.error().errnum() == EPERM);
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto text, co_await read_to_end(std::move(pipe)));
  BOOST_TEST(text == "0\n0\n");
  co_return success();
}

task<> hostname_both_ways()
{
  auto options =
      shell("hostname").unshare("user,uts").hostname("from-options").standard_output(stdio::pipe());
  LINX_TRY(auto child, co_await spawn_parked(options));
  LINX_TRY(auto pipe, child.stdout_pipe());
  LINX_TRYV(co_await child.set_hostname("at-checkpoint"));
  const auto bad = co_await child.set_hostname("");
  BOOST_TEST((bad.error().where() == stage::argument));
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto text, co_await read_to_end(std::move(pipe)));
  BOOST_TEST(text == "at-checkpoint\n");

  LINX_TRY(auto sharing, co_await spawn_parked(shell("exit 0")));
  const auto refused = co_await sharing.set_hostname("would-rename-the-host");
  BOOST_TEST((refused.error().where() == stage::argument));
  co_return success();
}

task<> no_new_privs_both_ways()
{
  LINX_TRY(auto plain, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  BOOST_TEST(status_field(plain.host_pid().value(), "NoNewPrivs") == "0");
  auto options = process_options("/bin/sleep").arg("1000").no_new_privs();
  LINX_TRY(auto asked, co_await spawn_running(options));
  BOOST_TEST(status_field(asked.host_pid().value(), "NoNewPrivs") == "1");
  LINX_TRY(auto stepped, co_await spawn_parked(process_options("/bin/sleep").arg("1000")));
  LINX_TRYV(co_await stepped.no_new_privs());
  BOOST_TEST(status_field(stepped.host_pid().value(), "NoNewPrivs") == "1");
  co_return success();
}

task<> pipes_on_all_streams()
{
  auto options = shell("read line; echo out $line; echo err >&2").standard_streams(stdio::pipe());
  LINX_TRY(auto child, co_await spawn_running(options));
  LINX_TRY(auto in, child.stdin_pipe());
  LINX_TRY(auto out, child.stdout_pipe());
  LINX_TRY(auto err, child.stderr_pipe());
  BOOST_TEST((child.stdout_pipe().error() == errc::closed)); // once
  const std::string line = "hello\n";
  auto buffer = asio::buffer(line);
  co_await in.async_write_some(buffer, asio::use_awaitable);
  LINX_TRY(const auto said, co_await read_to_end(std::move(out)));
  BOOST_TEST(said == "out hello\n");
  LINX_TRY(const auto complained, co_await read_to_end(std::move(err)));
  BOOST_TEST(complained == "err\n");
  co_return success();
}

task<> borrowed_descriptor()
{
  int ends[2];
  BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  io::unique_fd read_end(ends[0]), write_end(ends[1]);
  auto options = shell("echo given")
                     .standard_output(stdio::descriptor(write_end.get()))
                     .standard_input(stdio::devnull());
  LINX_TRY(auto child, co_await process::spawn(options));
  const bool still_ours = ::fcntl(write_end.get(), F_GETFD) >= 0;
  BOOST_TEST(still_ours);
  write_end.reset(); // the loan ends with spawn()
  LINX_TRYV(co_await child.ready());
  LINX_TRYV(co_await child.proceed());
  char text[16];
  BOOST_TEST(::read(read_end.get(), text, sizeof text) == 6);
  BOOST_TEST(::read(read_end.get(), text, sizeof text) == 0); // nobody else holds the other end
  co_return success();
}

// A child of an ordinary user may make a socket in its namespace that the user himself could not make.
task<> socket_of_the_child()
{
  auto options = process_options("/bin/true").unshare("user,net");
  LINX_TRY(auto child, co_await spawn_parked(options));
  LINX_TRY(auto socket, co_await child.open_socket(AF_INET, SOCK_DGRAM, 0));
  BOOST_TEST((::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
  int netns = ::ioctl(socket.get(), 0x894c /* SIOCGSKNS, linux/sockios.h */);
  if (netns >= 0) {
    const io::unique_fd owner(netns);
    struct stat theirs {
    }, its{};
    BOOST_REQUIRE(::fstat(owner.get(), &its) == 0);
    LINX_TRY(const auto net, child.namespace_handle(ns::kind::net));
    BOOST_REQUIRE(::fstat(net.fd(), &theirs) == 0);
    BOOST_TEST(its.st_ino == theirs.st_ino);
  }
  const auto refused = co_await child.open_socket(-1, SOCK_DGRAM, 0);
  BOOST_TEST(refused.error().errnum() == EAFNOSUPPORT, why(refused));
  LINX_TRYV(co_await child.no_new_privs()); // a failed step leaves it parked
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(arguments_arrive_as_given)
{
  check_output(process_options("/bin/sh")
                   .arg("-c")
                   .arg("echo \"$0|$1|$2|$#\"")
                   .argv0("odd name")
                   .arg("a")
                   .arg("")
                   .arg("c d"),
               "a||c d|2\n");
  check_output(process_options("/bin/cat").arg("/proc/self/cmdline").argv0("kitten"),
               std::string("kitten\0/proc/self/cmdline\0", 26));
}

BOOST_AUTO_TEST_CASE(environment_is_inherited_changed_or_cleared)
{
  ::setenv("LINX_TEST", "inherited", 1);
  check_output(shell("echo $LINX_TEST"), "inherited\n");
  check_output(shell("echo $LINX_TEST").env("LINX_TEST", "changed"), "changed\n");
  check_output(process_options("/usr/bin/env").clear_env().env("ONLY", "this"), "ONLY=this\n");
  ::setenv("LINX_TEST", "later", 1); // as at the call, not as at the spawner's start
  check_output(shell("echo $LINX_TEST"), "later\n");
  ::unsetenv("LINX_TEST");
}

// No size cap: far beyond a datagram, up to what execve(2) itself takes.
BOOST_AUTO_TEST_CASE(a_large_request_goes_through)
{
  auto options = shell("echo ${#BIG} $#").argv0("sh");
  options.env("BIG", std::string(100000, 'x'));
  for (int i = 0; i != 5001; ++i) options.arg("argument-" + std::to_string(i));
  check_output(options, "100000 5000\n");
  check_output(options.auto_proceed(), "100000 5000\n");
}

BOOST_AUTO_TEST_CASE(the_directory_is_the_hosts_or_the_one_asked_for)
{
  const int code = run_in_child([] {
    if (::chdir("/usr") != 0) return 1;
    const auto inherited = test::run(run_to_end(process_options("/bin/pwd")));
    if (!inherited || inherited.value().output != "/usr\n") return 2;
    if (::chdir("/proc") != 0) return 3;
    const auto later = test::run(run_to_end(process_options("/bin/pwd")));
    if (!later || later.value().output != "/proc\n") return 4;
    const auto asked = test::run(run_to_end(process_options("/bin/pwd").cwd("/etc")));
    return asked && asked.value().output == "/etc\n" ? 0 : 5;
  });
  BOOST_TEST(code == 0);
}

task<> two_umasks()
{
  const auto former = ::umask(0027);
  auto first = co_await run_to_end(shell("umask"));
  ::umask(0077); // the spawner was started under the other one
  auto second = co_await run_to_end(shell("umask"));
  ::umask(former);
  BOOST_TEST(first.value().output == "0027\n");
  BOOST_TEST(second.value().output == "0077\n");
  co_return success();
}
BOOST_AUTO_TEST_CASE(the_umask_is_the_hosts_at_the_call)
{
  run_body(two_umasks());
}

BOOST_AUTO_TEST_CASE(all_eight_namespaces)
{
  const std::vector<ns::kind> all(ns::all_kinds.begin(), ns::all_kinds.end());
  run_body(fresh_namespaces(all));
  run_body(fresh_namespaces({}));
}

BOOST_AUTO_TEST_CASE(each_namespace_alone)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: namespaces without a user namespace take root");
    return;
  }
  for (const auto kind : ns::all_kinds) run_body(fresh_namespaces({kind}));
}

BOOST_AUTO_TEST_CASE(id_maps_of_the_options)
{
  run_body(id_maps_from_options(false));
}
BOOST_AUTO_TEST_CASE(id_maps_with_auto_proceed)
{
  run_body(id_maps_from_options(true));
}
BOOST_AUTO_TEST_CASE(id_maps_as_steps)
{
  run_body(id_maps_at_the_checkpoint());
}
BOOST_AUTO_TEST_CASE(hostname_as_option_and_step)
{
  run_body(hostname_both_ways());
}
BOOST_AUTO_TEST_CASE(no_new_privs_as_option_and_step)
{
  run_body(no_new_privs_both_ways());
}
BOOST_AUTO_TEST_CASE(pipes_as_standard_streams)
{
  run_body(pipes_on_all_streams());
}
BOOST_AUTO_TEST_CASE(a_borrowed_descriptor_stays_the_callers)
{
  run_body(borrowed_descriptor());
}
BOOST_AUTO_TEST_CASE(a_socket_made_by_the_child)
{
  run_body(socket_of_the_child());
}

// Nothing is inherited that was not given, whatever the host has open.
BOOST_AUTO_TEST_CASE(a_child_has_three_descriptors_and_no_more)
{
  const io::unique_fd leaky(::open("/dev/zero", O_RDONLY)); // without close-on-exec
  for (const bool automatic : {false, true})
    check_output(process_options("/bin/ls").arg("/proc/self/fd").auto_proceed(automatic),
                 "0\n1\n2\n3\n"); // 3: ls's own
}

BOOST_AUTO_TEST_CASE(signals_are_reset_in_the_child)
{
  const auto former = ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  for (const bool automatic : {false, true})
    check_output(process_options("/bin/grep")
                     .arg("-E")
                     .arg("^Sig(Blk|Ign):")
                     .arg("/proc/self/status")
                     .auto_proceed(automatic),
                 "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGPIPE, former);
}

BOOST_AUTO_TEST_SUITE_END()
