// uevents of real devices. Each case runs in a child with a network namespace and a /sys of its own.
#include "harness/network.hpp"
#include "harness/run.hpp"

#include <linx/core/with_timeout.hpp>
#include <linx/ns/handle.hpp>
#include <linx/uevent/monitor.hpp>

#include <fstream>
#include <iostream>

#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(uevent_monitor_kernel)

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace uevent = linx::uevent;
using linx::task;
using linx::test::run;
using linx::test::why;

namespace {

// What a device's file is told to say, Linux 4.13.
constexpr const char* marker = "fe4cf0b5-5c3d-4d2a-8d0d-1e4c3d2a1b0c";

// Makes the kernel say `action` about lo, with the marker in it.
bool trigger(const std::string& action)
{
  std::ofstream file("/sys/class/net/lo/uevent");
  file << action << " " << marker << " WHO=linx" << std::flush;
  return static_cast<bool>(file);
}

// Awaitable: the next event with the marker, others pass by.
task<uevent::event> next_marked(linx::stream<uevent::notification>& events)
{
  for (;;) {
    auto limited = linx::with_timeout(events.next(), 5s);
    LINX_TRY(auto next, co_await std::move(limited));
    if (!next) co_return linx::errc::closed;
    const auto* e = std::get_if<uevent::event>(&*next);
    if (e && e->property("SYNTH_UUID") == marker) co_return *e;
  }
}

// Awaitable: whether one with the marker comes before the stream has been silent for a while.
task<bool> hears_marked(linx::stream<uevent::notification>& events)
{
  for (;;) {
    auto limited = linx::with_timeout(events.next(), 100ms);
    const auto next = co_await std::move(limited);
    if (!next) co_return false;
    const auto* e = std::get_if<uevent::event>(&*next.value());
    if (e && e->property("SYNTH_UUID") == marker) co_return true;
  }
}

// Moves the child into a network namespace with its own /sys. A skip status, or nothing.
std::optional<int> enter_network_with_sys()
{
  if (const auto reason = linx::test::enter_fresh_network()) return linx::test::skip_child(*reason);
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("sysfs", "/sys", "sysfs", 0, nullptr) != 0)
    return linx::test::skip_child("no sysfs may be mounted here");
  return std::nullopt;
}

int fail(const std::string& what)
{
  std::cout << what << std::endl;
  return 1;
}

int hear_of_lo()
{
  if (const auto status = enter_network_with_sys()) return *status;
  asio::io_context context(1);
  auto opened = uevent::monitor::open(context.get_executor());
  if (!opened) return fail(why(opened));
  auto events = std::move(opened).value();
  for (const char* action : {"add", "change", "remove"}) {
    if (!trigger(action)) return linx::test::skip_child("the uevent file of lo may not be written");
    const auto e = run(context, next_marked(events));
    if (!e) return fail(why(e));
    std::cout << to_string(e.value()) << std::endl;
    if (e.value().action != action || e.value().subsystem != "net" ||
        e.value().property("INTERFACE") != "lo" || e.value().property("SYNTH_ARG_WHO") != "linx" ||
        e.value().sequence == 0 || e.value().device_path != "/devices/virtual/net/lo")
      return fail("another event than expected");
  }
  return 0;
}

int hear_of_a_new_link()
{
  if (const auto status = enter_network_with_sys()) return *status;
  asio::io_context context(1);
  auto opened = uevent::monitor::open(context.get_executor());
  if (!opened) return fail(why(opened));
  auto events = std::move(opened).value();
  if (linx::test::run_command("ip link add v0 type veth peer name v1 && ip link del v0").status != 0)
    return fail("ip");
  for (const std::string wanted : {"add /devices/virtual/net/v0 ", "remove /devices/virtual/net/v0 "}) {
    for (;;) {
      auto limited = linx::with_timeout(events.next(), 5s);
      const auto next = run(context, std::move(limited));
      if (!next) return fail(wanted + why(next));
      if (to_string(*next.value()).starts_with(wanted)) break;
    }
  }
  return 0;
}

