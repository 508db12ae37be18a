// Other libraries' clients of rtnetlink, as programs of their own, and ip(8).
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace linx::bench {

// A program that is started for each turn and prints the rate of its own work, without its start. Its members
// return operations a second, and throw std::runtime_error if it fails.
class client {
public:
  client(std::string name, std::string program, std::uint32_t divisor = 1)
      : name_(std::move(name)), program_(std::move(program)), divisor_(divisor)
  {}

  const std::string& name() const noexcept { return name_; }

  double add_routes(std::uint32_t count, std::uint32_t link) const;
  double list_routes() const { return run("routes"); }
  double list_links() const { return run("links"); }

private:
  double run(const std::string& arguments) const;

  std::string name_;
  std::string program_;
  std::uint32_t divisor_; // of what is added: the slow ones have less to do
};

// Those that `./dev bench --peers` has built.
std::vector<client> built_clients();

// For a method: "", or which are left out and how to get them.
std::string absent_clients();

// ip(8), timed as a whole program: that is what it takes to use it.
class ip_program {
public:
  ip_program();

  bool is_installed() const noexcept { return !path_.empty(); }
  double add_routes(std::uint32_t count);
  double list_routes(std::size_t there) const { return list("-4 route show", there); }
  double list_links(std::size_t there) const { return list("link show", there); }

private:
  double list(const std::string& arguments, std::size_t there) const;

  std::string path_;
  std::shared_ptr<std::FILE> batch_; // "route add ..." for the count of the first call
};

} // namespace linx::bench
