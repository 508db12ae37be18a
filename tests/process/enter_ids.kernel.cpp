// Under which ids a program runs in a user namespace that was entered, and what it could do outside with
// them.

#include "process/enter_support.hpp"

#include <cstdio>
#include <fstream>
#include <grp.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(process_enter_ids_kernel)

using namespace linx;
using namespace linx::test;

namespace {

constexpr std::uint32_t outside = 100'000;

/// Somebody else's container: its ids are 100,000 to 165,535 outside.
process_options container(std::uint32_t first_inside = 0)
{
  auto map = id_map().add(first_inside, outside + first_inside, 1000);
  return process_options("/bin/sleep").arg("1000").unshare("user").uid_map(map).gid_map(map);
}

/// What only root of the host may read.
class secret {
public:
  secret()
  {
    directory_ = ::mkdtemp(name_);
    ::chmod(name_, 0755);
    std::ofstream(path()) << "secret of the host\n";
    ::chmod(path().c_str(), 0600);
  }
  ~secret()
  {
    ::unlink(path().c_str());
    ::rmdir(name_);
  }
  secret(const secret&) = delete;
  secret& operator=(const secret&) = delete;

  std::string path() const { return std::string(name_) + "/secret"; }

private:
  char name_[32] = "/tmp/linx-enter-XXXXXX";
  const char* directory_;
};

struct ids {
  std::string user, group, groups;
};

/// Of the running program, as the host's kernel has them.
task<ids> ids_in(enter_target target, process_options options)
{
  LINX_TRY(auto child, co_await enter_parked(std::move(target), std::move(options)));
  LINX_TRYV(co_await child.proceed());
  const pid_t pid = child.host_pid().value();
  ids seen{status_field(pid, "Uid"), status_field(pid, "Gid"), status_field(pid, "Groups")};
  co_return std::move(seen);
}

std::string four(std::uint32_t id)
{
  const auto one = std::to_string(id);
  return one + '\t' + one + '\t' + one + '\t' + one;
}

process_options sleeping(credentials who = credentials())
{
  return process_options("/bin/sleep").arg("1000").credentials(std::move(who));
}

/// A program of the container reads what it can.
task<> a_program_of_the_container_attacks()
{
  const secret file;
  for (const bool automatic : {false, true}) {
    LINX_TRY(auto target, co_await spawn_running(container()));
    auto attack = shell("cat " + file.path() + " 2>&1; id -u").auto_proceed(automatic);
    LINX_TRY(const auto end, co_await enter_to_end(target, std::move(attack)));
    BOOST_TEST(end.output.find("secret of the host") == std::string::npos, end.output);
    BOOST_TEST(end.output.ends_with("\n0\n"), end.output);
  }
  co_return success();
}

int wrong = 0; // in a child of the test, whose assertions nobody counts

void check_same(const std::string& got, const std::string& wanted)
{
  if (got == wanted) return;
  std::fprintf(stderr, "'%s' is not '%s'\n", got.c_str(), wanted.c_str());
  ++wrong;
}

task<> root_of_the_namespace_or_who_was_asked_for()
{
  LINX_TRY(auto target, co_await spawn_running(container()));
  auto nobody_asked = sleeping();
  LINX_TRY(const auto root, co_await ids_in(target, nobody_asked));
  check_same(root.user, four(outside));
  check_same(root.group, four(outside));
  check_same(root.groups, "");

  auto all_asked = sleeping(credentials().uid(7).gid(8).groups({9}));
  LINX_TRY(const auto asked, co_await ids_in(target, all_asked));
  check_same(asked.user, four(outside + 7));
  check_same(asked.group, four(outside + 8));
  check_same(asked.groups, std::to_string(outside + 9) + ' ');

  // One id alone leaves no other from outside.
  auto one_asked = sleeping(credentials().uid(7));
  LINX_TRY(const auto half, co_await ids_in(target, one_asked));
  check_same(half.user, four(outside + 7));
  check_same(half.group, four(outside));
  check_same(half.groups, "");

  auto groups_asked = sleeping(credentials().keep_groups());
  LINX_TRY(const auto kept, co_await ids_in(target, groups_asked));
  check_same(kept.groups, "40 41 ");
  co_return success();
}

task<> where_setgroups_is_denied()
{
  LINX_TRY(auto target, co_await spawn_running(container().deny_setgroups()));
  LINX_TRY(const auto root, co_await ids_in(target, sleeping()));
  check_same(root.user, four(outside));
  check_same(root.groups, "");
  co_return success();
}

task<> a_namespace_without_root()
{
  LINX_TRY(auto target, co_await spawn_running(container(5)));
  LINX_TRY(const auto failed, co_await failure_of(target, process_options("/bin/true")));
  BOOST_TEST_MESSAGE(failed.why.message());
  BOOST_TEST((failed.why.where() == stage::ids), failed.why.message());
  BOOST_TEST(failed.why.errnum() == EINVAL, failed.why.message());
  BOOST_TEST(failed.why.message().find("uid 0, gid 0 of the entered") != std::string::npos,
             failed.why.message());
  auto both_asked = sleeping(credentials().uid(6).gid(7));
  LINX_TRY(const auto asked, co_await ids_in(target, both_asked));
  BOOST_TEST(asked.user == four(outside + 6));
  BOOST_TEST(asked.group == four(outside + 7));
  co_return success();
}

int with_groups(task<> (*body)())
{
  return run_in_child([body] {
    const gid_t mine[] = {40, 41};
    if (::setgroups(2, mine) != 0) return 1;
    const auto done = test::run(body());
    if (!done) std::fprintf(stderr, "%s\n", why(done).c_str());
    return done && wrong == 0 ? 0 : 2;
  });
}

/// His groups are nobody else's there.
task<> groups_of_an_ordinary_user()
{
  LINX_TRY(auto target, co_await spawn_running(sleeper("user")));
  LINX_TRY(const auto end, co_await enter_to_end(target, shell("id -u; id -g")));
  if (end.output != "0\n0\n") co_return error::argument("output was " + end.output);
  co_return success();
}

} // namespace

// The program is the container's, or its root traces it: what it may do outside is what its ids may.
BOOST_AUTO_TEST_CASE(a_program_of_the_container_is_not_root_of_the_host)
{
  if (needs_root()) return;
  run_body(a_program_of_the_container_attacks());
}

BOOST_AUTO_TEST_CASE(no_id_comes_from_outside_but_what_was_asked_for)
{
  if (needs_root()) return;
  BOOST_TEST(with_groups(root_of_the_namespace_or_who_was_asked_for) == 0);
}

// user_namespaces(7): "deny" in setgroups keeps whoever is inside from dropping groups.
BOOST_AUTO_TEST_CASE(groups_stay_outside_where_setgroups_is_denied)
{
  if (needs_root()) return;
  BOOST_TEST(with_groups(where_setgroups_is_denied) == 0);
}

BOOST_AUTO_TEST_CASE(a_namespace_that_maps_no_root)
{
  if (needs_root()) return;
  run_body(a_namespace_without_root());
}

BOOST_AUTO_TEST_CASE(an_ordinary_user_with_groups_enters_his_own)
{
  if (needs_root()) return;
  const int code = run_in_child([] {
    const gid_t mine[] = {40, 41};
    if (::setgroups(2, mine) != 0 || ::setresgid(65534, 65534, 65534) != 0 ||
        ::setresuid(65534, 65534, 65534) != 0)
      return 1;
    const auto done = test::run(groups_of_an_ordinary_user());
    if (!done) std::fprintf(stderr, "%s\n", why(done).c_str());
    return done ? 0 : 2;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
