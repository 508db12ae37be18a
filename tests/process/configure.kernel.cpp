// What a parked child does in its own namespaces: mounts, its root, kernel parameters. /proc says what came
// of it.

#include "process/support.hpp"

#include <fstream>
#include <sys/mount.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(process_configure_kernel)

using namespace linx;
using namespace linx::test;

namespace {

process_options in_user_namespace(process_options options, const char* others)
{
  return options.unshare("user")
      .unshare(others)
      .uid_map(id_map::root(::geteuid()))
      .gid_map(id_map::root(::getegid()));
}

std::string text_of(const std::string& path)
{
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// "tmpfs" if the last mount at this place in the child's namespace is one; "" without any.
std::string mounted_at(pid_t pid, const std::string& place)
{
  std::ifstream lines("/proc/" + std::to_string(pid) + "/mountinfo");
  std::string type;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(' ' + place + ' ') == line.npos) continue;
    const auto dash = line.find(" - ");
    type = line.substr(dash + 3, line.find(' ', dash + 3) - dash - 3);
  }
  return type;
}

void check_refused(const result<>& done, stage where, int errnum, const std::string& object)
{
  BOOST_REQUIRE(!done);
  const error& e = done.error();
  BOOST_TEST_MESSAGE(e.message());
  BOOST_TEST((e.where() == where), e.message());
  BOOST_TEST(e.errnum() == errnum, e.message());
  BOOST_TEST(e.message().find(object) != std::string::npos, e.message());
}

task<std::string> output_of(process& child)
{
  LINX_TRY(auto pipe, child.stdout_pipe());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(auto text, co_await read_to_end(std::move(pipe)));
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST(how.success(), to_string(how));
  co_return std::move(text);
}

task<> mounts()
{
  auto options = in_user_namespace(shell("stat -f -c %T /mnt"), "mount").standard_output(stdio::pipe());
  LINX_TRY(auto child, co_await spawn_parked(options));
  const pid_t pid = child.host_pid().value();
  const auto before = mounted_at(::getpid(), "/mnt");
  LINX_TRYV(co_await child.mount("", "/", "", MS_REC | MS_PRIVATE, ""));
  LINX_TRYV(co_await child.mount("none", "/mnt", "tmpfs", MS_NOSUID, "size=4096,mode=0700"));
  BOOST_TEST(mounted_at(pid, "/mnt") == "tmpfs");
  BOOST_TEST(mounted_at(::getpid(), "/mnt") == before);

  // A refused step leaves the child where it is.
  check_refused(co_await child.mount("none", "/mnt", "nofs", 0, ""), stage::mount, ENODEV, "'/mnt'");
  check_refused(co_await child.mount("none", "/nowhere", "tmpfs", 0, ""), stage::mount, ENOENT, "'/nowhere'");
  check_refused(co_await child.mount("none", "/mnt", "tmpfs", 0, "size=x"), stage::mount, EINVAL, "'/mnt'");
  check_refused(co_await child.mount("none", "", "tmpfs", 0, ""), stage::argument, 0, "target");
  check_refused(co_await child.mount("none", "/mnt", "tmpfs", 0, std::string("a\0b", 3)), stage::argument, 0,
                "NUL");
  check_refused(co_await child.mount("none", "/mnt", "tmpfs", 0, std::string(70000, 'x')), stage::argument, 0,
                "64 KiB");
  LINX_TRY(const auto text, co_await output_of(child));
  BOOST_TEST(text == "tmpfs\n");
  check_refused(co_await child.mount("none", "/mnt", "tmpfs", 0, ""), stage::argument, 0, "mount");

  LINX_TRY(auto shared, co_await spawn_parked(process_options("/bin/true")));
  check_refused(co_await shared.mount("none", "/mnt", "tmpfs", 0, ""), stage::argument, 0, "unshare");
  check_refused(co_await shared.pivot_root("/mnt"), stage::argument, 0, "unshare");
  co_return success();
}

