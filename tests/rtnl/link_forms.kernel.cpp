// What links of all kinds have in common beyond an address and an MTU: flags, groups, masters, other names,
// namespaces, programs, tun devices.
#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/link_filter.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/new_link.hpp>
#include <linx/rtnl/tun_device.hpp>

#include <array>
#include <cerrno>
#include <cstring>

#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(rtnl_link_forms_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::run;
using linx::test::why;

namespace {

class pair : public linx::test::rtnl_network {
public:
  pair() { require(ask(kernel.add_link(rtnl::veth("v0", "v1")))); }
};

// A program that lets every packet pass, or nothing where bpf(2) is refused.
linx::result<linx::io::unique_fd> load_xdp()
{
  constexpr std::array<bpf_insn, 2> pass{
      {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 2 /* XDP_PASS */}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_XDP;
  load.insns = reinterpret_cast<std::uint64_t>(pass.data());
  load.insn_cnt = pass.size();
  load.license = reinterpret_cast<std::uint64_t>("BSL-1.0");
  linx::io::unique_fd fd(static_cast<int>(::syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load)));
  if (!fd) return linx::error::from_errno(errno, linx::stage::open);
  return fd;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(flags_and_group_are_what_ip_sees, pair)
{
  auto change = rtnl::link_change();
  change.promiscuous(true).all_multicast(true).multicast(false).arp(false).group(7);
  require(ask(kernel.change_link("v0", change)));
  const auto said = ip("link show v0");
  for (const auto* part :
       {"\"PROMISC\"", "\"ALLMULTI\"", "\"NOARP\"", "\"group\":\"7\"", "\"promiscuity\":1"})
    BOOST_TEST(contains(said, part), said);
  BOOST_TEST(!contains(said, "\"MULTICAST\""));
  const auto seen = get("v0");
  BOOST_TEST(seen.promiscuity == 1u);
  BOOST_TEST(seen.group == 7u);
  BOOST_TEST(contains(said, "\"min_mtu\":" + std::to_string(seen.min_mtu)));
  BOOST_TEST(contains(said, "\"max_mtu\":" + std::to_string(seen.max_mtu)));
  BOOST_TEST(contains(said, "\"num_tx_queues\":" + std::to_string(seen.tx_queues)));
  BOOST_TEST(contains(said, "\"gso_max_size\":" + std::to_string(seen.gso_max_size)));

  auto back = rtnl::link_change();
  back.promiscuous(false).arp(true).multicast(true);
  require(ask(kernel.change_link("v0", back)));
  BOOST_TEST(get("v0").promiscuity == 0u);
  BOOST_TEST(!contains(ip("link show v0"), "\"NOARP\""));
}

BOOST_FIXTURE_TEST_CASE(an_mtu_out_of_range_is_explained, pair)
{
  auto change = rtnl::link_change();
  change.mtu(10);
  const auto refused = ask(kernel.change_link("v0", change));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(contains(refused.error().message(), "mtu less than device minimum"), why(refused));
}

BOOST_FIXTURE_TEST_CASE(a_master_by_name_and_its_ports_by_filter, pair)
{
  require(ask(kernel.add_link(rtnl::new_link("br0", rtnl::bridge()))));
  auto join = rtnl::link_change();
  join.master("br0").up();
  require(ask(kernel.change_link("v0", join)));
  // from the start
  auto born = rtnl::link_change();
  born.master("br0");
  require(ask(kernel.add_link(rtnl::new_link("i0", rtnl::ifb()).with(born))));
  const auto bridge = get("br0").index;
  BOOST_TEST((get("v0").master == bridge));
  BOOST_TEST(contains(ip("link show i0"), "\"master\":\"br0\""));

  const auto ports = run(context, linx::collect(kernel.links(rtnl::link_filter().master(bridge))));
  require(ports);
  BOOST_TEST(ports.value().size() == 2u);
  const auto ends = run(context, linx::collect(kernel.links(rtnl::link_filter().kind("veth"))));
  require(ends);
  BOOST_TEST(ends.value().size() == 2u);

  auto leave = rtnl::link_change();
  leave.no_master();
  require(ask(kernel.change_link("v0", leave)));
  BOOST_TEST(!get("v0").master.has_value());

  auto nowhere = rtnl::link_change();
  nowhere.master("nobody");
  BOOST_TEST(contains(why(ask(kernel.change_link("v0", nowhere))), "link nobody"));
}

BOOST_FIXTURE_TEST_CASE(other_names_come_and_go, pair)
{
  const std::string longer = "a-name-longer-than-fifteen";
  require(ask(kernel.add_alternative_names("v0", {longer, "short"})));
  BOOST_TEST(contains(ip("link show v0"), longer));
  const auto by_long = get(longer);
  BOOST_TEST(by_long.name == "v0");
  BOOST_TEST(by_long.is_called(longer));
  BOOST_TEST(by_long.is_called("short"));
  BOOST_TEST(get("short").index == by_long.index);
  // requests that take an index look one up
  require(ask(kernel.add_address(longer, "10.0.0.1/24"_ifaddr)));
  require(ask(kernel.set_up(longer)));
  BOOST_TEST(get("v0").is_up());
  const auto taken = ask(kernel.add_alternative_names("v1", {longer}));
  BOOST_REQUIRE(!taken);
  BOOST_TEST(taken.error().errnum() == EEXIST);
  require(ask(kernel.remove_alternative_names("v0", {longer})));
  BOOST_TEST((get("v0").alternative_names == std::vector<std::string>{"short"}));
  BOOST_TEST(!ask(kernel.add_alternative_names("v0", {})));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_made_is_refused_before_it_is_asked_for, pair)
{
  rtnl::geneve no_id;
  rtnl::vxlan mixed(1);
  mixed.local = "10.0.0.1"_ip;
  mixed.group = "2001:db8::1"_ip;
  rtnl::vxlan multicast(1);
  multicast.group = "239.0.0.1"_ip;
  const rtnl::new_link impossible[] = {
      rtnl::new_link("x", rtnl::vlan(7)),
      rtnl::new_link("x", rtnl::vlan(4095)).lower("v0"),
      rtnl::new_link("x", rtnl::macvlan()),
      rtnl::new_link("x", rtnl::ipvlan()),
      rtnl::new_link("x", rtnl::vxlan(1u << 24)),
      rtnl::new_link("x", mixed),
      rtnl::new_link("x", multicast),
      rtnl::new_link("x", no_id),
      rtnl::new_link("x", rtnl::vrf()),
      rtnl::new_link("x", rtnl::tun()),
      rtnl::new_link("x", rtnl::gre("10.0.0.1"_ip, "2001:db8::1"_ip)),
      rtnl::new_link("x", rtnl::link_data()),
      rtnl::new_link("a/b", rtnl::ifb()),
  };
  for (const auto& link : impossible) {
    const auto refused = ask(kernel.add_link(link));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().where() == linx::stage::argument), why(refused));
  }
}