// A namespace hears of its own devices only; a monitor made inside hears what is said there.
int namespaces_are_apart()
{
  if (linx::test::enter_fresh_network()) return linx::test::skip_child("no network namespace");
  asio::io_context context(1);
  auto outside = uevent::monitor::open(context.get_executor());
  if (const auto status = enter_network_with_sys()) return *status;
  const auto inner = linx::ns::handle::of_self(linx::ns::kind::net);
  if (linx::test::enter_fresh_network()) return linx::test::skip_child("no network namespace");
  auto inside = uevent::monitor::open(context.get_executor(), inner.value());
  if (!outside) return fail(why(outside));
  if (!inside && inside.error().errnum() == EPERM) return linx::test::skip_child(why(inside));
  if (!inside) return fail(why(inside));
  // /sys still shows the devices of the namespace that it was mounted in
  if (!trigger("change")) return linx::test::skip_child("the uevent file of lo may not be written");
  if (!run(context, next_marked(inside.value()))) return fail("not heard inside");
  if (run(context, hears_marked(outside.value())).value()) return fail("heard outside");
  return 0;
}

int forged_events_are_not_believed()
{
  if (const auto status = enter_network_with_sys()) return *status;
  linx::io::unique_fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT));
  const linx::io::unique_fd forger(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return fail("socket");
  asio::io_context context(1);
  auto opened = uevent::monitor::adopt(context.get_executor(), std::move(fd));
  if (!opened) return fail(why(opened));
  auto events = std::move(opened).value();
  const std::string forged = std::string("add@/devices/evil") + '\0' + "SYNTH_UUID=" + marker + '\0';
  const std::string huge(100 * 1024, 'x');
  for (const auto& text : {forged, huge, std::string()})
    if (::sendto(forger.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                 sizeof address) < 0 &&
        errno != EPERM && errno != ECONNREFUSED && !text.empty())
      std::cout << "sendto: " << std::strerror(errno) << std::endl;
  if (!trigger("change")) return linx::test::skip_child("the uevent file of lo may not be written");
  const auto e = run(context, next_marked(events));
  if (!e) return fail(why(e));
  return e.value().device_path == "/devices/virtual/net/lo" ? 0 : fail("believed: " + to_string(e.value()));
}

int an_overrun_is_told()
{
  if (const auto status = enter_network_with_sys()) return *status;
  asio::io_context context(1);
  auto opened = uevent::monitor::open(context.get_executor(), uevent::monitor_options().receive_buffer(4096));
  if (!opened) return fail(why(opened));
  auto events = std::move(opened).value();
  for (int i = 0; i < 100; ++i)
    if (!trigger("change")) return linx::test::skip_child("the uevent file of lo may not be written");
  int heard = 0;
  for (;; ++heard) {
    auto limited = linx::with_timeout(events.next(), 5s);
    const auto next = run(context, std::move(limited));
    if (!next) return fail(why(next));
    if (std::holds_alternative<linx::netlink::lost>(*next.value())) break;
  }
  std::cout << "heard " << heard << " of 100 before the loss" << std::endl;
  if (heard >= 100) return fail("nothing was lost");
  // and it goes on
  if (!trigger("add")) return fail("trigger");
  const auto e = run(context, next_marked(events));
  return e && e.value().action == "add" ? 0 : fail(why(e));
}

void check(int (*body)())
{
  const int status = linx::test::run_in_child(body);
  if (status != linx::test::child_skipped) BOOST_TEST(status == 0);
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_written_to_a_uevent_file_is_heard)
{
  check(hear_of_lo);
}

BOOST_AUTO_TEST_CASE(a_link_that_comes_and_goes_is_heard)
{
  check(hear_of_a_new_link);
}

BOOST_AUTO_TEST_CASE(each_namespace_hears_of_its_own_devices)
{
  check(namespaces_are_apart);
}

// Anybody may send to a netlink socket.
BOOST_AUTO_TEST_CASE(a_forged_event_is_not_believed)
{
  check(forged_events_are_not_believed);
}

BOOST_AUTO_TEST_CASE(what_the_kernel_dropped_is_a_value_and_the_stream_goes_on)
{
  check(an_overrun_is_told);
}

BOOST_AUTO_TEST_SUITE_END()
