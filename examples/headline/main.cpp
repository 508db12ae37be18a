// One io_context, four things at once: a workload in fresh namespaces, an rtnetlink monitor, a netfilter
// monitor and the signals of the terminal.
#include "../command_line.hpp"
#include "story.hpp"
#include "workload.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/program_options.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <unistd.h>

namespace {

namespace options = boost::program_options;
using headline::timeline;

constexpr int exit_interrupted = 128 + SIGINT;

std::string own_path()
{
  std::string path(4096, '\0');
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  path.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return path;
}

/// argv is: program --workload HOST HOST_PORT OPEN_PORT BLOCKED_PORT
int workload(char** argv)
{
  const auto port = [](const char* text) { return static_cast<std::uint16_t>(std::atoi(text)); };
  return headline::run_workload({argv[2], port(argv[3]), port(argv[4]), port(argv[5])});
}

/// The spawner and the namespaces go when their last descriptor does, a moment after the context is
/// destroyed.
std::vector<std::string> await_nothing_left(const headline::marks& of_the_run)
{
  using namespace std::chrono_literals;
  std::vector<std::string> left;
  for (int attempt = 0; attempt != 200; ++attempt) {
    left = headline::what_is_left(of_the_run);
    if (left.empty()) {
      break;
    }
    std::this_thread::sleep_for(10ms);
  }
  return left;
}

int demonstrate(timeline& out)
{
  const headline::lab lab = headline::enter_lab();
  if (!lab.isolated) {
    out.say("demo", "limited", lab.left_out);
  }

  // Before any thread is started, since threads inherit the mask.
  const linx::io::signal_mask stop{SIGINT, SIGTERM};
  const linx::io::blocked_signals blocked(stop);

  headline::marks of_the_run;
  if (lab.isolated) {
    of_the_run.take_own_network();
  }
  bool interrupted = false;
  bool good = false;
  {
    boost::asio::io_context io(1);
    auto signals = linx::io::signal_fd::open(io.get_executor(), stop);
    if (!signals) {
      out.say("demo", "failed", signals.assume_error().message());
      return EXIT_FAILURE;
    }
    headline::story story(out, lab, own_path(), std::move(signals).assume_value(), of_the_run);
    linx::spawn(io, story.run(), [&](linx::result<> ended) {
      interrupted = story.was_interrupted();
      good = ended.has_value() && story.went_as_expected();
      if (!ended) {
        out.say("demo", "failed", ended.assume_error().message());
      }
    });
    io.run();
  }

  const auto left = await_nothing_left(of_the_run);
  for (const std::string& each : left) {
    out.say("demo", "left", "process " + each);
  }
  if (left.empty()) {
    out.say("demo", "clean", "nothing is left: no process, no zombie, no link, no table, no namespace");
  }
  if (interrupted) {
    return left.empty() ? exit_interrupted : EXIT_FAILURE;
  }
  return good && left.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(int argc, char** argv)
{
  if (argc == 6 && std::string_view(argv[1]) == "--workload") {
    return workload(argv);
  }

  options::options_description known("options");
  known.add_options()("json", "one JSON object a line instead of text")(
      "no-color", "no colours on a terminal")("help,h", "this text");
  options::variables_map given;
  try {
    options::store(options::command_line_parser(argc, argv).options(known).positional({}).run(), given);
  } catch (const options::error& wrong) {
    std::cerr << "linx-headline: " << wrong.what() << "; try --help\n";
    return 2;
  }
  if (given.contains("help")) {
    std::cout
        << "usage: linx-headline [--json] [--no-color]\n\n"
           "Spawns a workload into fresh namespaces, prepares it at its checkpoint (id map, host name, veth "
           "pair,\n"
           "ruleset, no_new_privs), lets it proceed, and shows on one timeline what process, rtnetlink and\n"
           "netfilter have to say about it. All networks are in namespaces of its own. Ctrl-C stops it.\n\n"
        << known
        << "\nexit status: 0 all went as expected and nothing is left, 1 not so, 2 wrong options, 130 "
           "interrupted\n";
    return EXIT_SUCCESS;
  }

  timeline out(given.contains("json") ? timeline::form::json : timeline::form::text,
               !given.contains("no-color") && ::isatty(STDOUT_FILENO) == 1);
  return demonstrate(out);
}

} // namespace

int main(int argc, char** argv)
{
  return command_line::guarded("linx-headline", EXIT_FAILURE, [&] { return run(argc, argv); });
}