// A child's namespace by its pidfd; a number may be another process's by the time it is used.
BOOST_FIXTURE_TEST_CASE(a_link_moves_to_a_process, pair)
{
  std::array<int, 2> hold{};
  BOOST_REQUIRE(::pipe(hold.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    ::close(hold[1]);
    if (::unshare(CLONE_NEWNET) != 0) ::_exit(1);
    // until the parent has closed its end
    while (::read(hold[0], &byte, 1) > 0) {
    }
    ::_exit(0);
  }
  ::close(hold[0]);
  const linx::io::unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  const auto here = linx::ns::handle::of_self(linx::ns::kind::net);
  auto there = linx::ns::handle::from_pidfd(linx::ns::kind::net, pidfd.get());
  while (there && there.value().same_as(here.value())) // it has not unshared yet
    there = linx::ns::handle::from_pidfd(linx::ns::kind::net, pidfd.get());
  require(there);
  auto by_pidfd = rtnl::link_change();
  by_pidfd.move_to(there.value());
  require(ask(kernel.change_link("v1", by_pidfd)));
  auto by_pid = rtnl::link_change();
  by_pid.move_to(child);
  require(ask(kernel.change_link("v0", by_pid)));
  BOOST_TEST(ask(kernel.get_link("v0")).error().errnum() == ENODEV);
  auto inside = rtnl::connection::open(context.get_executor(), there.value());
  if (inside) {
    BOOST_TEST(run(context, inside.value().get_link("v0")).has_value());
    BOOST_TEST(run(context, inside.value().get_link("v1")).has_value());
  }
  ::close(hold[1]);
  BOOST_TEST(::waitpid(child, nullptr, 0) == child);
  // reaped: nobody is found under its number
  const auto gone = linx::ns::handle::from_pidfd(linx::ns::kind::net, pidfd.get());
  BOOST_REQUIRE(!gone);
  BOOST_TEST(gone.error().errnum() == ESRCH);
  BOOST_TEST((linx::ns::handle::from_pidfd(linx::ns::kind::net, 0).error().where() == linx::stage::argument));
}

BOOST_FIXTURE_TEST_CASE(namespaces_have_numbers, pair)
{
  const auto there = linx::test::another_network();
  const auto none = ask(kernel.get_netns_id(there));
  require(none);
  BOOST_TEST(!none.value().has_value());
  require(ask(kernel.set_netns_id(there, 77)));
  BOOST_TEST((ask(kernel.get_netns_id(there)).value() == 77));
  BOOST_TEST(contains(linx::test::run_command("ip netns list-id").output, "77"));
  const auto all = run(context, linx::collect(kernel.netns_ids()));
  require(all);
  BOOST_TEST((all.value() == std::vector<std::int32_t>{77}));
  // the number is what a link's other end is in
  require(ask(kernel.add_link(rtnl::veth("out", "in").peer_in(there))));
  BOOST_TEST((get("out").lower_netns == 77));
  const auto again = ask(kernel.set_netns_id(there, 78));
  BOOST_REQUIRE(!again);
  BOOST_TEST(again.error().errnum() == EEXIST);
}

BOOST_FIXTURE_TEST_CASE(an_xdp_program_is_attached_and_detached, pair)
{
  const auto program = load_xdp();
  if (!program) {
    BOOST_TEST_MESSAGE("skipped: no XDP program may be loaded: " << why(program));
    return;
  }
  const auto attach = rtnl::xdp_program(program.value().get()).mode(rtnl::xdp_mode::generic).exclusive();
  require(ask(kernel.attach_xdp("v0", attach)));
  const auto seen = get("v0");
  BOOST_REQUIRE(seen.xdp.has_value());
  BOOST_TEST((seen.xdp->mode == rtnl::xdp_mode::generic));
  BOOST_TEST(seen.xdp->program != 0u);
  BOOST_TEST(contains(ip("link show v0"), "\"id\":" + std::to_string(seen.xdp->program)));
  const auto second = ask(kernel.attach_xdp("v0", attach));
  BOOST_REQUIRE(!second);
  BOOST_TEST(second.error().errnum() == EBUSY);
  require(ask(kernel.detach_xdp("v0", rtnl::xdp_mode::generic)));
  BOOST_TEST(!get("v0").xdp.has_value());
  BOOST_TEST(!ask(kernel.attach_xdp("v0", rtnl::xdp_program(-1))));
}

// The address of the end of a tunnel is an IP address, and that of others has as many bytes as the type of
// the link says.
BOOST_FIXTURE_TEST_CASE(link_layer_addresses_have_any_length, pair)
{
  const auto device = rtnl::open_tun(rtnl::tun_options::tun("t0"));
  if (!device) {
    BOOST_TEST_MESSAGE("skipped: " << why(device));
    return;
  }
  const auto become = [&](int arphrd) { return ::ioctl(device.value().fd(), TUNSETLINK, arphrd) == 0; };
  if (!become(ARPHRD_IPGRE) || !get("t0").address) {
    BOOST_TEST_MESSAGE("skipped: this kernel's tun devices have no address (Linux 5.14)");
    return;
  }
  const auto end = get("t0");
  BOOST_TEST((end.address == linx::net::link_address("0.0.0.0"_ip)));
  BOOST_TEST((end.broadcast == linx::net::link_address("0.0.0.0"_ip)));
  BOOST_TEST(!end.address->as_mac().has_value());

  require(ask(kernel.set_up("t0")));
  require(ask(kernel.add_address("t0", "2001:db8::1/64"_ifaddr)));
  rtnl::neighbour far(end.index, "2001:db8::7"_ip);
  far.at(linx::net::link_address("192.0.2.7"_ip));
  require(ask(kernel.add_neighbour(far)));
  BOOST_TEST(contains(ip("neigh show dev t0"), "\"lladdr\":\"192.0.2.7\""));
  const auto seen = ask(kernel.get_neighbour(end.index, "2001:db8::7"_ip));
  require(seen);
  BOOST_TEST((seen.value().link_address == far.link_address), to_string(seen.value()));
  // one that is too short for the link is the kernel's to refuse, not to be padded
  far.at(*linx::net::link_address::from_bytes(std::vector<std::byte>(3)));
  const auto refused = ask(kernel.replace_neighbour(far));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().errnum() == EINVAL, why(refused));

  require(ask(kernel.set_down("t0")));
  BOOST_REQUIRE(become(ARPHRD_TUNNEL6));
  BOOST_TEST((get("t0").address == linx::net::link_address("::"_ip)));
}