task<> roots()
{
  auto options =
      in_user_namespace(shell("pwd; stat -f -c %T /media; "
                              "grep -c ' / / ' /proc/self/mountinfo; cat /proc/self/mountinfo >&2"),
                        "mount")
          .standard_output(stdio::pipe())
          .standard_error(stdio::devnull());
  LINX_TRY(auto child, co_await spawn_parked(options));
  const pid_t pid = child.host_pid().value();
  LINX_TRYV(co_await child.mount("", "/", "", MS_REC | MS_PRIVATE, ""));
  check_refused(co_await child.pivot_root("/bin/sh"), stage::pivot_root, ENOTDIR, "'/bin/sh'");
  check_refused(co_await child.pivot_root("/usr/share"), stage::pivot_root, EINVAL, "mount point");
  LINX_TRYV(co_await child.mount("/", "/mnt", "", MS_BIND | MS_REC, ""));
  LINX_TRYV(co_await child.mount("none", "/mnt/media", "tmpfs", 0, ""));
  LINX_TRYV(co_await child.pivot_root("/mnt"));
  BOOST_TEST(mounted_at(pid, "/media") == "tmpfs");
  BOOST_TEST(mounted_at(pid, "/mnt").empty()); // and nothing of the old root is left
  BOOST_TEST(mounted_at(pid, "/mnt/media").empty());
  LINX_TRY(const auto text, co_await output_of(child));
  BOOST_TEST(text.starts_with("/\ntmpfs\n1\n"), text);
  co_return success();
}

task<> parameters()
{
  const auto hosts = text_of("/proc/sys/net/ipv4/ip_forward");
  auto options = in_user_namespace(shell("cd /proc/sys; cat net/ipv4/ip_forward net/ipv4/conf/lo/rp_filter "
                                         "net/ipv4/ip_local_port_range kernel/hostname"),
                                   "net,uts")
                     .standard_output(stdio::pipe());
  LINX_TRY(auto child, co_await spawn_parked(options));
  const std::string other = hosts.starts_with("1") ? "0" : "1";
  LINX_TRYV(co_await child.set_sysctl("net.ipv4.ip_forward", other));
  LINX_TRYV(co_await child.set_sysctl("net/ipv4/conf/lo/rp_filter", "2"));
  LINX_TRYV(co_await child.set_sysctl("net.ipv4.ip_local_port_range", "20000 30001"));
  // The kernel shows this one as the real root's, whatever the namespace: an ordinary user has
  // set_hostname().
  std::string name = "named";
  LINX_TRYV(co_await child.set_hostname(name));
  if (::geteuid() == 0) {
    name = "by-sysctl";
    LINX_TRYV(co_await child.set_sysctl("kernel.hostname", name));
  } else {
    check_refused(co_await child.set_sysctl("kernel.hostname", "x"), stage::sysctl, EACCES, "not writable");
  }

  check_refused(co_await child.set_sysctl("net.ipv4.nope", "1"), stage::sysctl, ENOENT, "net.ipv4.nope");
  check_refused(co_await child.set_sysctl("net.ipv4.ip_forward", "x"), stage::sysctl, EINVAL, "'x'");
  check_refused(co_await child.set_sysctl("net.ipv4", "1"), stage::sysctl, EISDIR, "net.ipv4");
  check_refused(co_await child.set_sysctl("vm.swappiness", "1"), stage::argument, 0, "whole machine");
  check_refused(co_await child.set_sysctl("kernel.msgmax", "1"), stage::argument, 0, "ipc");
  check_refused(co_await child.set_sysctl("net.ipv4.ip_forward", ""), stage::argument, 0, "value");
  check_refused(co_await child.set_sysctl("../self", "1"), stage::argument, 0, "../self");
  LINX_TRY(const auto text, co_await output_of(child));
  BOOST_TEST(text == other + "\n2\n20000\t30001\n" + name + '\n');
  BOOST_TEST(text_of("/proc/sys/net/ipv4/ip_forward") == hosts);
  co_return success();
}

