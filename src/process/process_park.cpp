// Leaving a child at its checkpoint, and coming for it.

#include <linx/process/process.hpp>

#include "core/operation.hpp"
#include "process/meeting_place.hpp"
#include "process/session_step.hpp"

#include <linx/core/as_result.hpp>

#include <boost/asio/steady_timer.hpp>

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace linx {

namespace {

using detail::attached_connection;
using detail::attachment;
using detail::meeting_place;
using detail::session;
using session_ptr = std::shared_ptr<session>;

constexpr auto room_pause = std::chrono::milliseconds(5);
constexpr int attempts = 200; // while others are before us

/// The page that is the child's and its spawner's alone from now on.
result<io::unique_fd> make_status_page()
{
  io::unique_fd page(::memfd_create("linx-status", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (!page || ::ftruncate(page.get(), sizeof(wire::status_slot)) != 0 ||
      ::fcntl(page.get(), F_ADD_SEALS, seals) != 0)
    return error::from_errno(errno, stage::memfd).with_object("status page of the child");
  return page;
}

task<> leave(session_ptr s, io::unique_fd directory, std::string name)
{
  LINX_TRYV(s->may_park());
  LINX_TRY(auto place, meeting_place::open(std::move(directory), std::move(name), stage::park));
  const auto where = std::make_shared<detail::parking_name>(std::move(place));
  LINX_TRY(const auto listener, where->listen());
  LINX_TRY(const auto page, make_status_page());
  detail::step_list steps;
  steps.add(wire::stage::status_page, {}, page.get());
  auto taking = detail::run_steps(s, std::move(steps), "park");
  LINX_TRYV(co_await std::move(taking));
  LINX_TRYV(s->park(where, listener.get(), page.get()));
  while (!s->park_answer() && !s->machine().terminal()) {
    LINX_TRYV(co_await detail::changed(s));
  }
  const auto answer = s->park_answer();
  if (answer == 0) co_return success();
  where->give_back(); // nobody else will, if it has ended
  if (answer) co_return error::from_errno(*answer, stage::park).with_object(where->name());
  if (s->machine().outcome()->has_error()) co_return s->machine().outcome()->error();
  co_return error(errc::no_process, stage::park).with_object(where->name());
}

task<attachment> await_answer(std::shared_ptr<attached_connection> link)
{
  for (;;) {
    if (auto answer = link->take_answer()) co_return std::move(*answer);
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (detail::is_cancelled(cancel)) co_return errc::cancelled;
    detail::waiter waiting(link->waiters);
    co_await waiting.park();
    if (link->is_shut_down()) co_return errc::closed;
    if (waiting.reason() == detail::wake_reason::cancelled) co_return errc::cancelled;
  }
}

/// At the home of the link, which is that of the session.
task<session_ptr> meet(std::shared_ptr<attached_connection> link, io::unique_fd connection)
{
  LINX_TRYV(link->adopt(std::move(connection)));
  auto waiting = await_answer(link);
  auto answer = co_await std::move(waiting);
  if (!answer) {
    link->dismiss(0);
    co_return std::move(answer).error();
  }
  auto s = detail::make_state<session>(link->get_executor(), answer.assume_value().child);
  if (s->is_shut_down()) co_return errc::closed;
  auto going = s->attend(link, std::move(answer).assume_value());
  if (!going) {
    link->dismiss(0);
    co_return std::move(going).error();
  }
  co_return std::move(s);
}

/// A child that has ended: all that is left of it is its record.
task<session_ptr> remember(std::shared_ptr<attached_connection> link, detail::attached_child child)
{
  auto s = detail::make_state<session>(link->get_executor(), child);
  if (s->is_shut_down()) co_return errc::closed;
  attachment found;
  found.child = std::move(child);
  LINX_TRYV(s->attend(link, std::move(found)));
  co_return std::move(s);
}

task<> rest()
{
  asio::steady_timer timer(co_await asio::this_coro::executor, room_pause);
  auto passing = timer.async_wait(as_result);
  co_return co_await std::move(passing);
}

bool nobody_listens(const error& why)
{
  return why.errnum() == ENOENT || why.errnum() == ECONNREFUSED;
}

error lost(const meeting_place& where, error why)
{
  if (why.errnum() == ENOENT) return why;
  return error(errc::exit_unknown, stage::attach)
      .with_object("child '" + where.name() + "'; its linx-spawner has died, and it left no record");
}

task<session_ptr> find(meeting_place where)
{
  const executor home = co_await asio::this_coro::executor;
  for (int attempt = 1;; ++attempt) {
    auto connection = where.connect();
    auto link = detail::make_state<attached_connection>(home);
    if (link->is_shut_down()) co_return errc::closed;
    std::optional<error> why;
    if (connection) {
      auto meeting = detail::operation<session_ptr>(link, meet(link, std::move(connection).assume_value()));
      auto met = co_await std::move(meeting);
      if (met || met.error() != errc::died) co_return std::move(met);
      why = std::move(met).error(); // it has ended meanwhile: now there is a record
    } else {
      why = std::move(connection).error();
      if (!nobody_listens(*why) && why->errnum() != EAGAIN) co_return *why;
    }
    if (nobody_listens(*why)) {
      LINX_TRY(auto record, where.read_record());
      if (!record) co_return lost(where, *why);
      auto remembering = detail::operation<session_ptr>(link, remember(link, std::move(*record)));
      co_return co_await std::move(remembering);
    }
    if (attempt == attempts) co_return *why;
    LINX_TRYV(co_await rest());
  }
}

} // namespace

task<> process::park(io::unique_fd directory, std::string name)
{
  return detail::operation<void>(state_, leave(state_, std::move(directory), std::move(name)));
}

task<process> process::attach(io::unique_fd directory, std::string name)
{
  const auto cancel = co_await asio::this_coro::cancellation_state;
  if (detail::is_cancelled(cancel)) co_return errc::cancelled;
  LINX_TRY(auto where, meeting_place::open(std::move(directory), std::move(name), stage::attach));
  auto finding = find(std::move(where));
  LINX_TRY(auto state, co_await std::move(finding));
  process child(std::move(state));
  co_return std::move(child);
}

} // namespace linx
