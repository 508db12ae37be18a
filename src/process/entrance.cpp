#include "process/entrance.hpp"

#include "ns/process_directory.hpp"
#include "process/session.hpp"

#include <linx/process/process.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace linx {

namespace detail {

namespace {

constexpr std::uint8_t bit(ns::kind kind) noexcept
{
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(kind));
}

bool has_ended(int pidfd) noexcept
{
  pollfd query{pidfd, POLLIN, 0};
  return ::poll(&query, 1, 0) > 0;
}

error ended(stage where, const std::string& name)
{
  return error::from_errno(ESRCH, where).with_object(name);
}

std::shared_ptr<entrance_source> failed_source(error why)
{
  auto source = std::make_shared<entrance_source>();
  source->failed = std::move(why);
  return source;
}

/// The number is for messages: a pidfd leads to its process and to no other.
std::shared_ptr<entrance_source> pinned(io::unique_fd pidfd, pid_t pid)
{
  auto source = std::make_shared<entrance_source>();
  source->name = "process " + std::to_string(pid);
  source->pidfd = std::move(pidfd);
  if (has_ended(source->pidfd.get())) source->failed = ended(stage::open, source->name);
  return source;
}

/// What the session got with its child, again as descriptors of its own.
std::shared_ptr<entrance_source> pin_session(session* child)
{
  if (!child) return failed_source(error(errc::closed, stage::argument).with_object("process to be entered"));
  const auto living = child->living_pidfd();
  if (!living) return failed_source(living.error());
  auto pidfd = io::unique_fd::duplicate(living.assume_value());
  if (!pidfd) return failed_source(std::move(pidfd).error());
  auto source = std::make_shared<entrance_source>();
  source->name = "process " + std::to_string(child->machine().host_pid());
  source->pidfd = std::move(pidfd).assume_value();
  return source;
}

/// The file of a namespace that new processes start in; the thread itself may be in another pid or time
/// namespace.
std::string child_file(ns::kind kind)
{
  const bool for_children = kind == ns::kind::pid || kind == ns::kind::time;
  return "/proc/thread-self/ns/" + std::string(to_string(kind)) + (for_children ? "_for_children" : "");
}

} // namespace

namespace_set namespace_set::current()
{
  namespace_set set;
  for (const auto kind : ns::all_kinds) {
    struct stat found {};
    if (::stat(child_file(kind).c_str(), &found) == 0)
      set.known_[static_cast<std::size_t>(kind)] = {found.st_dev, found.st_ino};
  }
  return set;
}

bool namespace_set::holds(const ns::handle& handle) const
{
  const auto& mine = known_[static_cast<std::size_t>(handle.kind())];
  struct stat its {};
  return mine.inode != 0 && ::fstat(handle.fd(), &its) == 0 && its.st_dev == mine.device &&
         its.st_ino == mine.inode;
}

result<std::optional<ns::handle>> entrance::open_one(const entrance_source& source, ns::kind kind,
                                                     bool must_exist)
{
  if (source.pidfd) {
    auto opened = ns::handle::from_pidfd(kind, source.pidfd.get());
    if (opened) return std::optional(std::move(opened).assume_value());
    if (has_ended(source.pidfd.get())) return ended(ns::open_stage(kind), source.name);
    if (!must_exist && opened.error().errnum() == ENOENT) return std::optional<ns::handle>();
    return std::move(opened).error().with_object("ns/" + std::string(to_string(kind)) + " of " + source.name);
  }
  const auto found = std::ranges::find(source.handles, kind, &ns::handle::kind);
  if (found != source.handles.end()) {
    BOOST_OUTCOME_TRY(auto copy, found->duplicate());
    return std::optional(std::move(copy));
  }
  if (!must_exist) return std::optional<ns::handle>();
  return error::argument("no " + std::string(to_string(kind)) + " namespace is among the handles to enter");
}

