// ip(8)'s everyday commands over linx::rtnl.
#include "../command_line.hpp"
#include "change.hpp"
#include "change_link.hpp"
#include "files.hpp"
#include "reconcile.hpp"
#include "requests.hpp"
#include "show.hpp"
#include "vocabulary.hpp"
#include "watch.hpp"

#include <linx/core/spawn.hpp>
#include <linx/ns/handle.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <sstream>
#include <string_view>

namespace {

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace ip_tool;

constexpr std::string_view usage =
    "usage: linx-ip [OPTION ...] OBJECT COMMAND ...\n"
    "       linx-ip [OPTION ...] -b FILE\n"
    "\n"
    "Words, and abbreviations of objects and commands, are those of ip(8).\n"
    "\n"
    "  link     show [[dev] DEV] [up] [type KIND] [master DEV | nomaster] [group G] | delete NAME\n"
    "           add [link DEV] [index N] NAME [SETTING ...] type KIND [OPTION ...] | type veth peer NAME "
    "[...]\n"
    "           set DEV [SETTING ...] [name NAME] [type KIND|bridge_slave|bond_slave OPTION ...]\n"
    "           property add|delete DEV altname NAME ...\n"
    "           SETTING: up, down, mtu N, address MAC, master DEV, nomaster, netns NAME|PATH|PID, alias "
    "TEXT,\n"
    "                    arp on|off, promisc on|off, ... as ip-link(8); a wrong KIND or OPTION lists all "
    "there are\n"
    "  addr     add|replace|change|delete ADDRESS/LENGTH dev DEV [...]\n"
    "           show|flush [as link] [scope S] [to NETWORK] [label PATTERN] [dynamic|permanent|...]\n"
    "  route    add|replace|change|append|delete [TYPE] NETWORK [via ADDRESS] [dev DEV] [nexthop ...] [...]\n"
    "           show|flush [table T|all] [[root|match|exact] NETWORK] [dev DEV] [via ADDRESS] [proto P] "
    "[scope S]\n"
    "                [type TYPE] [src NETWORK] [metric N]\n"
    "           get ADDRESS [from ADDRESS] [iif DEV] [oif DEV] [mark N] [uid N] [tos T] [fibmatch]\n"
    "  rule     add|delete [from N] [to N] [iif DEV] [fwmark N] [lookup T] [priority N] [...]\n"
    "           show|flush [priority N] [table T] [from N] [to N] [iif DEV] [oif DEV] [protocol P]\n"
    "  neigh    add|replace|change|delete [proxy] ADDRESS [lladdr MAC] [nud STATE] dev DEV\n"
    "           show|flush [all | proxy | nud STATE ...] [dev DEV] [to NETWORK] | get ADDRESS dev DEV\n"
    "  nexthop  add|replace|delete id N [via ADDRESS] [dev DEV] [group ID,WEIGHT/ID...]\n"
    "           show|flush [id N] [dev DEV] [master DEV] [groups] [fdb] [proto P] | get id N\n"
    "  stats    show [DEV]\n"
    "  monitor  [all | link, address, route, rule, neigh, nexthop, qdisc ...]   until Ctrl-C\n"
    "  reconcile FILE.json [--state FILE] [--dry-run] [--watch]\n"
    "           makes it as the document wants it; what the state file has and the document has not is "
    "removed\n"
    "\n"
    "  -n NETNS  in that network namespace: a name of /run/netns, a path, or a process id\n"
    "  -j        JSON, with the names that ip -j -d uses; the monitor prints a line an event; -p over lines\n"
    "  -br       link and addr in columns; -s: counters with each link\n"
    "  -b FILE   a line each of add, replace, change, delete; all of them pipelined; - is standard input\n"
    "  -4, -6    one family of addresses; -f inet|inet6\n"
    "  -d, -o, -force  are always so: all details, a line for each object, a batch that goes on\n"
    "\n"
    "exit status: 0, 1 the kernel refused something, 2 wrong words; 255 after the word help\n";

class arguments {
public:
  arguments() = default;
  settings how;
  std::string netns;
  std::string batch;
  bool wants_usage = false;
  std::deque<std::string> command;
};

class global_option {
public:
  std::string_view word;
  std::string_view shortest; ///< what of it is enough for ip(8)
  linx::result<> (*read)(arguments&, std::string value);
  bool has_value = false;
};

template <bool settings::*Switch>
linx::result<> turn_on(arguments& all, std::string)
{
  all.how.*Switch = true;
  return linx::success();
}

template <linx::net::family Family>
linx::result<> choose(arguments& all, std::string)
{
  if (all.how.family && all.how.family != Family)
    return linx::error::argument("-4 and -6: only one of them can hold");
  all.how.family = Family;
  return linx::success();
}

template <std::string arguments::*Text>
linx::result<> keep(arguments& all, std::string value)
{
  if (!(all.*Text).empty()) return linx::error::argument("\"" + value + "\" after \"" + all.*Text + '"');
  all.*Text = std::move(value);
  return linx::success();
}

/// What is so without being asked for.
linx::result<> accept(arguments&, std::string)
{
  return linx::success();
}

linx::result<> choose_named(arguments& all, std::string value)
{
  if (value == "inet") return choose<linx::net::family::v4>(all, {});
  if (value == "inet6") return choose<linx::net::family::v6>(all, {});
  return linx::error::argument("-family is inet or inet6, not \"" + value + '"');
}

constexpr global_option global_options[] = {
    {"-4", "-4", &choose<linx::net::family::v4>},
    {"-6", "-6", &choose<linx::net::family::v6>},
    {"-family", "-f", &choose_named, true},
    {"-json", "-j", &turn_on<&settings::as_json>},
    {"-pretty", "-p", &turn_on<&settings::is_pretty>},
    {"-brief", "-br", &turn_on<&settings::is_brief>},
    {"-statistics", "-s", &turn_on<&settings::with_statistics>},
    {"-stats", "-s", &turn_on<&settings::with_statistics>},
    {"-details", "-d", &accept}, // all that is known is always told,
    {"-oneline", "-o", &accept}, // in one line for each object,
    {"-force", "-fo", &accept},  // and a batch goes on behind what failed
    {"-netns", "-n", &keep<&arguments::netns>, true},
    {"-batch", "-b", &keep<&arguments::batch>, true},
    {"-help", "-h", [](arguments& all, std::string) -> linx::result<> {
       all.wants_usage = true;
       return linx::success();
     }}};

const global_option* find_option(std::string_view word)
{
  if (word.starts_with("--")) word.remove_prefix(1);
  const auto* const found = std::ranges::find_if(global_options, [word](const global_option& each) {
    return each.word.starts_with(word) && word.starts_with(each.shortest);
  });
  return found != std::end(global_options) ? found : nullptr;
}

linx::result<arguments> read_arguments(int argc, char** argv)
{
  arguments all;
  int n = 1;
  for (; n < argc && argv[n][0] == '-' && argv[n][1] != '\0'; ++n) {
    const std::string_view word = argv[n];
    const auto* const option = find_option(word);
    if (option == nullptr) return linx::error::argument("unknown option " + std::string(word));
    if (option->has_value && ++n >= argc)
      return linx::error::argument("option " + std::string(word) + " needs a value");
    BOOST_OUTCOME_TRYV(option->read(all, option->has_value ? argv[n] : ""));
  }
  for (; n < argc; ++n) all.command.emplace_back(argv[n]);
  if (all.wants_usage) return all;
  if (all.command.empty() && all.batch.empty()) return linx::error::argument("no object and no command");
  if (all.command.empty()) return all;
  if (!all.batch.empty())
    return linx::error::argument("\"" + all.command.front() +
                                 "\" after -batch: the commands are in the file");
  BOOST_OUTCOME_TRY(all.command, in_full(std::move(all.command)));
  return all;
}

/// "help", "route help"
bool asks_for_help(const arguments& given)
{
  const auto& command = given.command;
  return !command.empty() && (command[0] == "help" || (command.size() > 1 && command[1] == "help"));
}

linx::result<std::vector<std::string>> lines_of(const std::string& name)
{
  BOOST_OUTCOME_TRY(auto content, read_file(name));
  std::istringstream input(std::move(content));
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) lines.push_back(std::move(line));
  return lines;
}

