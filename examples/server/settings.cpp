#include "settings.hpp"

#include "../command_line.hpp"

#include <cmath>
#include <span>

namespace server_tool {

const char* const usage =
    "usage: linx-server [options] --socket PATH\n"
    "       linx-server [options] --port N\n"
    "\n"
    "Runs what it is told, one command a line, and answers with what the command wrote. Commands of one\n"
    "connection run at the same time, and their answers come in the order in which they end. Whoever closes\n"
    "the connection, or his sending side, ends those that still run.\n"
    "\n"
    "  --socket PATH      a Unix socket to listen on; one that nobody listens on any more is replaced\n"
    "  --port N           a TCP port of 127.0.0.1 instead; 0 for any, which is then printed\n"
    "  --jobs N           at most so many commands at a time, of all connections; default 8\n"
    "  --time SECONDS     one that takes longer is killed, with its process group; default 60\n"
    "  --output BYTES     at most so much is answered of each stream of a command; default 1048576\n"
    "  --threads N        default 4\n"
    "  --drain SECONDS    patience with running commands after SIGTERM; default 10\n"
    "\n"
    "The answer to the N-th line of a connection, from 1, is a line and what it announces:\n"
    "\n"
    "  N exited CODE OUT ERR [cut]     then OUT bytes of standard output and ERR bytes of standard error\n"
    "  N signaled SIGNAL OUT ERR [cut]\n"
    "  N late 0 OUT ERR [cut]          it was killed for its time\n"
    "  N failed 0 0 ERR                it did not run: ERR bytes say why\n"
    "\n"
    "    printf 'date\\nuname -r\\n' | (cat; sleep 1) | nc -U PATH\n"
    "\n"
    "SIGTERM or SIGINT: no further line is read; what runs may end, and is answered. A second one, or the "
    "end\n"
    "of the patience, ends it.\n"
    "\n"
    "exit status: 0 it was ended by a signal; 1 it could not listen; 125 another failure\n";

namespace {

using command_line::number;
using command_line::text;
using command_line::wrong;

constexpr text valued[] = {"--socket", "--port", "--jobs", "--time", "--output", "--threads", "--drain"};

linx::result<std::chrono::milliseconds> seconds(text option, text value)
{
  BOOST_OUTCOME_TRY(const double given, number<double>(option, value));
  if (!(given >= 0 && given < 1e9))
    return wrong(option, value, "seconds are expected, from 0 and below 1,000,000,000");
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(given * 1000)));
}

linx::result<unsigned> count(text option, text value)
{
  BOOST_OUTCOME_TRY(const unsigned given, number<unsigned>(option, value));
  if (given == 0 || given > 10'000) return wrong(option, value, "1 to 10000");
  return given;
}

linx::result<> take(settings& all, text option, text value)
{
  if (option == "--socket") {
    if (value.empty()) return wrong(option, value, "a path is expected");
    all.path = value;
  } else if (option == "--port") {
    BOOST_OUTCOME_TRY(all.port, number<std::uint16_t>(option, value));
  } else if (option == "--jobs") {
    BOOST_OUTCOME_TRY(all.jobs, count(option, value));
  } else if (option == "--threads") {
    BOOST_OUTCOME_TRY(all.threads, count(option, value));
  } else if (option == "--time") {
    BOOST_OUTCOME_TRY(all.time, seconds(option, value));
  } else if (option == "--drain") {
    BOOST_OUTCOME_TRY(all.drain, seconds(option, value));
  } else if (option == "--output") {
    BOOST_OUTCOME_TRY(all.output, number<std::size_t>(option, value));
  } else {
    return wrong("operand", value, "there are none");
  }
  return linx::success();
}

} // namespace

linx::result<settings> read_settings(int argc, char** argv)
{
  const std::span<char* const> words(argv + (argc > 0 ? 1 : 0),
                                     static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
  BOOST_OUTCOME_TRY(const auto given,
                    command_line::read(words, {}, valued, command_line::operands::anywhere));
  settings all;
  all.help = command_line::asks_for_help(given);
  if (all.help) return all;
  for (const auto& each : given) {
    BOOST_OUTCOME_TRYV(take(all, each.option, each.value));
  }
  if (all.path.empty() == !all.port)
    return linx::error::argument(all.path.empty() ? "--socket PATH or --port N is needed"
                                                  : "--socket and --port; one of them is enough");
  return all;
}

} // namespace server_tool
