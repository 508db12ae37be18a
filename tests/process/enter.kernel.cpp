// Entering the namespaces of a child, of a foreign process and of handles; the kernel says where one is.

#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <set>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

using namespace linx;
using namespace linx::test;

namespace {

/// A child that sleeps in namespaces of its own, in which the host's user is root.
process_options sleeper(std::string_view namespaces)
{
  return process_options("/bin/sleep")
      .arg("1000")
      .unshare(namespaces)
      .uid_map(id_map::root(::geteuid()))
      .gid_map(id_map::root(::getegid()));
}

task<process> enter_parked(enter_target target, process_options options)
{
  BOOST_OUTCOME_CO_TRY(auto child, co_await process::enter(std::move(target), std::move(options)));
  BOOST_OUTCOME_CO_TRYV(co_await child.ready());
  co_return std::move(child);
}

task<finished> enter_to_end(enter_target target, process_options options)
{
  options.standard_output(stdio::pipe());
  const bool automatic = options.proceeds_by_itself();
  BOOST_OUTCOME_CO_TRY(auto child, co_await process::enter(std::move(target), std::move(options)));
  BOOST_OUTCOME_CO_TRY(auto pipe, child.stdout_pipe());
  BOOST_OUTCOME_CO_TRYV(co_await child.ready());
  if (!automatic) {
    BOOST_OUTCOME_CO_TRYV(co_await child.proceed());
  }
  BOOST_OUTCOME_CO_TRY(auto text, co_await read_to_end(std::move(pipe)));
  BOOST_OUTCOME_CO_TRY(const auto status, co_await child.wait());
  finished end{status, std::move(text)};
  co_return std::move(end);
}

struct failure {
  explicit failure(error e) : why(std::move(e)) {}
  error why;
};

task<failure> failure_of(enter_target target, process_options options)
{
  auto entered = co_await process::enter(std::move(target), std::move(options));
  if (!entered) co_return failure(entered.error());
  process child = std::move(entered).assume_value();
  const auto how = co_await child.wait();
  BOOST_REQUIRE_MESSAGE(!how, "it did not fail");
  co_return failure(how.error());
}

void check_kinds(pid_t pid, pid_t target, const std::set<ns::kind>& entered)
{
  for (const auto kind : ns::all_kinds) {
    const std::string name(ns::to_string(kind));
    BOOST_TEST_CONTEXT(name)
    {
      const pid_t like = entered.count(kind) != 0 ? target : ::getpid();
      BOOST_TEST(ns_link(pid, name) == ns_link(like, name));
    }
  }
}

task<> each_kind_alone()
{
  BOOST_OUTCOME_CO_TRY(auto target, co_await spawn_running(sleeper("all")));
  const pid_t there = target.host_pid().value();
  for (const auto kind : ns::all_kinds) {
    auto where = enter_target(target).only(ns::kind::user).only(kind);
    BOOST_OUTCOME_CO_TRY(auto child, co_await enter_parked(where, shell("exit 6")));
    check_kinds(child.host_pid().value(), there, {ns::kind::user, kind});
    BOOST_TEST((child.info().child_pid != child.host_pid().value()) == (kind == ns::kind::pid));
    BOOST_OUTCOME_CO_TRYV(co_await child.proceed());
    BOOST_OUTCOME_CO_TRY(const auto how, co_await child.wait());
    BOOST_TEST((how == exit_status::exited(6)), to_string(how));
  }
  co_return success();
}

task<> all_at_once()
{
  BOOST_OUTCOME_CO_TRY(auto target, co_await spawn_running(sleeper("all").hostname("inside")));
  const pid_t there = target.host_pid().value();
  auto options = shell("echo $$; uname -n; id -u; pwd").standard_output(stdio::pipe());
  BOOST_OUTCOME_CO_TRY(auto child, co_await enter_parked(target, options));
  check_kinds(child.host_pid().value(), there, {ns::all_kinds.begin(), ns::all_kinds.end()});
  const auto info = child.info();
  BOOST_TEST((info.mode == process_mode::enter));
  BOOST_TEST(info.namespaces.empty());
  BOOST_TEST(info.entered.size() == ns::all_kinds.size());
  BOOST_TEST(info.child_pid > 1);

  BOOST_OUTCOME_CO_TRY(auto pipe, child.stdout_pipe());
  BOOST_OUTCOME_CO_TRYV(co_await child.proceed());
  BOOST_OUTCOME_CO_TRY(const auto text, co_await read_to_end(std::move(pipe)));
  BOOST_TEST(text == std::to_string(info.child_pid) + "\ninside\n0\n/\n");
  BOOST_OUTCOME_CO_TRYV(co_await child.wait());
  BOOST_TEST(child.info().entered.size() == ns::all_kinds.size());

  // The target goes first: the last member of its pid namespace must still be told of, once.
  BOOST_OUTCOME_CO_TRY(auto last, co_await enter_parked(target, process_options("/bin/sleep").arg("1000")));
  BOOST_OUTCOME_CO_TRYV(co_await last.proceed());
  BOOST_REQUIRE(target.signal(SIGKILL)); // init of the namespace takes all in it along
  BOOST_OUTCOME_CO_TRY(const auto how, co_await last.wait());
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
      BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
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
  BOOST_OUTCOME_CO_TRY(const pid_t there, co_await other.pid(true));
  const std::string script = "for n in user mnt uts ipc cgroup net time pid; do readlink /proc/self/ns/$n; "
                             "done; id -u; ip -o link | wc -l";
  const auto wanted =
      run_command("nsenter -t " + std::to_string(there) +
                  " -U -m -u -i -C -n -T -p --preserve-credentials /bin/sh -c '" + script + "'");
  BOOST_REQUIRE_MESSAGE(wanted.status == 0, wanted.output);
  BOOST_OUTCOME_CO_TRY(const auto got, co_await enter_to_end(enter_target::pid(there), shell(script)));
  BOOST_TEST(got.output == wanted.output);
  BOOST_TEST(got.status.success());

  // Its clock: the offset is the namespace's.
  BOOST_OUTCOME_CO_TRY(const auto uptime,
                       co_await enter_to_end(enter_target::pid(there), shell("cut -d. -f1 /proc/uptime")));
  BOOST_TEST(std::atol(uptime.output.c_str()) >= 1000000);

  const io::unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, there, 0)));
  auto by_pidfd = enter_target::pidfd(pidfd.get()).only("user,net");
  BOOST_OUTCOME_CO_TRY(auto child, co_await enter_parked(by_pidfd, process_options("/bin/true")));
  check_kinds(child.host_pid().value(), there, {ns::kind::user, ns::kind::net});
  co_return success();
}

