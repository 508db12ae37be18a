#include "clients.hpp"

#include "bench_network.hpp"
#include "places.hpp"
#include "sandboxes.hpp"

#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

namespace linx::bench {

namespace {

struct known_client {
  const char* name;
  const char* program; // in the directory that benchmarks/peers/build.sh builds into
  std::uint32_t divisor;
};

constexpr known_client known[] = {{"Rust, rtnetlink", "rtnetlink", 1},
                                  {"Go, vishvananda/netlink", "vishvananda", 1},
                                  {"Python, pyroute2", "pyroute2", 20}};

std::string path_of(const known_client& one)
{
  return place_of("../peers/") + one.program;
}

bool is_built(const known_client& one)
{
  return ::access(path_of(one).c_str(), X_OK) == 0;
}

} // namespace

double client::run(const std::string& arguments) const
{
  const auto close = [](std::FILE* pipe) { ::pclose(pipe); };
  std::unique_ptr<std::FILE, decltype(close)> pipe(::popen((program_ + ' ' + arguments).c_str(), "re"),
                                                   close);
  double rate = 0;
  if (!pipe || std::fscanf(pipe.get(), "%lf", &rate) != 1 || rate <= 0)
    throw std::runtime_error(program_ + ' ' + arguments + " has failed");
  return rate;
}

double client::add_routes(std::uint32_t count, std::uint32_t link) const
{
  return run("add " + std::to_string(count / divisor_) + ' ' + std::to_string(link));
}

std::vector<client> built_clients()
{
  std::vector<client> all;
  for (const auto& one : known)
    if (is_built(one)) all.emplace_back(one.name, path_of(one), one.divisor);
  return all;
}

std::string absent_clients()
{
  std::string names;
  for (const auto& one : known)
    if (!is_built(one)) names += (names.empty() ? "" : ", ") + std::string(one.program);
  return names.empty() ? names : "; without " + names + ", which ./dev bench --peers builds";
}

ip_program::ip_program() : path_(find_program("ip")) {}

double ip_program::add_routes(std::uint32_t count)
{
  if (!batch_) {
    batch_.reset(std::tmpfile(), [](std::FILE* file) { std::fclose(file); });
    if (!batch_) throw std::runtime_error("no temporary file for ip -batch");
    for (std::uint32_t i = 0; i < count; ++i)
      std::fprintf(batch_.get(), "route add %s dev bench0\n", to_string(address_of(i)).c_str());
    std::fflush(batch_.get());
  }
  // opened anew by that name, and so read from its begin
  const auto file = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(::fileno(batch_.get()));
  return rate_of(count, [&] { run_program({path_, "-batch", file}); });
}

double ip_program::list(const std::string& arguments, std::size_t there) const
{
  const auto command = "exec " + path_ + ' ' + arguments + " >/dev/null";
  return rate_of(static_cast<double>(there), [&] { run_program({"/bin/sh", "-c", command}); });
}

} // namespace linx::bench
