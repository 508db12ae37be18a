// An ordinary user: a user namespace first, and everything else inside it. As root the tests become nobody.

#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <cstdio>
#include <grp.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(process_rootless_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// Runs the body as an ordinary user, in a process of its own.
void as_nobody(task<> (*body)())
{
  const int code = run_in_child([body] {
    if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setresgid(65534, 65534, 65534) != 0 ||
                             ::setresuid(65534, 65534, 65534) != 0))
      return child_skipped;
    const auto done = test::run(body());
    if (!done) std::fprintf(stderr, "%s\n", why(done).c_str());
    return done ? 0 : 1;
  });
  if (code == child_skipped)
    BOOST_TEST_MESSAGE("skipped: cannot become an ordinary user");
  else
    BOOST_TEST(code == 0);
}

error unexpected(std::string what)
{
  return error(errc::invalid, stage::none).with_object(std::move(what));
}

task<> isolated_life()
{
  auto options = shell("id -u; id -g; hostname; echo $$");
  options.unshare("all").hostname("inside").no_new_privs();
  options.uid_map(id_map::root(::geteuid())).gid_map(id_map::root(::getegid()));
  LINX_TRY(const auto end, co_await run_to_end(std::move(options)));
  if (end.output != "0\n0\ninside\n1\n") co_return unexpected(end.output);
  co_return success();
}

task<> plain_life()
{
  LINX_TRY(const auto end, co_await run_to_end(shell("id -u; exit 5")));
  if (end.output != std::to_string(::geteuid()) + "\n") co_return unexpected(end.output);
  if (end.status != exit_status::exited(5)) co_return unexpected(to_string(end.status));
  co_return success();
}

// The way into the network namespace of one's own child that needs no privilege here.
task<> socket_from_inside()
{
  auto options = process_options("/bin/true").unshare("user,net");
  LINX_TRY(auto child, co_await spawn_parked(options));
  LINX_TRY(const auto socket, co_await child.open_socket(AF_NETLINK, SOCK_RAW, 0));
  if (!socket) co_return unexpected("no socket");
  LINX_TRYV(co_await child.proceed());
  LINX_TRYV(co_await child.wait());
  co_return success();
}

task<> refused_with_a_remedy()
{
  LINX_TRY(auto child, co_await process::spawn(process_options("/bin/true").unshare("net")));
  const auto how = co_await child.wait();
  if (how || how.error().where() != stage::clone || how.error().errnum() != EPERM)
    co_return unexpected(why(how));
  if (how.error().message().find("user") == std::string::npos) co_return unexpected(how.error().message());
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(without_namespaces)
{
  as_nobody(plain_life);
}
BOOST_AUTO_TEST_CASE(all_namespaces_behind_a_user_namespace)
{
  as_nobody(isolated_life);
}
BOOST_AUTO_TEST_CASE(a_socket_in_the_childs_network)
{
  as_nobody(socket_from_inside);
}
BOOST_AUTO_TEST_CASE(a_namespace_alone_is_refused)
{
  as_nobody(refused_with_a_remedy);
}

BOOST_AUTO_TEST_SUITE_END()
