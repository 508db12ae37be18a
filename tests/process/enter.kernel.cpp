// Entering the namespaces of a child, of a foreign process and of handles; the kernel says where one is.

#include "process/enter_support.hpp"

#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_enter_kernel)

using namespace linx;
using namespace linx::test;

namespace {

process_options asleep()
{
  return process_options("/bin/sleep").arg("1000");
}

task<> each_kind_alone()
{
  LINX_TRY(auto target, co_await spawn_running(sleeper("all")));
  const pid_t there = target.host_pid().value();
  for (const auto kind : ns::all_kinds) {
    auto where = enter_target(target).only(ns::kind::user).only(kind);
    const std::set<ns::kind> entered{ns::kind::user, kind};
    LINX_TRY(auto child, co_await enter_parked(where, asleep()));
    BOOST_TEST((child.info().child_pid != child.host_pid().value()) == (kind == ns::kind::pid));
    LINX_TRYV(co_await check_kinds(child, there, entered));
  }
  co_return success();
}

task<> all_at_once()
{
  LINX_TRY(auto target, co_await spawn_running(sleeper("all").hostname("inside")));
  const pid_t there = target.host_pid().value();
  auto options = shell("echo $$; uname -n; id -u; pwd").standard_output(stdio::pipe());
  LINX_TRY(auto child, co_await enter_parked(target, options));
  const auto info = child.info();
  BOOST_TEST((info.mode == process_mode::enter));
  BOOST_TEST(info.namespaces.empty());
  BOOST_TEST(info.entered.size() == ns::all_kinds.size());
  BOOST_TEST(info.child_pid > 1);

  LINX_TRY(auto pipe, child.stdout_pipe());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto text, co_await read_to_end(std::move(pipe)));
  BOOST_TEST(text == std::to_string(info.child_pid) + "\ninside\n0\n/\n");
  LINX_TRYV(co_await child.wait());
  BOOST_TEST(child.info().entered.size() == ns::all_kinds.size());

  // The target goes first: the last member of its pid namespace must still be told of, once.
  LINX_TRY(auto last, co_await enter_parked(target, asleep()));
  const std::set<ns::kind> entered(ns::all_kinds.begin(), ns::all_kinds.end());
  LINX_TRYV(co_await check_kinds(last, there, entered));
  BOOST_REQUIRE(target.signal(SIGKILL)); // init of the namespace takes all in it along
  LINX_TRY(const auto how, co_await last.wait());
  BOOST_TEST((how == exit_status::signaled(SIGKILL, false)), to_string(how));
  co_return success();
}

/// A foreign process with namespaces of its own, made by util-linux.
class foreign {
public:
  explicit foreign(const std::string& options)
  {
    const auto started = run_command("unshare --user --map-root-user " + options +
                                     " sleep 1000 </dev/null >/dev/null 2>&1 & echo $!");
    outer_ = std::atoi(started.output.c_str());
  }
  foreign(const foreign&) = delete;
  foreign& operator=(const foreign&) = delete;
  ~foreign()
  {
    if (inner_ > 0) ::kill(inner_, SIGKILL);
    if (outer_ > 0) ::kill(outer_, SIGKILL);
  }

  /// Its pid, once it executes sleep; with --fork that of the child.
  task<pid_t> pid(bool forks)
  {
    while (inner_ == 0) {
      LINX_TRYV(co_await pause_briefly());
      if (!alive(outer_))
        co_return error::from_errno(ECHILD, stage::none).with_object("unshare(1) has ended");
      const auto candidates = forks ? children_of(outer_) : std::vector<pid_t>{outer_};
      for (const pid_t each : candidates)
        if (status_field(each, "Name") == "sleep") inner_ = each;
    }
    co_return inner_;
  }

private:
  pid_t outer_ = 0, inner_ = 0;
};

