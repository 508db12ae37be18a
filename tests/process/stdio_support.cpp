#include "process/stdio_support.hpp"

#include <fstream>
#include <random>

namespace linx::test {

process_options in_terminal(const std::string& script)
{
  return shell(script).terminal(small_window);
}

task<terminal_child> spawn_in_terminal(process_options options)
{
  LINX_TRY(auto child, co_await process::spawn(std::move(options.auto_proceed())));
  LINX_TRY(auto terminal, child.terminal());
  LINX_TRYV(co_await child.proceed());
  terminal_child both{std::move(child), std::move(terminal)};
  co_return std::move(both);
}

task<std::string> read_until(pty& terminal, std::string mark)
{
  std::string text;
  std::array<char, 8192> part;
  while (mark.empty() || text.find(mark) == text.npos) {
    const auto room = asio::buffer(part);
    LINX_TRY(const std::size_t n, co_await terminal.read_some(room));
    if (n == 0) break;
    text.append(part.data(), n);
  }
  co_return std::move(text);
}

task<std::string> read_all(pty& terminal)
{
  co_return co_await read_until(terminal, "");
}

task<> type(pty& terminal, std::string text)
{
  const auto data = asio::buffer(text);
  co_return co_await terminal.write(data);
}

std::string random_bytes(std::size_t count)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

std::map<int, std::string> descriptors_of(pid_t pid)
{
  std::map<int, std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code closed; // since the listing
    auto link = std::filesystem::read_symlink(entry.path(), closed);
    if (!closed) found[std::stoi(entry.path().filename())] = std::move(link);
  }
  return found;
}

std::string content(const std::string& path)
{
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace linx::test