linx::task<> run_file(rtnl::connection kernel, std::string name, settings how)
{
  LINX_TRY(auto lines, lines_of(name));
  LINX_TRY(const auto failed, co_await run_batch(kernel, std::move(lines), name, how.family));
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
    if (given.how.family || given.how.is_brief || given.how.with_statistics)
      co_return linx::error::argument(object + " is of both families, and neither brief nor with statistics");
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
    doing = run_file(kernel, given.batch, given.how);
  } else {
    const std::string verb = given.command.size() > 1 ? given.command[1] : std::string();
    words command(std::move(given.command));
    if (verb == "flush")
      doing = flush(kernel, std::move(command), given.how.family);
    else if (is_request(object, verb) || (object == "link" && is_link_verb(verb)))
      doing = change(kernel, std::move(command), given.how.family);
    else
      doing = show(kernel, std::move(command), given.how);
  }
  co_return co_await std::move(doing);
}

int main_of(int argc, char** argv)
{
  auto given = read_arguments(argc, argv);
  if (!given) {
    std::cerr << "linx-ip: " << given.error().message() << "; try --help\n";
    return 2;
  }
  if (given.value().wants_usage) {
    const auto printed = command_line::print(usage);
    if (!printed) command_line::complain("linx-ip", printed.error());
    return printed ? 0 : 1;
  }
  if (asks_for_help(given.value())) {
    // a command that did nothing has not succeeded, as ip(8) sees it
    std::cerr << usage;
    return 255;
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
  if (status != 0) return status;
  const auto written = command_line::print("");
  if (!written) command_line::complain("linx-ip", written.error());
  return written ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
  return command_line::guarded("linx-ip", 1, [&] { return main_of(argc, argv); });
}