// `all`: the way of unshare(1) and of nsenter(1) is the measure.
task<> as_nsenter_would()
{
  foreign other("--mount --uts --ipc --net --cgroup --time --boottime 1000000 --pid --fork");
  LINX_TRY(const pid_t there, co_await other.pid(true));
  const std::string script = "for n in user mnt uts ipc cgroup net time pid; do readlink /proc/self/ns/$n; "
                             "done; id -u; ip -o link | wc -l";
  const auto wanted =
      run_command("nsenter -t " + std::to_string(there) +
                  " -U -m -u -i -C -n -T -p --preserve-credentials /bin/sh -c '" + script + "'");
  BOOST_REQUIRE_MESSAGE(wanted.status == 0, wanted.output);
  LINX_TRY(const auto got, co_await enter_to_end(enter_target::pid(there), shell(script)));
  BOOST_TEST(got.output == wanted.output);
  BOOST_TEST(got.status.success());

  // Its clock: the offset is the namespace's.
  LINX_TRY(const auto uptime,
           co_await enter_to_end(enter_target::pid(there), shell("cut -d. -f1 /proc/uptime")));
  BOOST_TEST(std::atol(uptime.output.c_str()) >= 1000000);

  const io::unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, there, 0)));
  auto by_pidfd = enter_target::pidfd(pidfd.get()).only("user,net");
  const std::set<ns::kind> entered{ns::kind::user, ns::kind::net};
  LINX_TRY(auto child, co_await enter_parked(by_pidfd, asleep()));
  LINX_TRYV(co_await check_kinds(child, there, entered));
  co_return success();
}

task<> by_handles()
{
  LINX_TRY(auto target, co_await spawn_running(sleeper("user,net,uts")));
  std::vector<ns::handle> handles;
  for (const auto kind : {ns::kind::uts, ns::kind::net, ns::kind::user}) { // the order is linx's business
    LINX_TRY(auto handle, target.namespace_handle(kind));
    handles.push_back(std::move(handle));
  }
  const auto where = enter_target::namespaces(std::move(handles));
  const pid_t there = target.host_pid().value();
  std::set<ns::kind> entered{ns::kind::user, ns::kind::net, ns::kind::uts};
  LINX_TRY(auto first, co_await enter_parked(where, asleep()));
  LINX_TRYV(co_await check_kinds(first, there, entered));
  auto some = enter_target(where).only("user,uts"); // a copy shares the descriptors
  entered = {ns::kind::user, ns::kind::uts};
  LINX_TRY(auto second, co_await enter_parked(some, asleep()));
  LINX_TRYV(co_await check_kinds(second, there, entered));

  auto missing = enter_target(where).only("ipc");
  LINX_TRY(const auto refused, co_await failure_of(missing, process_options("/bin/true")));
  BOOST_TEST((refused.why.where() == stage::argument), refused.why.message());
  co_return success();
}

// Fresh namespaces for what is not entered, and all options, work as with spawn.
task<> fresh_beside_entered()
{
  LINX_TRY(auto target, co_await spawn_running(sleeper("user,net,uts,ipc")));
  const pid_t there = target.host_pid().value();
  auto options = shell("uname -n; cat /proc/sys/kernel/hostname; pwd").unshare("uts,mount").hostname("fresh");
  LINX_TRY(auto child, co_await enter_parked(target, options));
  BOOST_TEST(child.info().namespaces.size() == 2u);
  BOOST_TEST(child.info().entered.size() == 3u);
  LINX_TRYV(co_await child.set_hostname("renamed"));
  BOOST_REQUIRE(child.abort());
  LINX_TRY(const auto aborted, co_await child.wait());
  BOOST_TEST((aborted == exit_status::aborted()), to_string(aborted));

  LINX_TRY(auto runs, co_await enter_parked(target, asleep().unshare("uts,mount")));
  LINX_TRYV(co_await runs.proceed());
  for (const auto* same : {"user", "net", "ipc"})
    BOOST_TEST(ns_link(runs.host_pid().value(), same) == ns_link(there, same));
  for (const auto* fresh : {"uts", "mnt"}) {
    BOOST_TEST(ns_link(runs.host_pid().value(), fresh) != ns_link(there, fresh));
    BOOST_TEST(ns_link(runs.host_pid().value(), fresh) != ns_link(::getpid(), fresh));
  }

  options.cwd("/tmp").auto_proceed();
  LINX_TRY(const auto end, co_await enter_to_end(target, options));
  BOOST_TEST(end.output == "fresh\nfresh\n/tmp\n");
  co_return success();
}

// Nothing of its own is entered twice, and a child without any new namespace is still a child.
task<> oneself()
{
  LINX_TRY(auto child, co_await enter_parked(enter_target::pid(::getpid()), asleep()));
  BOOST_TEST(child.info().entered.empty());
  BOOST_TEST((child.info().mode == process_mode::enter));
  const std::set<ns::kind> none;
  LINX_TRYV(co_await check_kinds(child, ::getpid(), none));
  BOOST_REQUIRE(child.signal(SIGTERM));
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGTERM, false)), to_string(how));
  co_return success();
}