task<> by_handles()
{
  BOOST_OUTCOME_CO_TRY(auto target, co_await spawn_running(sleeper("user,net,uts")));
  std::vector<ns::handle> handles;
  for (const auto kind : {ns::kind::uts, ns::kind::net, ns::kind::user}) { // the order is linx's business
    BOOST_OUTCOME_CO_TRY(auto handle, target.namespace_handle(kind));
    handles.push_back(std::move(handle));
  }
  const auto where = enter_target::namespaces(std::move(handles));
  const pid_t there = target.host_pid().value();
  BOOST_OUTCOME_CO_TRY(auto first, co_await enter_parked(where, process_options("/bin/true")));
  check_kinds(first.host_pid().value(), there, {ns::kind::user, ns::kind::net, ns::kind::uts});
  auto some = enter_target(where).only("user,uts"); // a copy shares the descriptors
  BOOST_OUTCOME_CO_TRY(auto second, co_await enter_parked(some, process_options("/bin/true")));
  check_kinds(second.host_pid().value(), there, {ns::kind::user, ns::kind::uts});

  auto missing = enter_target(where).only("ipc");
  BOOST_OUTCOME_CO_TRY(const auto refused, co_await failure_of(missing, process_options("/bin/true")));
  BOOST_TEST((refused.why.where() == stage::argument), refused.why.message());
  co_return success();
}

