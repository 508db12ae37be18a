#include "process/family.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <poll.h>
#include <sstream>
#include <utility>

namespace linx::test {

bool family::is_silent()
{
  pollfd end{says.native_handle(), POLLIN, 0};
  return ::poll(&end, 1, 0) == 1 && (end.revents & POLLHUP) != 0;
}

void family::end_others() const
{
  for (const pid_t each : others) ::kill(each, SIGKILL);
}

task<std::vector<pid_t>> read_numbers(pipe_end& from, std::size_t count)
{
  std::string text;
  error_code failed;
  while (static_cast<std::size_t>(std::ranges::count(text, '\n')) < count) {
    std::array<char, 256> room;
    auto buffer = asio::buffer(room);
    const std::size_t size =
        co_await from.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return error(failed, stage::receive);
    text.append(room.data(), size);
  }
  std::istringstream in(text);
  std::vector<pid_t> numbers;
  for (pid_t pid = 0; in >> pid;) numbers.push_back(pid);
  BOOST_TEST(numbers.size() == count);
  co_return std::move(numbers);
}

task<family> found(process_options options, std::size_t others)
{
  options.standard_output(stdio::pipe());
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRYV(co_await child.ready());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(auto says, child.stdout_pipe());
  family all{std::move(child), std::move(says), {}};
  LINX_TRY(all.others, co_await read_numbers(all.says, others));
  co_return std::move(all);
}

process_options tree_of(const std::string& script)
{
  return shell(script).kill_scope(kill_scope::tree);
}

} // namespace linx::test