task<> nobody_enters_his_own_child()
{
  LINX_TRY(auto target, co_await spawn_running(sleeper("all")));
  LINX_TRY(const auto end, co_await enter_to_end(target, shell("id -u; ip -o link | wc -l")));
  if (end.output != "0\n1\n") co_return error::argument("output was " + end.output);
  auto without_owner = enter_target(target).only("net");
  LINX_TRY(const auto failed, co_await failure_of(without_owner, process_options("/bin/true")));
  if (failed.why.where() != stage::setns_net || failed.why.errnum() != EPERM) co_return failed.why;
  co_return success();
}

/// What `make` makes is entered by a child, the rest of which is the host's.
task<> made_ones()
{
  for (const auto kind :
       {ns::kind::mount, ns::kind::uts, ns::kind::ipc, ns::kind::cgroup, ns::kind::net, ns::kind::time}) {
    BOOST_TEST_CONTEXT(ns::to_string(kind))
    {
      LINX_TRY(auto made, ns::handle::make(kind));
      const std::string link = std::string(ns::to_string(kind)) + ":[" + std::to_string(made.inode()) + "]";
      LINX_TRY(auto child, co_await process::enter(std::move(made), asleep()));
      LINX_TRY(const pid_t pid, co_await child.ready());
      LINX_TRYV(co_await child.proceed());
      for (const auto other : ns::all_kinds) {
        const std::string name(ns::to_string(other));
        BOOST_TEST(ns_link(pid, name) == (other == kind ? link : ns_link(::getpid(), name)));
      }
      BOOST_TEST((child.info().entered == std::vector<ns::kind>{kind}));
    }
  }
  co_return success();
}

/// A user namespace has no maps until the first child in it gets them.
task<> made_user_namespace()
{
  LINX_TRY(auto made, ns::handle::make(ns::kind::user));
  LINX_TRY(auto same, made.duplicate());
  const std::string link = "user:[" + std::to_string(same.inode()) + "]";
  LINX_TRY(auto child, co_await enter_parked(std::move(made), asleep()));
  LINX_TRYV(co_await child.set_uid_map(id_map::root(::geteuid())));
  LINX_TRYV(co_await child.set_gid_map(id_map::root(::getegid())));
  LINX_TRYV(co_await child.proceed());
  BOOST_TEST(ns_link(child.host_pid().value(), "user") == link);
  auto report = shell("id -u").standard_output(stdio::pipe());
  LINX_TRY(auto second, co_await process::enter(std::move(same), std::move(report)));
  LINX_TRY(const auto end, co_await take_to_end(std::move(second), false));
  BOOST_TEST(end.output == "0\n");
  co_return success();
}

} // namespace

// Each kind by itself, with the user namespace that owns it; all others stay the host's.
BOOST_AUTO_TEST_CASE(each_kind)
{
  run_body(each_kind_alone());
}
// What a person means by "in that container".
BOOST_AUTO_TEST_CASE(all_eight_of_a_child)
{
  run_body(all_at_once());
}
// A process that linx did not make, by number and by pidfd, with nsenter(1) as the measure.
BOOST_AUTO_TEST_CASE(a_foreign_process_as_nsenter)
{
  if (!has_program("nsenter") || !has_program("ip")) {
    BOOST_TEST_MESSAGE("skipped: nsenter or ip is not installed");
    return;
  }
  run_body(as_nsenter_would());
}
// Namespaces without a process, as kept in /run/netns.
BOOST_AUTO_TEST_CASE(handles)
{
  run_body(by_handles());
}
// Entered and fresh ones together, and the checkpoint as with spawn.
BOOST_AUTO_TEST_CASE(fresh_namespaces_beside_entered_ones)
{
  run_body(fresh_beside_entered());
}
// setns(2) into one's own user namespace is EINVAL, so it has to be seen and skipped.
BOOST_AUTO_TEST_CASE(entering_oneself_enters_nothing)
{
  run_body(oneself());
}
// Owning a user namespace is all the privilege that entering takes.
BOOST_AUTO_TEST_CASE(an_ordinary_user_enters_his_own_child)
{
  const int code = run_as(true, nobody_enters_his_own_child);
  BOOST_TEST((code == 0 || code == child_skipped));
}

// One namespace by its handle, fresh from the kernel.
BOOST_AUTO_TEST_CASE(a_namespace_that_was_made)
{
  if (needs_root()) return;
  run_body(made_ones());
}

BOOST_AUTO_TEST_CASE(a_user_namespace_that_was_made)
{
  for (const bool nobody : {false, true}) {
    const int outcome = run_as(nobody, made_user_namespace);
    if (outcome != child_skipped) BOOST_TEST(outcome == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
