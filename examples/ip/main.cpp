// ip(8)'s everyday commands over linx::rtnl.
#include "../command_line.hpp"
#include "change.hpp"
#include "change_link.hpp"
#include "files.hpp"
#include "reconcile.hpp"
#include "requests.hpp"
#include "show.hpp"
#include "watch.hpp"

#include <linx/core/spawn.hpp>
#include <linx/ns/handle.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <iostream>
#include <sstream>
#include <string_view>

namespace {

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace ip_tool;

constexpr std::string_view usage =
    "usage: linx-ip [-n NETNS] [-4|-6] [-j] OBJECT COMMAND ...\n"
    "       linx-ip [-n NETNS] -b FILE\n"
    "\n"
    "  link     show [DEV] | del NAME | property add|del DEV altname NAME ...\n"
    "           add [link DEV] NAME [SETTING ...] type veth peer NAME | type KIND [OPTION ...]\n"
    "           set DEV [SETTING ...] [name NAME] [type KIND|bridge_slave|bond_slave OPTION ...]\n"
    "           SETTING: up, down, mtu N, address MAC, master DEV, nomaster, netns NAME|PATH|PID, alias "
    "TEXT,\n"
    "                    arp on|off, promisc on|off, ... as ip-link(8); a wrong KIND or OPTION lists all "
    "there are\n"
    "  addr     show [DEV] | add|replace|change|del ADDRESS/LENGTH dev DEV [...] | flush dev DEV\n"
    "  route    show [table T|all] [dev DEV] [proto P] | get ADDRESS | flush [table T] [dev DEV]\n"
    "           add|replace|change|append|del [TYPE] NETWORK [via ADDRESS] [dev DEV] [nexthop ...] [...]\n"
    "  rule     show | add|del [from N] [to N] [iif DEV] [fwmark N] [lookup T] [priority N] [...] | flush\n"
    "  neigh    show [all|proxy] [DEV] | add|replace|change|del [proxy] ADDRESS [lladdr MAC] dev DEV | "
    "flush\n"
    "  nexthop  show | add|replace|del id N [via ADDRESS] [dev DEV] [group N,N/WEIGHT] | flush\n"
    "  stats    show [DEV]\n"
    "  monitor  [all | link, address, route, rule, neigh, nexthop, qdisc ...]   until Ctrl-C\n"
    "  reconcile FILE.json [--state FILE] [--dry-run] [--watch]\n"
    "           makes it as the document wants it; what the state file has and the document has not is "
    "removed\n"
    "\n"
    "  -n NETNS  in that network namespace: a name of /run/netns, a path, or a process id\n"
    "  -j        JSON, with the names that ip -j -d uses; the monitor prints a line an event\n"
    "  -b FILE   a line each of add, replace, change, del; all of them pipelined; - is standard input\n"
    "  -4, -6    one family of addresses\n"
    "\n"
    "exit status: 0, 1 the kernel refused something, 2 wrong words\n";

class arguments {
public:
  arguments() = default;
  settings how;
  std::string netns;
  std::string batch;
  std::deque<std::string> command;
};

linx::result<arguments> read_arguments(int argc, char** argv)
{
  arguments all;
  int n = 1;
  const auto value = [&](std::string_view option) -> linx::result<std::string> {
    if (++n >= argc) return linx::error::argument("option " + std::string(option) + " needs a value");
    return std::string(argv[n]);
  };
  for (; n < argc && argv[n][0] == '-' && argv[n][1] != '\0'; ++n) {
    const std::string_view option = argv[n];
    if (option == "-j" || option == "--json") {
      all.how.as_json = true;
    } else if (option == "-4") {
      all.how.family = linx::net::family::v4;
    } else if (option == "-6") {
      all.how.family = linx::net::family::v6;
    } else if (option == "-n" || option == "--netns") {
      BOOST_OUTCOME_TRY(all.netns, value(option));
    } else if (option == "-b" || option == "--batch") {
      BOOST_OUTCOME_TRY(all.batch, value(option));
    } else {
      return linx::error::argument("unknown option " + std::string(option));
    }
  }
  for (; n < argc; ++n) all.command.emplace_back(argv[n]);
  if (all.command.empty() && all.batch.empty()) return linx::error::argument("no object and no command");
  return all;
}

linx::result<std::vector<std::string>> lines_of(const std::string& name)
{
  BOOST_OUTCOME_TRY(auto content, read_file(name));
  std::istringstream input(std::move(content));
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) lines.push_back(std::move(line));
  return lines;
}