// Fresh namespaces for what is not entered, and all options, work as with spawn.
task<> fresh_beside_entered()
{
  BOOST_OUTCOME_CO_TRY(auto target, co_await spawn_running(sleeper("user,net,uts,ipc")));
  const pid_t there = target.host_pid().value();
  auto options = shell("uname -n; cat /proc/sys/kernel/hostname; pwd").unshare("uts,mount").hostname("fresh");
  auto parked = options;
  BOOST_OUTCOME_CO_TRY(auto child, co_await enter_parked(target, parked));
  for (const auto* same : {"user", "net", "ipc"})
    BOOST_TEST(ns_link(child.host_pid().value(), same) == ns_link(there, same));
  for (const auto* fresh : {"uts", "mnt"}) {
    BOOST_TEST(ns_link(child.host_pid().value(), fresh) != ns_link(there, fresh));
    BOOST_TEST(ns_link(child.host_pid().value(), fresh) != ns_link(::getpid(), fresh));
  }
  BOOST_TEST(child.info().namespaces.size() == 2u);
  BOOST_TEST(child.info().entered.size() == 3u);
  BOOST_OUTCOME_CO_TRYV(co_await child.set_hostname("renamed"));
  BOOST_REQUIRE(child.abort());
  BOOST_OUTCOME_CO_TRY(const auto aborted, co_await child.wait());
  BOOST_TEST((aborted == exit_status::aborted()), to_string(aborted));

  options.cwd("/tmp").auto_proceed();
  BOOST_OUTCOME_CO_TRY(const auto end, co_await enter_to_end(target, options));
  BOOST_TEST(end.output == "fresh\nfresh\n/tmp\n");
  co_return success();
}

// Nothing of its own is entered twice, and a child without any new namespace is still a child.
task<> oneself()
{
  BOOST_OUTCOME_CO_TRY(auto child, co_await enter_parked(enter_target::pid(::getpid()), shell("exit 8")));
  BOOST_TEST(child.info().entered.empty());
  BOOST_TEST((child.info().mode == process_mode::enter));
  check_kinds(child.host_pid().value(), ::getpid(), {});
  BOOST_OUTCOME_CO_TRYV(co_await child.proceed());
  BOOST_OUTCOME_CO_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::exited(8)), to_string(how));
  co_return success();
}

void check_why(const result<failure>& got, stage where, int errnum, const std::string& object)
{
  BOOST_REQUIRE_MESSAGE(got, why(got));
  const error& e = got.value().why;
  BOOST_TEST_MESSAGE(e.message());
  BOOST_TEST((e.where() == where), e.message());
  BOOST_TEST(e.errnum() == errnum, e.message());
  BOOST_TEST(e.message().find(object) != std::string::npos, e.message());
}

task<> targets_that_are_none()
{
  const auto nothing = process_options("/bin/true");
  check_why(co_await failure_of(enter_target::pid(0), nothing), stage::argument, 0, "pid 0");
  check_why(co_await failure_of(enter_target::pidfd(0), nothing), stage::argument, 0, "no pidfd");
  check_why(co_await failure_of(enter_target::pid(1).only("nut"), nothing), stage::argument, 0, "'nut'");

  BOOST_OUTCOME_CO_TRY(auto target, co_await spawn_running(sleeper("user,net")));
  const pid_t there = target.host_pid().value();
  const io::unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, there, 0)));
  const enter_target pinned(target);
  const auto both = process_options("/bin/true").unshare("net");
  check_why(co_await failure_of(enter_target(target).only("net"), both), stage::argument, 0, "net");
  std::vector<ns::handle> twice;
  for (int i = 0; i != 2; ++i) {
    BOOST_OUTCOME_CO_TRY(auto handle, target.namespace_handle(ns::kind::net));
    twice.push_back(std::move(handle));
  }
  check_why(co_await failure_of(enter_target::namespaces(std::move(twice)), nothing), stage::argument, 0,
            "two net");

  // Before it exists, and in all ways after its end.
  BOOST_OUTCOME_CO_TRY(auto early, co_await process::spawn(process_options("/bin/true")));
  const auto soon = co_await failure_of(early, nothing);
  BOOST_TEST((soon.value().why == errc::not_ready), soon.value().why.message());
  BOOST_REQUIRE(target.signal(SIGKILL));
  BOOST_OUTCOME_CO_TRYV(co_await target.wait());
  BOOST_OUTCOME_CO_TRYV(co_await gone(there));
  const auto late = co_await failure_of(target, nothing);
  BOOST_TEST((late.value().why == errc::no_process), late.value().why.message());
  const std::string name = "process " + std::to_string(there);
  check_why(co_await failure_of(enter_target::pid(there), nothing), stage::open, ESRCH, name);
  check_why(co_await failure_of(enter_target::pidfd(pidfd.get()), nothing), stage::open, ESRCH, "pidfd");
  check_why(co_await failure_of(pinned, nothing), stage::open_ns_user, ESRCH, name);
  co_return success();
}