// Packets go both ways through the descriptor, in whichever namespace the device is.
BOOST_FIXTURE_TEST_CASE(a_tun_device_carries_packets, pair)
{
  const auto there = linx::test::another_network();
  auto device = rtnl::open_tun(there, rtnl::tun_options::tun("t%d"));
  if (!device) {
    BOOST_TEST_MESSAGE("skipped: " << why(device));
    return;
  }
  BOOST_TEST(device.value().name() == "t0");
  BOOST_TEST(ask(kernel.get_link("t0")).error().errnum() == ENODEV);
  const auto inside = rtnl::connection::open(context.get_executor(), there).value();
  require(run(context, inside.add_address("t0", "10.5.0.1/24"_ifaddr)));
  require(run(context, inside.set_up("t0")));
  const auto seen = run(context, inside.get_link("t0")).value();
  const auto* kind = seen.data.get_if<rtnl::tun>();
  BOOST_REQUIRE_MESSAGE(kind, to_string(seen));
  BOOST_TEST((kind->type == 1));
  BOOST_TEST((kind->persistent == false));
  BOOST_TEST((kind->packet_info == false));

  // an echo request from 10.5.0.2 to 10.5.0.1, checksums as RFC 792 has them
  const std::array<std::uint8_t, 28> ping{0x45, 0, 0,  28, 0, 0, 0, 0, 64,   1,    0x66, 0xd5, 10, 5,
                                          0,    2, 10, 5,  0, 1, 8, 0, 0xf7, 0xfd, 0,    1,    0,  1};
  BOOST_REQUIRE(::write(device.value().fd(), ping.data(), ping.size()) == ssize_t(ping.size()));
  bool answered = false;
  while (!answered) { // router solicitations come too
    pollfd readable{device.value().fd(), POLLIN, 0};
    BOOST_REQUIRE(::poll(&readable, 1, 10000) == 1);
    std::array<std::uint8_t, 2048> packet{};
    const auto size = ::read(device.value().fd(), packet.data(), packet.size());
    BOOST_REQUIRE(size > 0);
    answered = size == 28 && packet[0] == 0x45 && packet[9] == 1 && packet[20] == 0;
  }
  BOOST_TEST(answered);
}

BOOST_FIXTURE_TEST_CASE(a_persistent_tap_stays, pair)
{
  const auto device = rtnl::open_tun(rtnl::tun_options::tap("tap7").persistent().owner(1000).vnet_header());
  if (!device) {
    BOOST_TEST_MESSAGE("skipped: " << why(device));
    return;
  }
  const auto said = ip("link show tap7");
  for (const auto* part :
       {"\"info_kind\":\"tun\"", "\"type\":\"tap\"", "\"vnet_hdr\":true", "\"persist\":true"})
    BOOST_TEST(contains(said, part), said);
  const auto seen = get("tap7");
  const auto* kind = seen.data.get_if<rtnl::tun>();
  BOOST_REQUIRE(kind);
  BOOST_TEST((kind->owner == 1000u));
  const auto busy = rtnl::open_tun(rtnl::tun_options::tap("tap7").exclusive());
  BOOST_REQUIRE(!busy);
  BOOST_TEST(busy.error().errnum() == EBUSY);
  BOOST_TEST(contains(busy.error().message(), "tap7"));
  BOOST_TEST(!rtnl::open_tun(rtnl::tun_options::tap("a/b")));
  require(ask(kernel.remove_link("tap7")));
}

BOOST_AUTO_TEST_SUITE_END()