linx::task<> run_file(rtnl::connection kernel, std::string name)
{
  LINX_TRY(auto lines, lines_of(name));
  LINX_TRY(const auto failed, co_await run_batch(kernel, std::move(lines), name));
  if (failed != 0) co_return linx::error::argument(std::to_string(failed) + " lines of " + name + " failed");
  co_return linx::success();
}

linx::task<> run(linx::executor ex, arguments given)
{
  std::optional<linx::ns::handle> net;
  if (!given.netns.empty()) {
    LINX_TRY(net, net_namespace(given.netns));
  }
  const auto object = given.command.empty() ? std::string() : given.command.front();
  if (object == "monitor" || object == "reconcile") {
    given.command.pop_front();
    words rest(std::move(given.command));
    auto following = object == "monitor" ? watch(ex, std::move(net), std::move(rest), given.how)
                                         : reconcile(ex, std::move(net), std::move(rest), given.how);
    co_return co_await std::move(following);
  }
  auto opened = net ? rtnl::connection::open(ex, *net) : rtnl::connection::open(ex);
  if (!opened) co_return std::move(opened).error();
  auto kernel = std::move(opened).value();
  linx::task<> doing;
  if (!given.batch.empty()) {
    doing = run_file(kernel, given.batch);
  } else {
    const std::string verb = given.command.size() > 1 ? given.command[1] : std::string();
    if (given.how.family == linx::net::family::v6 && is_request(object, verb)) given.command.push_front("-6");
    words command(std::move(given.command));
    if (verb == "flush")
      doing = flush(kernel, std::move(command));
    else if (is_request(object, verb))
      doing = change(kernel, std::move(command));
    else if (object == "link" && is_link_verb(verb))
      doing = change(kernel, std::move(command));
    else
      doing = show(kernel, std::move(command), given.how);
  }
  co_return co_await std::move(doing);
}

int main_of(int argc, char** argv)
{
  for (int n = 1; n < argc; ++n) {
    const std::string_view word = argv[n];
    if (word == "--help" || word == "-h") {
      const auto printed = command_line::print(usage);
      if (!printed) command_line::complain("linx-ip", printed.error());
      return printed ? 0 : 1;
    }
  }
  auto given = read_arguments(argc, argv);
  if (!given) {
    std::cerr << "linx-ip: " << given.error().message() << "; try --help\n";
    return 2;
  }
  asio::io_context io(1);
  asio::cancellation_signal stop;
  asio::signal_set interrupts(io, SIGINT, SIGTERM);
  interrupts.async_wait([&](const auto& failed, int) {
    if (!failed) stop.emit(asio::cancellation_type::all);
  });
  int status = 0;
  const auto ended = [&](linx::result<> how) {
    interrupts.cancel();
    if (how || how.error() == linx::errc::cancelled) return;
    std::cerr << "linx-ip: " << how.error().message() << '\n';
    status = how.error().where() == linx::stage::argument ? 2 : 1;
  };
  linx::spawn(io.get_executor(), run(io.get_executor(), std::move(given).value()),
              asio::bind_cancellation_slot(stop.slot(), ended));
  io.run();
  return status;
}

} // namespace

int main(int argc, char** argv)
{
  return command_line::guarded("linx-ip", 1, [&] { return main_of(argc, argv); });
}
