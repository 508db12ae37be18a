// What a monitor tells of the changes of others.

#include "netfilter/fresh_ruleset.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/netfilter/monitor.hpp>
#include <linx/ns/handle.hpp>
#include <linx/ns/socket.hpp>

#include <sys/socket.h>

#include <unistd.h>

BOOST_AUTO_TEST_SUITE(netfilter_monitor_kernel)

namespace nf = linx::netfilter;
using namespace std::string_view_literals;
using linx::test::fresh_ruleset;
using linx::test::why;

namespace {

using commits = linx::stream<nf::commit>;

std::string lines(const nf::commit& c)
{
  std::string text;
  for (const auto& e : c.events()) text.append(to_string(e)).append("\n");
  return text;
}

/// Without the handles, which a test should not know.
std::string plain(const nf::commit& c)
{
  std::string text;
  for (const auto& e : c.events()) {
    const auto line = to_string(e);
    text.append(line.substr(0, line.find(" # handle"))).append("\n");
  }
  return text;
}

class monitored : public fresh_ruleset {
public:
  commits watch(nf::monitor_options options = nf::monitor_options())
  {
    return linx::test::value_of(linx::test::run(context, nf::monitor::open(context.get_executor(), options)));
  }

  nf::commit next(commits& from)
  {
    auto one = linx::test::run(context, from.next());
    BOOST_REQUIRE_MESSAGE(one, why(one));
    BOOST_REQUIRE(one.value());
    return std::move(*one.value());
  }
};

} // namespace

// One transaction is one value, with everything in it, who made it and which generation it made.
BOOST_FIXTURE_TEST_CASE(a_commit_of_nft, monitored)
{
  if (!usable()) return;
  auto events = watch();
  const auto before = linx::test::run(context, nf::generation(nf())).value();
  const auto loaded = linx::test::run_command(
      "nft -f - <<'END' & echo $!; wait $!\n"
      "table inet t {\n set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.1 } }\n"
      " chain other { }\n"
      " chain c {\n  type filter hook input priority 0; policy drop;\n"
      "  ct state established,related accept\n  ip saddr @s tcp dport 22 counter jump other comment "
      "\"ssh\"\n }\n}\nEND\n");
  BOOST_REQUIRE_MESSAGE(loaded.status == 0, loaded.output);
  const auto c = next(events);
  BOOST_TEST((c.what() == nf::commit::kind::change));
  BOOST_TEST(c.generation() == before + 1);
  BOOST_TEST(c.program() == "nft"sv);
  BOOST_TEST(std::to_string(c.pid()) + "\n" == loaded.output);
  // in the order of nft's own batch
  BOOST_TEST(
      plain(c) ==
      "add table inet t\n"
      "add chain inet t other\n"
      "add chain inet t c { type filter hook input priority 0; policy drop; }\n"
      "add set inet t s { type ipv4_addr; flags interval; }\n"
      "add element inet t s { 10.0.0.0/8, 192.0.2.1 }\n"
      "add rule inet t c ct state established,related accept\n"
      "add rule inet t c ip saddr @s tcp dport 22 counter packets 0 bytes 0 jump other comment \"ssh\"\n"sv);
  BOOST_TEST(lines(c).find(" # handle ") != std::string::npos);
  BOOST_TEST(to_string(c) == "generation " + std::to_string(c.generation()) + " by nft (pid " +
                                 std::to_string(c.pid()) + "), 7 changes");

  BOOST_TEST(nft("insert rule inet t other drop") == ""sv);
  BOOST_TEST(plain(next(events)) == "insert rule inet t other drop\n"sv);
  BOOST_TEST(nft("delete element inet t s '{ 10.0.0.0/8 }'") == ""sv);
  BOOST_TEST(plain(next(events)) == "delete element inet t s { 10.0.0.0/8 }\n"sv);
  BOOST_TEST(nft("delete table inet t") == ""sv);
  const auto gone = plain(next(events));
  BOOST_TEST(gone.find("delete rule inet t c ct state established,related accept\n") != gone.npos, gone);
  BOOST_TEST(gone.find("delete table inet t\n") != gone.npos, gone);
}