// A process that has ended and was not reaped has a number and no namespaces.
task<> a_zombie()
{
  const pid_t zombie = ::fork();
  if (zombie == 0) ::_exit(0);
  // Not until its state is "Z": a copy of a host with threads (a sanitizer has one) may have some for a
  // moment longer.
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(zombie), &ended, WEXITED | WNOWAIT);
  const auto failed = co_await failure_of(enter_target::pid(zombie), process_options("/bin/true"));
  check_why(failed, stage::open, ESRCH, std::to_string(zombie));
  ::waitid(P_PID, static_cast<id_t>(zombie), nullptr, WEXITED);
  co_return success();
}

// What is open cannot be missed any more: only a pid namespace ends with its init.
task<> target_dies_on_the_way()
{
  for (const bool with_pid : {false, true}) {
    BOOST_OUTCOME_CO_TRY(auto target, co_await spawn_running(sleeper("user,net,uts,pid")));
    const pid_t there = target.host_pid().value();
    const std::string net = ns_link(there, "net");
    const pid_t spawner = std::stoi(status_field(there, "PPid"));
    ::kill(spawner, SIGSTOP);
    auto where = enter_target(target).only("user,net,uts");
    if (with_pid) where.only(ns::kind::pid);
    auto entered = co_await process::enter(where, process_options("/bin/true"));
    ::kill(there, SIGKILL);
    while (alive(there)) {
      BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
    }
    ::kill(spawner, SIGCONT);
    BOOST_REQUIRE_MESSAGE(entered, why(entered));
    auto& child = entered.value();
    const auto ready = co_await child.ready();
    if (with_pid) {
      BOOST_REQUIRE(!ready);
      BOOST_TEST((ready.error().where() == stage::clone), ready.error().message());
      BOOST_TEST(ready.error().errnum() == ENOMEM, ready.error().message());
      BOOST_TEST(ready.error().message().find("init") != std::string::npos, ready.error().message());
    } else {
      BOOST_REQUIRE_MESSAGE(ready, why(ready));
      BOOST_TEST(ns_link(ready.value(), "net") == net);
    }
  }
  co_return success();
}

/// Handles of all eight namespaces of a child of root, and of its owner.
task<std::vector<ns::handle>> handles_of(const process& target)
{
  std::vector<ns::handle> handles;
  for (const auto kind : ns::all_kinds) {
    BOOST_OUTCOME_CO_TRY(auto handle, target.namespace_handle(kind));
    handles.push_back(std::move(handle));
  }
  co_return std::move(handles);
}

