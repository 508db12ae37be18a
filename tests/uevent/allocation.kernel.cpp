// Memory fails while several listen to the kernel's uevents: whoever it was for is told, by an error or by a
// loss, and nobody hangs.
#include "harness/network.hpp"
#include "harness/scarcity.hpp"

#include <linx/core/with_timeout.hpp>
#include <linx/io/unique_fd.hpp>
#include <linx/uevent/monitor.hpp>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(uevent_allocation_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace uevent = linx::uevent;
using linx::errc;
using linx::error;
using linx::success;
using linx::task;

namespace {

using events = linx::stream<uevent::notification>;

// A link with two names. Each change is one event, and takes no memory of this process.
class renamed_link {
public:
  renamed_link(const char* name, const char* other)
      : names_{name, other}, socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
  {}

  bool rename() noexcept
  {
    ifreq change{};
    std::strcpy(change.ifr_name, names_[changes_ % 2]);
    std::strcpy(change.ifr_newname, names_[(changes_ + 1) % 2]);
    if (::ioctl(socket_.get(), SIOCSIFNAME, &change) != 0) return false;
    ++changes_;
    return true;
  }

  // How often it was renamed.
  unsigned changes() const noexcept { return changes_; }

  std::string_view name() const noexcept { return names_[changes_ % 2]; }

  // Whether the event is about this link, whatever it was called then.
  bool is_renamed_by(const uevent::event& e) const
  {
    return e.action == "move" &&
           (e.property("INTERFACE") == names_[0] || e.property("INTERFACE") == names_[1]);
  }

private:
  const char* names_[2];
  linx::io::unique_fd socket_;
  unsigned changes_ = 0;
};

// Renames the link and reads until that is told. After a loss it is renamed once more.
task<> hear(events& from, renamed_link& link)
{
  for (bool is_lost = true; is_lost;) {
    if (!link.rename()) co_return error::from_errno(errno, linx::stage::configure);
    for (is_lost = false; !is_lost;) {
      LINX_TRY(const auto next, co_await from.next());
      if (!next) co_return errc::closed;
      const auto* e = std::get_if<uevent::event>(&*next);
      if (e && link.is_renamed_by(*e) && e->property("INTERFACE") == link.name()) co_return success();
      is_lost = !e;
    }
  }
  co_return success();
}

// By a monitor of its own.
task<> listen(linx::executor home, renamed_link& link)
{
  LINX_TRY(auto own, uevent::monitor::open(std::move(home)));
  for (int i = 0; i != 3; ++i) {
    LINX_TRYV(co_await hear(own, link));
  }
  co_return success();
}

// By one that is read again after each time limit.
task<> listen_in_between(events& from, renamed_link& link)
{
  auto nothing = from.next();
  const auto silence = co_await linx::with_timeout(std::move(nothing), 1ms);
  if (!silence && !(silence.error() == errc::timed_out)) co_return silence.error();
  LINX_TRYV(co_await hear(from, link));
  co_return success();
}

struct told {
  unsigned changes = 0;
  bool lost = false;
};

// What was told of these links since the monitor was opened, until it is as often as they were renamed, or
// some of it was lost.
task<told> all_of(events& from, const std::vector<renamed_link>& links)
{
  unsigned wanted = 0;
  for (const auto& link : links) wanted += link.changes();
  told seen;
  std::uint64_t last = 0;
  while (seen.changes != wanted) {
    LINX_TRY(const auto next, co_await from.next());
    if (!next) co_return errc::closed;
    const auto* e = std::get_if<uevent::event>(&*next);
    seen.lost = !e;
    if (!e) break;
    if (e->sequence <= last) co_return error(errc::conflict).with_object("out of order");
    last = e->sequence;
    for (const auto& link : links) seen.changes += link.is_renamed_by(*e);
  }
  co_return seen;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(every_allocation_may_fail, linx::test::fresh_network)
{
  const auto made = linx::test::run_command("ip link add a0 type veth peer name b0 && "
                                            "ip link add c0 type veth peer name d0");
  if (made.status != 0) {
    BOOST_TEST_MESSAGE("skipped: no pair of links: " << made.output);
    return;
  }
  const auto open = linx::test::open_descriptors();
  {
    std::vector<renamed_link> links;
    std::optional<events> shared;
    std::optional<events> unread;
    unsigned losses = 0;
    bool is_whole = false;
    linx::test::scenario busy;
    busy.begin = [&](asio::io_context& context) {
      const auto home = context.get_executor();
      links.clear();
      links.emplace_back("a0", "a1");
      links.emplace_back("b0", "b1");
      links.emplace_back("c0", "c1");
      shared = uevent::monitor::open(home).value();
      unread = uevent::monitor::open(home).value();
      linx::test::scenario::roots roots;
      roots.push_back(listen(home, links[0]));
      roots.push_back(listen(home, links[1]));
      roots.push_back(listen_in_between(*shared, links[2]));
      return roots;
    };
    busy.end = [&](asio::io_context& context) {
      // What nobody has read is there, or is told to be lost; and both monitors go on.
      const auto seen = linx::test::run(context, all_of(*unread, links));
      BOOST_TEST_REQUIRE(seen.has_value(), linx::test::why(seen));
      is_whole = !seen.value().lost;
      losses += seen.value().lost;
      for (auto& link : links) {
        BOOST_TEST(linx::test::run(context, hear(*shared, link)).has_value());
        BOOST_TEST(linx::test::run(context, hear(*unread, link)).has_value());
        if (link.changes() % 2 != 0) BOOST_REQUIRE(link.rename());
      }
      shared.reset();
      unread.reset();
    };
    busy.with_every_allocation_failing();
    BOOST_TEST(losses != 0u);
    BOOST_TEST(is_whole); // in the last run, in which none failed
  }
  BOOST_TEST(linx::test::open_descriptors() == open);
}

BOOST_AUTO_TEST_SUITE_END()