// Objects that linx has no type for are told by kind and name.
BOOST_FIXTURE_TEST_CASE(other_objects, monitored)
{
  if (!usable()) return;
  auto events = watch();
  BOOST_TEST(nft("'add table ip t; add counter ip t hits'") == ""sv);
  BOOST_TEST(plain(next(events)) == "add table ip t\nadd counter ip t hits\n"sv);
  BOOST_TEST(nft("delete counter ip t hits") == ""sv);
  BOOST_TEST(plain(next(events)) == "delete counter ip t hits\n"sv);
}

// Own commits are told like those of others.
BOOST_FIXTURE_TEST_CASE(own_commits, monitored)
{
  if (!usable()) return;
  auto events = watch();
  nf::table t(nf::family::inet, "mine");
  t.owner();
  BOOST_TEST(why(push(nf::batch().add(t))) == ""sv);
  const auto c = next(events);
  BOOST_TEST(plain(c) == "add table inet mine { flags owner; }\n"sv);
  BOOST_TEST(c.pid() == static_cast<std::uint32_t>(::getpid()));
}

// A monitor that is asked to begins with the ruleset as it is, and goes on from there without a gap or a
// repetition.
BOOST_FIXTURE_TEST_CASE(a_snapshot_comes_first, monitored)
{
  if (!usable()) return;
  BOOST_TEST(nft("'add table ip t; add set ip t s { type inet_service; elements = { 80 }; }; add chain ip t "
                 "c; add rule ip t c accept'") == ""sv);
  auto events = watch(nf::monitor_options().snapshot());
  BOOST_TEST(nft("add chain ip t d") == ""sv);
  const auto first = next(events);
  BOOST_TEST((first.what() == nf::commit::kind::resync));
  BOOST_TEST(plain(first) ==
             "add table ip t\nadd set ip t s { type inet_service; }\nadd element ip t s { 80 }\n"
             "add chain ip t c\nadd chain ip t d\nadd rule ip t c accept\n"sv);
  // the chain was in the snapshot: it is not told again
  BOOST_TEST(nft("add element ip t s '{ 443 }'") == ""sv);
  const auto second = next(events);
  BOOST_TEST(second.generation() == first.generation() + 1);
  BOOST_TEST(plain(second) == "add element ip t s { 443 }\n"sv);
}

// When the kernel drops events the stream says so, tells the ruleset as it is now, and goes on.
BOOST_FIXTURE_TEST_CASE(an_overrun_is_lost_then_resync, monitored)
{
  if (!usable()) return;
  auto events = watch(nf::monitor_options().receive_buffer(4096));
  // on a context of its own: the monitor's does not run, so nobody reads while 400 tables overflow the buffer
  linx::asio::io_context elsewhere(1);
  auto writer = linx::netlink::connection::open(elsewhere.get_executor(), NETLINK_NETFILTER);
  BOOST_REQUIRE(writer);
  BOOST_TEST(nft("add table ip before") == ""sv);
  for (int i = 0; i < 40; ++i) {
    nf::batch ten;
    for (int j = 0; j < 10; ++j) ten.add(nf::table(nf::family::ip, "t" + std::to_string(i * 10 + j)));
    BOOST_TEST(why(linx::test::run(elsewhere, nf::push(writer.value(), ten))) == ""sv);
  }
  auto c = next(events);
  while (c.what() == nf::commit::kind::change) c = next(events);
  BOOST_TEST((c.what() == nf::commit::kind::lost));
  const auto whole = next(events);
  BOOST_TEST((whole.what() == nf::commit::kind::resync));
  BOOST_TEST(whole.events().size() == 401u);
  BOOST_TEST(nft("add table ip after") == ""sv);
  const auto last = next(events);
  BOOST_TEST(last.generation() == whole.generation() + 1);
  BOOST_TEST(plain(last) == "add table ip after\n"sv);
}