task<> refused_to_nobody()
{
  BOOST_OUTCOME_CO_TRY(auto target, co_await spawn_running(sleeper("all")));
  BOOST_OUTCOME_CO_TRY(auto handles, co_await handles_of(target));
  const auto where = enter_target::namespaces(std::move(handles));
  if (!become_nobody()) co_return error::from_errno(EPERM, stage::ids);
  for (const auto kind : ns::all_kinds) {
    BOOST_OUTCOME_CO_TRY(const auto failed,
                         co_await failure_of(enter_target(where).only(kind), process_options("/bin/true")));
    const error& e = failed.why;
    if (e.where() != ns::setns_stage(kind) || e.errnum() != EPERM) co_return e;
    if (e.message().find(std::string(ns::to_string(kind)) + " namespace of") == std::string::npos)
      co_return e;
  }
  // Looking into a process of root is refused before.
  BOOST_OUTCOME_CO_TRY(const auto unseen, co_await failure_of(enter_target::pid(target.host_pid().value()),
                                                              process_options("/bin/true")));
  if (unseen.why.where() != stage::open_ns_user || unseen.why.errnum() != EACCES) co_return unseen.why;
  co_return success();
}

task<> nobody_enters_his_own_child()
{
  BOOST_OUTCOME_CO_TRY(auto target, co_await spawn_running(sleeper("all")));
  BOOST_OUTCOME_CO_TRY(const auto end, co_await enter_to_end(target, shell("id -u; ip -o link | wc -l")));
  if (end.output != "0\n1\n") co_return error::argument("output was " + end.output);
  auto without_owner = enter_target(target).only("net");
  BOOST_OUTCOME_CO_TRY(const auto failed, co_await failure_of(without_owner, process_options("/bin/true")));
  if (failed.why.where() != stage::setns_net || failed.why.errnum() != EPERM) co_return failed.why;
  co_return success();
}

int run_as(bool nobody, task<> (*body)())
{
  return run_in_child([nobody, body] {
    if (nobody && ::geteuid() == 0 && !become_nobody()) return skip_child("cannot become nobody");
    const auto done = test::run(body());
    if (done) return 0;
    std::fprintf(stderr, "%s\n", done.error().message().c_str());
    return 1;
  });
}

} // namespace

BOOST_AUTO_TEST_SUITE(process_enter_kernel)

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
// Every mistake and every death of a target is told by name.
BOOST_AUTO_TEST_CASE(targets_that_cannot_be_entered)
{
  run_body(targets_that_are_none());
}
// A zombie still has a number and a /proc directory.
BOOST_AUTO_TEST_CASE(an_unreaped_target)
{
  run_body(a_zombie());
}
// The moment between opening in the host and setns(2) in the forerunner.
BOOST_AUTO_TEST_CASE(a_target_that_dies_before_it_is_entered)
{
  run_body(target_dies_on_the_way());
}
// EPERM at setns of each of the eight kinds, EACCES at opening.
BOOST_AUTO_TEST_CASE(each_kind_is_refused_to_an_ordinary_user)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: needs root to have something that nobody may not enter");
    return;
  }
  BOOST_TEST(run_as(false, refused_to_nobody) == 0);
}
// Owning a user namespace is all the privilege that entering takes.
BOOST_AUTO_TEST_CASE(an_ordinary_user_enters_his_own_child)
{
  const int code = run_as(true, nobody_enters_his_own_child);
  BOOST_TEST((code == 0 || code == child_skipped));
}
// EINVAL: a pid namespace can be left downwards only.
BOOST_AUTO_TEST_CASE(an_outer_pid_namespace_is_refused)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: needs root");
    return;
  }
  const int code = run_in_child([] {
    auto outer = ns::handle::of_self(ns::kind::pid);
    if (!outer || ::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) return child_skipped;
    return run_in_child([&outer] {
      if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("proc", "/proc", "proc", 0, nullptr) != 0)
        return child_skipped;
      std::vector<ns::handle> handles;
      handles.push_back(std::move(outer).value());
      const auto failed =
          test::run(failure_of(enter_target::namespaces(std::move(handles)), process_options("/bin/true")));
      return failed && failed.value().why.where() == stage::setns_pid && failed.value().why.errnum() == EINVAL
                 ? 0
                 : 1;
    });
  });
  BOOST_TEST((code == 0 || code == child_skipped));
}

BOOST_AUTO_TEST_SUITE_END()
