#include "display.hpp"

#include "../command_line.hpp"

#include <linx/core/as_result.hpp>
#include <linx/core/spawn.hpp>

#include <boost/asio/detached.hpp>

#include <chrono>
#include <utility>

#include <unistd.h>

namespace supervise_tool {

namespace asio = boost::asio;

constexpr std::size_t most_unread = 1u << 20;

display::display(asio::io_context& io, bool live)
    : io_(io), out_(io.get_executor(), STDOUT_FILENO), patience_(io), live_(live)
{}

void display::tell(const linx::supervisor_event& event)
{
  if (live_ || lines_.size() > most_unread) return;
  lines_ += command_line::printable(to_string(event)) + '\n';
  if (lines_.size() > most_unread) lines_ += "(nobody read this: lines are missing)\n";
  begin();
}

void display::show(linx::supervisor_status status)
{
  if (!live_) return;
  status_ = std::move(status);
  stale_ = true;
  begin();
}

void display::finish()
{
  finishing_ = true;
  if (writing_) linx::spawn(io_, give_up(), asio::detached);
}

void display::begin()
{
  if (std::exchange(writing_, true)) return;
  linx::spawn(io_, write(), asio::detached);
  if (finishing_) linx::spawn(io_, give_up(), asio::detached);
}

linx::task<> display::write()
{
  for (;;) {
    std::string text = std::exchange(lines_, {});
    if (std::exchange(stale_, false)) text = screen_.draw(table(status_, std::chrono::steady_clock::now()));
    if (text.empty()) break;
    auto writing = out_.write(text);
    const auto written = co_await std::move(writing);
    if (!written) break; // nobody reads the rest
  }
  writing_ = false;
  patience_.cancel();
  co_return linx::success();
}

linx::task<> display::give_up()
{
  patience_.expires_after(std::chrono::seconds(1));
  const auto waited = co_await patience_.async_wait(linx::as_result);
  if (waited) out_.cancel();
  co_return linx::success();
}

} // namespace supervise_tool
