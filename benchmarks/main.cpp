// linx-bench: linx beside the floor that the kernel sets, in one process, round by round.
#include "chart.hpp"
#include "report.hpp"
#include "settings.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <getopt.h>

namespace {

using namespace linx::bench;

struct benchmark {
  const char* name;
  std::vector<outcome> (*run)(const settings&);
};

// The peers move the process into a mount namespace of its own, the routes, links and streams into network
// namespaces.
constexpr benchmark benchmarks[] = {{"spawn", spawn_benchmarks},   {"peers", peer_benchmarks},
                                    {"scale", scale_benchmarks},   {"plans", plan_benchmarks},
                                    {"routes", route_benchmarks},  {"links", link_benchmarks},
                                    {"streams", stream_benchmarks}};

void print_usage(std::FILE* to)
{
  std::fputs(
      "usage: linx-bench [--quick] [--rounds N] [--json FILE] [NAME...]\n"
      "\n"
      "Measures linx against a raw clone3 loop, other libraries and programs, and C loops over libmnl, in\n"
      "turns, and prints the median of the ratios. Without a name: all of them.\n"
      "\n"
      "  spawn        sequential and 64 in flight, beside a raw clone3 loop\n"
      "  scale        10,000 children, a storm of 1,000, exits beside network namespaces in the making\n"
      "  plans        steps for a child at its checkpoint\n"
      "  peers        Boost.Process v2, bubblewrap, crun, and a host of 8 GiB\n"
      "  routes       adding and listing routes beside libmnl, ip(8) and other libraries\n"
      "  links        listing links, likewise\n"
      "  streams      the memory of a long dump, a flood of events\n"
      "\n"
      "  --rounds N   rounds, 9 by default\n"
      "  --quick      3 rounds of less work each, to see that it runs\n"
      "  --json FILE  writes everything measured to FILE as well, and beside it a chart (.svg)\n"
      "  --help       this text\n",
      to);
}

int wrong_usage(const std::string& why)
{
  std::fprintf(stderr, "linx-bench: %s\n", why.c_str());
  print_usage(stderr);
  return 2;
}

} // namespace

int main(int argc, char** argv)
{
  settings how;
  std::string json_file;
  const option known[] = {{"quick", no_argument, nullptr, 'q'},
                          {"rounds", required_argument, nullptr, 'r'},
                          {"json", required_argument, nullptr, 'j'},
                          {"help", no_argument, nullptr, 'h'},
                          {}};
  for (int given; (given = ::getopt_long(argc, argv, "h", known, nullptr)) != -1;) {
    switch (given) {
    case 'q':
      how = settings{.rounds = 3, .spawns = 50, .routes = 2000, .quick = true};
      break;
    case 'r':
      how.rounds = static_cast<unsigned>(std::strtoul(::optarg, nullptr, 10));
      if (how.rounds == 0) return wrong_usage("--rounds needs a number from 1 on");
      break;
    case 'j':
      json_file = ::optarg;
      break;
    case 'h':
      print_usage(stdout);
      return 0;
    default:
      print_usage(stderr);
      return 2;
    }
  }
  const std::vector<std::string_view> wanted(argv + ::optind, argv + argc);
  for (const auto name : wanted) {
    const bool exists = std::any_of(std::begin(benchmarks), std::end(benchmarks),
                                    [&](const benchmark& one) { return one.name == name; });
    if (!exists) return wrong_usage("no benchmark is called '" + std::string(name) + "'");
  }
  // Before the minutes of measuring, not after.
  std::ofstream json, chart;
  if (!json_file.empty()) {
    const auto chart_file = std::filesystem::path(json_file).replace_extension(".svg");
    if (chart_file == json_file) return wrong_usage("the chart takes the name '" + json_file + "'");
    json.open(json_file);
    if (!json) return wrong_usage("cannot write '" + json_file + "'");
    chart.open(chart_file);
    if (!chart) return wrong_usage("cannot write '" + chart_file.string() + "'");
  }

  std::vector<outcome> all;
  try {
    for (const auto& one : benchmarks) {
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), one.name) == wanted.end()) continue;
      for (auto& result : one.run(how)) {
        std::printf("%s\n", as_table(result).c_str());
        std::fflush(stdout);
        all.push_back(std::move(result));
      }
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "linx-bench: %s\n", e.what());
    return 1;
  }
  if (json.is_open() && (!(json << as_json(all)).flush() || !(chart << as_svg(all)).flush())) {
    std::fprintf(stderr, "linx-bench: writing '%s', or the chart beside it, failed\n", json_file.c_str());
    return 1;
  }
  return 0;
}
