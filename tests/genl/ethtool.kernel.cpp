// Settings of real devices: what another interface to the same driver, the SIOCETHTOOL ioctl, says of them.
#include "harness/network.hpp"
#include "harness/run.hpp"

#include <linx/core/with_timeout.hpp>
#include <linx/genl/ethtool.hpp>
#include <linx/io/unique_fd.hpp>
#include <linx/ns/handle.hpp>

#include <cstring>

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

BOOST_AUTO_TEST_SUITE(genl_ethtool_kernel, *boost::unit_test::precondition(linx::test::network_possible))

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace ethtool = linx::genl::ethtool;
using linx::task;
using linx::test::run;
using linx::test::why;

namespace {

// A veth pair, v0 and v1, in a namespace of its own.
class veth_network : public linx::test::fresh_network {
public:
  veth_network()
  {
    const auto made =
        linx::test::run_command("ip link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1 && "
                                "ip link set v0 up");
    BOOST_REQUIRE_MESSAGE(made.status == 0, made.output);
  }
};

ethtool::connection open(asio::io_context& context)
{
  auto transport = linx::genl::connection::open(context.get_executor());
  BOOST_REQUIRE_MESSAGE(transport.has_value(), why(transport));
  return linx::test::value_of(run(context, ethtool::connection::open(transport.value())));
}

// One SIOCETHTOOL request. The structure begins with the command.
template <class T>
T by_ioctl(const char* name, T value)
{
  const linx::io::unique_fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  BOOST_REQUIRE_MESSAGE(::ioctl(fd.get(), SIOCETHTOOL, &request) == 0, std::strerror(errno));
  return value;
}

ethtool_channels channels_by_ioctl(const char* name)
{
  ethtool_channels request{};
  request.cmd = ETHTOOL_GCHANNELS;
  return by_ioctl(name, request);
}

bool receive_checksum_by_ioctl(const char* name)
{
  ethtool_value request{};
  request.cmd = ETHTOOL_GRXCSUM;
  return by_ioctl(name, request).data != 0;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(features_are_read_and_switched, veth_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto before = run(context, c.get_features("v0"));
  BOOST_REQUIRE_MESSAGE(before.has_value(), why(before));
  BOOST_TEST(before.value().device.name() == "v0");
  BOOST_TEST(before.value().device.index() == ::if_nametoindex("v0"));
  BOOST_TEST(before.value().active.contains("rx-checksum"));
  BOOST_TEST(before.value().changeable.contains("rx-checksum"));
  BOOST_TEST(receive_checksum_by_ioctl("v0"));

  std::map<std::string, bool> switches{{"rx-checksum", false}};
  const auto done = run(context, c.set_features("v0", switches));
  BOOST_REQUIRE_MESSAGE(done.has_value(), why(done));
  BOOST_TEST(done.value().refused.bits.empty());
  BOOST_REQUIRE(done.value().changed.find("rx-checksum"));
  BOOST_TEST(!done.value().changed.find("rx-checksum")->value);
  BOOST_TEST(!receive_checksum_by_ioctl("v0"));
  const auto after = run(context, c.get_features(::if_nametoindex("v0")));
  BOOST_TEST(!after.value().active.contains("rx-checksum"));
  BOOST_TEST(to_string(after.value()).find("v0: on: ") == 0);
}

BOOST_FIXTURE_TEST_CASE(a_feature_that_cannot_be_switched_is_told, veth_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  std::map<std::string, bool> switches{{"rx-vlan-filter", true}}; // veth has none
  const auto done = run(context, c.set_features("v0", switches));
  BOOST_REQUIRE_MESSAGE(done.has_value(), why(done));
  BOOST_REQUIRE(done.value().refused.find("rx-vlan-filter"));
  BOOST_TEST(done.value().changed.bits.empty());

  switches = {{"no-such-feature", true}};
  const auto unknown = run(context, c.set_features("v0", switches));
  BOOST_REQUIRE(!unknown);
  BOOST_TEST_CONTEXT(why(unknown))
  {
    BOOST_TEST(unknown.error().message().find("ethtool: features of v0") != std::string::npos);
    BOOST_TEST(unknown.error().kernel_text() != "");
    BOOST_TEST(unknown.error().attribute() == "ETHTOOL_A_FEATURES_WANTED.ETHTOOL_A_BITSET_BITS.ETHTOOL_A_"
                                              "BITSET_BITS_BIT.ETHTOOL_A_BITSET_BIT_NAME");
  }
}

BOOST_FIXTURE_TEST_CASE(channels_are_read_and_set, veth_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  auto channels = run(context, c.get_channels("v0"));
  BOOST_REQUIRE_MESSAGE(channels.has_value(), why(channels));
  const auto told = channels_by_ioctl("v0");
  BOOST_TEST((channels.value().rx == told.rx_count));
  BOOST_TEST((channels.value().tx_max == told.max_tx));
  BOOST_TEST(told.max_tx == 4u);
  ethtool::channels wanted;
  wanted.tx = 2;
  const auto set = run(context, c.set_channels("v0", wanted));
  BOOST_REQUIRE_MESSAGE(set.has_value(), why(set));
  BOOST_TEST(channels_by_ioctl("v0").tx_count == 2u);
  wanted.tx = 5;
  const auto refused = run(context, c.set_channels("v0", wanted));
  BOOST_REQUIRE(!refused);
  BOOST_TEST_CONTEXT(why(refused))
  {
    BOOST_TEST(refused.error().errnum() == EINVAL);
    BOOST_TEST(refused.error().attribute() == "ETHTOOL_A_CHANNELS_TX_COUNT");
  }
}

BOOST_FIXTURE_TEST_CASE(link_modes_and_state, veth_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto modes = run(context, c.get_link_modes("v0"));
  BOOST_REQUIRE_MESSAGE(modes.has_value(), why(modes));
  BOOST_TEST((modes.value().speed == 10000u)); // drivers/net/veth.c
  BOOST_TEST((modes.value().duplex == ethtool::duplex::full));
  BOOST_TEST((modes.value().autonegotiation == false));
  auto state = run(context, c.get_link_state("v0"));
  BOOST_REQUIRE_MESSAGE(state.has_value(), why(state));
  BOOST_TEST((state.value().up == false)); // the other end is down
  BOOST_REQUIRE(linx::test::run_command("ip link set v1 up").status == 0);
  state = run(context, c.get_link_state("v0"));
  BOOST_TEST((state.value().up == true));
  BOOST_TEST(to_string(state.value()) == "v0: up");
}

// tun has what veth lacks: link modes and coalescing that may be set.
BOOST_FIXTURE_TEST_CASE(coalescing_and_link_modes_are_set, linx::test::fresh_network)
{
  const linx::io::unique_fd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_NAPI;
  std::strcpy(request.ifr_name, "tap0");
  if (!tun || ::ioctl(tun.get(), TUNSETIFF, &request) != 0) {
    BOOST_TEST_MESSAGE("skipped: no tun device: " << std::strerror(errno));
    return;
  }
  asio::io_context context(1);
  const auto c = open(context);
  auto coalescing = run(context, c.get_coalescing("tap0"));
  BOOST_REQUIRE_MESSAGE(coalescing.has_value(), why(coalescing));
  BOOST_TEST((coalescing.value().rx_max_frames == 0u));
  BOOST_TEST(!coalescing.value().tx_usecs.has_value());
  ethtool::coalescing wanted;
  wanted.rx_max_frames = 8;
  BOOST_REQUIRE_MESSAGE(run(context, c.set_coalescing("tap0", wanted)).has_value(), "set");
  ethtool_coalesce told{};
  told.cmd = ETHTOOL_GCOALESCE;
  BOOST_TEST(by_ioctl("tap0", told).rx_max_coalesced_frames == 8u);
  wanted = ethtool::coalescing();
  wanted.tx_usecs = 5; // not of this driver
  const auto refused = run(context, c.set_coalescing("tap0", wanted));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().attribute() == "ETHTOOL_A_COALESCE_TX_USECS", why(refused));

  auto change = ethtool::link_modes_change().speed(100).duplex(ethtool::duplex::half);
  const auto set = run(context, c.set_link_modes("tap0", change));
  BOOST_REQUIRE_MESSAGE(set.has_value(), why(set));
  const auto modes = run(context, c.get_link_modes("tap0"));
  BOOST_TEST((modes.value().speed == 100u));
  BOOST_TEST((modes.value().duplex == ethtool::duplex::half));
}

BOOST_FIXTURE_TEST_CASE(strings_of_the_kernel, veth_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto features = run(context, c.strings(ETH_SS_FEATURES));
  BOOST_REQUIRE_MESSAGE(features.has_value(), why(features));
  BOOST_TEST(std::count(features.value().begin(), features.value().end(), "rx-checksum") == 1);
  const auto modes = run(context, c.strings(ETH_SS_LINK_MODES));
  BOOST_REQUIRE(modes.value().size() > 10u);
  BOOST_TEST(modes.value()[0] == "10baseT/Half");
  const auto own = run(context, c.strings("v0", ETH_SS_STATS));
  BOOST_REQUIRE_MESSAGE(own.has_value(), why(own));
  BOOST_TEST(std::count(own.value().begin(), own.value().end(), "peer_ifindex") == 1);
}

BOOST_FIXTURE_TEST_CASE(statistics_of_a_device_that_has_none_are_empty_groups, veth_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto found = run(context, c.get_statistics("v0"));
  BOOST_REQUIRE_MESSAGE(found.has_value(), why(found));
  BOOST_TEST(found.value().device.name() == "v0");
  for (const auto& group : found.value().groups) BOOST_TEST(group.counters.empty(), group.name);
}

// What the driver lacks, and what is not there at all, is said in words.
BOOST_FIXTURE_TEST_CASE(errors_name_the_setting_and_the_device, veth_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto rings = run(context, c.get_rings("v0"));
  BOOST_REQUIRE(!rings);
  BOOST_TEST(rings.error().errnum() == EOPNOTSUPP);
  BOOST_TEST(rings.error().message().find("ethtool: rings of v0") != std::string::npos, why(rings));
  const auto nowhere = run(context, c.get_features("nowhere"));
  BOOST_REQUIRE(!nowhere);
  BOOST_TEST(nowhere.error().errnum() == ENODEV);
  BOOST_TEST(nowhere.error().attribute() == "ETHTOOL_A_FEATURES_HEADER.ETHTOOL_A_HEADER_DEV_NAME",
             why(nowhere));
}

namespace {

// Awaitable: the first event of that kind.
template <class T>
task<T> next_of(linx::stream<ethtool::event>& events)
{
  for (;;) {
    auto limited = linx::with_timeout(events.next(), 5s);
    LINX_TRY(auto event, co_await std::move(limited));
    if (!event) co_return linx::errc::closed;
    BOOST_TEST_MESSAGE(to_string(*event));
    if (auto* found = std::get_if<T>(&*event)) co_return std::move(*found);
  }
}

} // namespace

BOOST_FIXTURE_TEST_CASE(changes_are_events, veth_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  auto opened = run(context, ethtool::monitor::open(c));
  BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
  auto events = std::move(opened).value();

  std::map<std::string, bool> switches{{"rx-checksum", false}};
  BOOST_REQUIRE(run(context, c.set_features("v0", switches)).has_value());
  const auto features = run(context, next_of<ethtool::features>(events));
  BOOST_REQUIRE_MESSAGE(features.has_value(), why(features));
  // notifications carry numbers; the names come from the string set
  BOOST_TEST(features.value().changeable.contains("rx-checksum"));
  BOOST_TEST(!features.value().active.contains("rx-checksum"));
  const auto fresh = run(context, c.get_features("v0"));
  BOOST_TEST(features.value().active.names() == fresh.value().active.names(),
             boost::test_tools::per_element());

  ethtool::channels wanted;
  wanted.tx = 3;
  BOOST_REQUIRE(run(context, c.set_channels("v0", wanted)).has_value());
  const auto channels = run(context, next_of<ethtool::channels>(events));
  BOOST_REQUIRE_MESSAGE(channels.has_value(), why(channels));
  BOOST_TEST(channels.value().device.name() == "v0");
  BOOST_TEST((channels.value().tx == 3u));
}

BOOST_FIXTURE_TEST_CASE(a_monitor_in_another_namespace, veth_network)
{
  auto there = linx::ns::handle::of_self(linx::ns::kind::net);
  BOOST_REQUIRE(there.has_value());
  asio::io_context context(1);
  const auto c = open(context);
  BOOST_REQUIRE(!linx::test::enter_fresh_network());
  auto opened = run(context, ethtool::monitor::open(c, std::move(there).value()));
  if (!opened && opened.error().errnum() == EPERM) {
    BOOST_TEST_MESSAGE("skipped: " << why(opened));
    return;
  }
  BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
  auto events = std::move(opened).value();
  ethtool::channels wanted;
  wanted.tx = 3;
  BOOST_REQUIRE(run(context, c.set_channels("v0", wanted)).has_value());
  const auto channels = run(context, next_of<ethtool::channels>(events));
  BOOST_TEST((channels.has_value() && channels.value().tx == 3u));
}

BOOST_AUTO_TEST_SUITE_END()