task<> hidden_parameters()
{
  LINX_TRY(auto child, co_await spawn_parked(in_user_namespace(process_options("/bin/true"), "net,mount")));
  LINX_TRYV(co_await child.mount("", "/", "", MS_REC | MS_PRIVATE, ""));
  const std::string path = "/proc/sys/net/ipv4/ip_forward";
  LINX_TRYV(co_await child.mount("/dev/null", path, "", MS_BIND, ""));
  check_refused(co_await child.set_sysctl("net.ipv4.ip_forward", "1"), stage::sysctl, EXDEV, "mounted over");
  LINX_TRYV(co_await child.mount("/", "/proc", "", MS_BIND | MS_REC, "")); // its sys is sysfs
  check_refused(co_await child.set_sysctl("net.ipv4.ip_forward", "1"), stage::sysctl, EXDEV, "no proc");
  LINX_TRYV(co_await child.mount("none", "/proc", "tmpfs", 0, ""));
  check_refused(co_await child.set_sysctl("net.ipv4.ip_forward", "1"), stage::sysctl, ENOENT, "net.ipv4");
  BOOST_REQUIRE(child.abort());
  LINX_TRYV(co_await child.wait());
  co_return success();
}

// The parameters of a namespace that was entered are the target's.
task<> parameters_of_a_target()
{
  auto options = in_user_namespace(process_options("/bin/sleep").arg("1000"), "net");
  LINX_TRY(auto target, co_await spawn_running(options));
  LINX_TRY(auto child, co_await process::enter(target, process_options("/bin/true")));
  LINX_TRYV(co_await child.ready());
  LINX_TRYV(co_await child.set_sysctl("net.ipv4.ip_default_ttl", "77"));
  auto reader = shell("cat /proc/sys/net/ipv4/ip_default_ttl").standard_output(stdio::pipe());
  LINX_TRY(auto second, co_await process::enter(target, reader));
  LINX_TRYV(co_await second.ready());
  LINX_TRY(const auto text, co_await output_of(second));
  BOOST_TEST(text == "77\n");
  co_return success();
}

task<> verbs_out_of_time()
{
  LINX_TRY(auto child, co_await process::spawn(
                           in_user_namespace(process_options("/bin/sleep").arg("1000"), "net,mount")));
  const auto early = co_await child.mount("none", "/mnt", "tmpfs", 0, "");
  BOOST_TEST((early.error() == errc::not_ready), why(early));
  LINX_TRYV(co_await child.ready());
  const auto socket = co_await child.open_socket(9999, SOCK_STREAM, 0);
  BOOST_TEST((socket.error().where() == stage::configure), why(socket));
  BOOST_TEST(socket.error().errnum() == EAFNOSUPPORT, why(socket));
  LINX_TRYV(co_await child.proceed());
  const auto late = co_await child.pivot_root("/mnt");
  BOOST_TEST((late.error() == errc::running), why(late));
  BOOST_REQUIRE(child.signal(SIGKILL));
  LINX_TRYV(co_await child.wait());
  const auto after = co_await child.set_sysctl("net.ipv4.ip_forward", "1");
  BOOST_TEST((after.error() == errc::no_process), why(after));
  co_return success();
}

} // namespace

// In the child's namespace and nowhere else; each refusal says where and why.
BOOST_AUTO_TEST_CASE(mount)
{
  run_body(mounts());
}
// The old root is gone, not only hidden.
BOOST_AUTO_TEST_CASE(pivot_root)
{
  run_body(roots());
}
// /proc/sys shows the namespaces of who opens it, so the child has to.
BOOST_AUTO_TEST_CASE(sysctl)
{
  run_body(parameters());
}
// A tree that only looks like /proc/sys is not written to.
BOOST_AUTO_TEST_CASE(sysctl_in_a_false_proc)
{
  run_body(hidden_parameters());
}
BOOST_AUTO_TEST_CASE(sysctl_of_an_entered_namespace)
{
  run_body(parameters_of_a_target());
}
// The table of verbs and states holds for these, too.
BOOST_AUTO_TEST_CASE(only_at_the_checkpoint)
{
  run_body(verbs_out_of_time());
}

BOOST_AUTO_TEST_SUITE_END()