// A consumer that falls behind loses events by its own queue; it is told in the same way.
BOOST_FIXTURE_TEST_CASE(a_slow_consumer_is_lost_then_resync, monitored)
{
  if (!usable()) return;
  auto events = watch(nf::monitor_options().queue(2000));
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(why(push(nf::batch().add(nf::table(nf::family::ip, "t" + std::to_string(i))))) == ""sv);
  auto c = next(events);
  while (c.what() == nf::commit::kind::change) c = next(events);
  BOOST_TEST((c.what() == nf::commit::kind::lost));
  BOOST_TEST(next(events).events().size() == 100u);
}

// A namespace is watched from outside of it.
BOOST_FIXTURE_TEST_CASE(another_namespace, monitored)
{
  if (!usable()) return;
  const auto inside = linx::ns::handle::of_self(linx::ns::kind::net);
  BOOST_REQUIRE_MESSAGE(inside, why(inside));
  BOOST_TEST(nft("add table ip inside") == ""sv);
  // elsewhere now
  const auto refused = linx::test::enter_fresh_network();
  BOOST_REQUIRE(!refused);
  BOOST_TEST(nft("list tables") == ""sv);
  auto opened = linx::test::run(
      context, nf::monitor::open(context.get_executor(), inside.value(), nf::monitor_options().snapshot()));
  BOOST_REQUIRE_MESSAGE(opened, why(opened));
  BOOST_TEST(plain(next(opened.value())) == "add table ip inside\n"sv);
  // the fixture's connection stayed where it was made
  BOOST_TEST(why(push(nf::batch().add(nf::table(nf::family::ip, "second")))) == ""sv);
  BOOST_TEST(plain(next(opened.value())) == "add table ip second\n"sv);
  BOOST_TEST(nft("list tables") == ""sv);
}

// Sockets that somebody else made, as a child in a namespace that this process may not enter.
BOOST_FIXTURE_TEST_CASE(adopted_sockets, monitored)
{
  if (!usable()) return;
  const auto make = [] {
    return linx::io::unique_fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  };
  auto opened = linx::test::run(context, nf::monitor::adopt(context.get_executor(), make(), make()));
  BOOST_REQUIRE_MESSAGE(opened, why(opened));
  BOOST_TEST(nft("add table ip t") == ""sv);
  BOOST_TEST(plain(next(opened.value())) == "add table ip t\n"sv);
}

// Dropping the stream ends whoever waits on it; a cancelled wait loses nothing.
BOOST_FIXTURE_TEST_CASE(cancelled_and_closed, monitored)
{
  if (!usable()) return;
  auto events = watch();
  auto waited = linx::test::run(context, linx::with_timeout(events.next(), std::chrono::milliseconds(1)));
  BOOST_REQUIRE(!waited);
  BOOST_TEST((waited.error() == linx::errc::timed_out));
  BOOST_TEST(nft("add table ip t") == ""sv);
  BOOST_TEST(plain(next(events)) == "add table ip t\n"sv);
  auto pending = events.next();
  std::optional<linx::result<std::optional<nf::commit>>> ended;
  linx::spawn(context.get_executor(), std::move(pending),
              [&](linx::result<std::optional<nf::commit>> r) { ended.emplace(std::move(r)); });
  context.restart();
  context.poll();
  BOOST_TEST(!ended.has_value());
  events.cancel();
  context.restart();
  context.run();
  BOOST_REQUIRE(ended.has_value());
  BOOST_TEST((ended->error() == linx::errc::closed));
}

// A handle may outlive the io_context; only AddressSanitizer sees what would be wrong about it.
BOOST_FIXTURE_TEST_CASE(the_stream_outlives_the_context, monitored)
{
  if (!usable()) return;
  commits events;
  {
    linx::asio::io_context short_lived(1);
    auto opened = linx::test::run(short_lived, nf::monitor::open(short_lived.get_executor()));
    BOOST_REQUIRE_MESSAGE(opened, why(opened));
    events = std::move(opened).value();
    linx::spawn(short_lived.get_executor(), events.next(), [](linx::result<std::optional<nf::commit>>) {});
    short_lived.restart();
    short_lived.poll();
  }
  events.cancel();
}

BOOST_AUTO_TEST_SUITE_END()