result<entrance> entrance::open(const enter_target& target, const process_options& options,
                                const namespace_set& present)
{
  if (!target.unknown_.empty()) return error::argument(target.unknown_);
  const entrance_source& source = *target.source_;
  if (source.failed) return *source.failed;
  entrance found;
  found.target = source.name;
  for (const auto kind : ns::all_kinds) {
    const bool chosen = (target.chosen_ & bit(kind)) != 0;
    if (target.chosen_ != 0 && !chosen) continue;
    if (options.unshares(kind)) {
      if (!chosen) continue;
      return error::argument("the " + std::string(to_string(kind)) +
                             " namespace is both to be entered and to be made anew; leave one of them out");
    }
    BOOST_OUTCOME_TRY(auto opened, open_one(source, kind, chosen));
    if (opened && !present.holds(*opened)) found.namespaces.push_back(std::move(*opened));
  }
  if (source.pidfd && has_ended(source.pidfd.get())) return ended(stage::open, source.name);
  return found;
}

} // namespace detail

enter_target::enter_target(std::shared_ptr<const detail::entrance_source> source) noexcept
    : source_(std::move(source))
{}

enter_target::enter_target(const process& child) : source_(detail::pin_session(child.state_.get())) {}

namespace {

std::vector<ns::handle> only_one(ns::handle handle)
{
  std::vector<ns::handle> handles;
  handles.push_back(std::move(handle));
  return handles;
}

} // namespace

enter_target::enter_target(ns::handle one) : enter_target(namespaces(only_one(std::move(one)))) {}

enter_target enter_target::pidfd(int fd)
{
  const auto pid = detail::pid_in_proc(fd);
  if (!pid)
    return enter_target(detail::failed_source(
        error::argument("descriptor " + std::to_string(fd) + " to be entered is no pidfd")));
  if (*pid < 0)
    return enter_target(
        detail::failed_source(detail::ended(stage::open, "the process of pidfd " + std::to_string(fd))));
  if (*pid == 0)
    return enter_target(detail::failed_source(
        error::argument("the process of pidfd " + std::to_string(fd) +
                        " cannot be seen in this pid namespace; enter it by handles of its namespaces")));
  auto copy = io::unique_fd::duplicate(fd);
  if (!copy) return enter_target(detail::failed_source(std::move(copy).error()));
  return enter_target(detail::pinned(std::move(copy).assume_value(), *pid));
}

enter_target enter_target::pid(pid_t number)
{
  if (number <= 0)
    return enter_target(
        detail::failed_source(error::argument("pid " + std::to_string(number) + " to be entered")));
  io::unique_fd opened(static_cast<int>(::syscall(SYS_pidfd_open, number, 0)));
  if (!opened)
    return enter_target(detail::failed_source(
        error::from_errno(errno, stage::open).with_object("process " + std::to_string(number))));
  return enter_target(detail::pinned(std::move(opened), number));
}

enter_target enter_target::namespaces(std::vector<ns::handle> handles)
{
  std::uint8_t seen = 0;
  for (const auto& handle : handles) {
    if ((seen & detail::bit(handle.kind())) != 0)
      return enter_target(detail::failed_source(error::argument(
          "two " + std::string(to_string(handle.kind())) + " namespaces to be entered; one is the most")));
    seen |= detail::bit(handle.kind());
  }
  auto source = std::make_shared<detail::entrance_source>();
  source->name = "the given handles";
  source->handles = std::move(handles);
  return enter_target(std::move(source));
}

enter_target& enter_target::only(ns::kind kind)
{
  chosen_ |= detail::bit(kind);
  return *this;
}

enter_target& enter_target::only(std::string_view names)
{
  for (;;) {
    const auto comma = names.find(',');
    const auto name = names.substr(0, comma);
    if (const auto kind = ns::parse_kind(name))
      only(*kind);
    else if (unknown_.empty())
      unknown_ = "namespace '" + std::string(name) +
                 "' to be entered is unknown; user, mount, uts, ipc, cgroup, net, time or pid";
    if (comma == names.npos) return *this;
    names.remove_prefix(comma + 1);
  }
}

} // namespace linx
