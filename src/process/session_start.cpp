// From options to a request on its way.

#include "process/identity.hpp"
#include "process/init_report.hpp"
#include "process/last_resort.hpp"
#include "process/request_fds.hpp"
#include "process/session.hpp"
#include "process/spawner_client.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace linx::detail {

namespace {

std::uint64_t next_id() noexcept
{
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

/// What is too long for a datagram, in a memory file that nobody can change any more.
result<io::unique_fd> body_file(std::span<const std::byte> bytes)
{
  io::unique_fd file(::memfd_create("linx-request", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return error::from_errno(errno, stage::memfd);
  while (!bytes.empty()) {
    const auto n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0) return error::from_errno(errno, stage::memfd);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) return error::from_errno(errno, stage::memfd);
  return file;
}

result<> submit(const std::shared_ptr<session>& s, const host_identity& identity,
                const std::shared_ptr<spawner_connection>& link, const request_fds& fds)
{
  std::uint32_t slot = 0;
  if (s->plan().maker != checkpoint_maker::nobody) {
    BOOST_OUTCOME_TRY(slot, link->acquire_slot());
  }
  s->attach(link, slot);
  auto message = encode_spawn(s->plan(), {s->id(), slot, fds.roles(), identity.credentials, identity.thread});
  io::unique_fd body;
  if (!message.body.empty()) {
    BOOST_OUTCOME_TRY(body, body_file(message.body));
  }
  BOOST_OUTCOME_TRY(const auto order, fds.in_order(body.get()));
  return link->submit(s->id(), s, std::move(message.frame), order);
}

/// The end of the cgroup, for the spawner's own end.
result<> keep_cgroup(session& s, int directory)
{
  if (const int why = check_cgroup_kill(directory); why != 0)
    return error::from_errno(why, stage::cgroup)
        .with_object("cgroup.kill of descriptor " + std::to_string(directory) +
                     ", a directory of cgroup v2 other than its root (Linux 5.14)");
  BOOST_OUTCOME_TRY(auto copy, io::unique_fd::duplicate(directory));
  s.keep_cgroup(std::move(copy));
  return success();
}

/// \param link gets the request.
result<std::shared_ptr<session>> attempt(const executor& home, const process_options& options,
                                         const std::optional<enter_target>& target,
                                         const host_identity& identity,
                                         const std::shared_ptr<spawner_connection>& link)
{
  entrance open;
  if (target) {
    BOOST_OUTCOME_TRY(open, entrance::open(*target, options, link->namespaces()));
  }
  const int umask = identity.status.umask == link->identity().status.umask ? -1 : identity.status.umask;
  const auto& ids = options.credentials();
  const bool enters_user = std::ranges::any_of(
      open.namespaces, [](const ns::handle& each) { return each.kind() == ns::kind::user; });
  const host_facts host{umask, (!ids.uid() && !ids.gid()) || has_cap_setgid(), enters_user};
  auto plan = plan_spawn(options, host, ::environ);
  plan.maker = choose_maker(plan, !open.namespaces.empty(), link->is_crowded());
  auto s = make_state<session>(home, options, std::move(plan), next_id());
  if (s->is_shut_down()) return errc::closed;

  request_fds fds;
  if (s->plan().maker == checkpoint_maker::host) {
    BOOST_OUTCOME_TRYV(add_checkpoint(*s, fds));
  }
  BOOST_OUTCOME_TRYV(add_streams(*s, fds, options));
  BOOST_OUTCOME_TRYV(add_extra(fds, options));
  BOOST_OUTCOME_TRYV(add_cwd(fds));
  BOOST_OUTCOME_TRYV(add_confinement(fds, options));
  if (options.has_init()) {
    BOOST_OUTCOME_TRY(auto ends, open_init_report());
    s->expect_init_report(std::move(ends.host));
    fds.give(wire::fd_role::report, std::move(ends.init));
  }
  if (target) {
    std::vector<ns::kind> kinds;
    for (const auto& each : open.namespaces) kinds.push_back(each.kind());
    if (s->plan().scope == kill_scope::tree && std::ranges::count(kinds, ns::kind::pid) != 0)
      return error::argument(
          "kill scope tree in an entered pid namespace, whose init gets what loses its parent; "
          "group, session or cgroup reach there");
    s->enters(std::move(open.target), std::move(kinds));
    add_namespaces(fds, std::move(open.namespaces));
  }
  if (s->plan().scope == kill_scope::cgroup) {
    BOOST_OUTCOME_TRYV(keep_cgroup(*s, options.resources().cgroup()));
  }
  BOOST_OUTCOME_TRYV(submit(s, identity, link, fds));
  return s;
}

result<std::shared_ptr<session>> start_in_a_spawner_of_its_own(const executor& home,
                                                               const process_options& options,
                                                               const std::optional<enter_target>& target,
                                                               const host_identity& identity)
{
  BOOST_OUTCOME_TRY(const auto link, spawner_apart(home, identity));
  auto started = attempt(home, options, target, identity, link);
  link->retire(); // after this one it takes no other
  return started;
}

} // namespace

result<std::shared_ptr<session>> start_session(const executor& home, const process_options& options,
                                               const std::optional<enter_target>& target)
{
  BOOST_OUTCOME_TRYV(options.validate());
  const auto identity = current_identity(home);
  if (takes_a_spawner(options)) {
    BOOST_OUTCOME_TRY(auto started, start_in_a_spawner_of_its_own(home, options, target, identity));
    started->start();
    return started;
  }
  BOOST_OUTCOME_TRY(auto link, current_spawner(home, identity));
  auto started = attempt(home, options, target, identity, link);
  if (!started && started.error() == errc::died) {
    // It died since the last call and nobody has read the end of file yet: one more try, with a fresh one.
    link->retire();
    BOOST_OUTCOME_TRY(link, current_spawner(home, identity));
    started = attempt(home, options, target, identity, link);
  }
  if (!started) return std::move(started).error();
  started.assume_value()->start();
  return started;
}

} // namespace linx::detail
