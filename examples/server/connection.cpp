#include "connection.hpp"

#include <linx/core/as_result.hpp>
#include <linx/core/cleanup.hpp>
#include <linx/core/task_group.hpp>
#include <linx/process/run.hpp>

#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace server_tool {

namespace {

namespace asio = boost::asio;

constexpr std::size_t longest_line = 64 * 1024;
constexpr std::size_t most_waiting = 1000; // commands of one connection
constexpr auto patience = std::chrono::seconds(15);

std::string failed(const std::string& number, std::string_view why)
{
  return number + " failed 0 0 " + std::to_string(why.size()) + '\n' + std::string(why);
}

std::string answer(const std::string& number, const linx::run_result& done)
{
  std::string text = number;
  if (done.timed_out)
    text += " late 0";
  else if (done.status.what() == linx::exit_status::kind::exited)
    text += " exited " + std::to_string(done.status.code());
  else
    text += " signaled " + std::to_string(done.status.signal());
  text += ' ' + std::to_string(done.output.size()) + ' ' + std::to_string(done.errors.size());
  if (done.output_cut || done.errors_cut) text += " cut";
  return text + '\n' + done.output + done.errors;
}

/// Shared by the coroutines of a connection, all of which run on its strand.
class connection : public std::enable_shared_from_this<connection> {
public:
  connection(socket client, const settings& given, const linx::semaphore& few)
      : client_(std::move(client)),
        given_(given),
        few_(few),
        writing_(client_.get_executor(), 1),
        jobs_(client_.get_executor(), linx::task_group::on_failure::go_on)
  {}

  /// Until the client has nothing more to say.
  linx::task<> read()
  {
    std::array<char, 16 * 1024> room;
    std::string unread;
    for (;;) {
      const auto buffer = asio::buffer(room);
      LINX_TRY(const std::size_t got, co_await client_.async_read_some(buffer, linx::as_result));
      unread.append(room.data(), got);
      if (!take_lines(unread)) co_return linx::errc::truncated;
    }
  }

  /// All that was asked for is answered.
  linx::task<> finish() { return jobs_.wait(); }

  /// Nobody wants an answer any more.
  linx::task<> abandon()
  {
    jobs_.cancel();
    return linx::cleanup(jobs_.wait(), patience);
  }

private:
  bool take_lines(std::string& unread)
  {
    std::size_t begin = 0;
    for (auto end = unread.find('\n'); end != unread.npos; end = unread.find('\n', begin)) {
      if (!take_line(unread.substr(begin, end - begin))) return false;
      begin = end + 1;
    }
    unread.erase(0, begin);
    return unread.size() <= longest_line;
  }

  bool take_line(std::string line)
  {
    const std::string number = std::to_string(++lines_);
    const std::size_t waiting = jobs_.size();
    if (waiting > 2 * most_waiting) return false; // it asks, and does not read
    if (waiting >= most_waiting)
      jobs_.spawn(
          write(shared_from_this(), failed(number, "too many commands of this connection are waiting")));
    else
      jobs_.spawn(run(shared_from_this(), number, std::move(line)));
    return true;
  }

  static linx::task<> run(std::shared_ptr<connection> self, std::string number, std::string line)
  {
    LINX_TRY(auto permit, co_await self->few_.acquire());
    auto options = linx::process_options("/bin/sh").arg("-c").arg(std::move(line)).process_group();
    auto limits = linx::run_limits().time(self->given_.time);
    limits.output(self->given_.output).errors(self->given_.output);
    auto running = linx::run(std::move(options), std::move(limits));
    const auto done = co_await std::move(running);
    permit.release(); // who reads slowly holds up himself
    std::string text;
    if (done)
      text = answer(number, done.value());
    else if (done.error() == linx::errc::cancelled)
      co_return done.error();
    else
      text = failed(number, done.error().message());
    auto writing = write(std::move(self), std::move(text));
    co_return co_await std::move(writing);
  }

  static linx::task<> write(std::shared_ptr<connection> self, std::string text)
  {
    LINX_TRY(const auto turn, co_await self->writing_.acquire());
    const auto buffer = asio::buffer(text);
    const auto wrote = co_await asio::async_write(self->client_, buffer, linx::as_result);
    if (wrote) co_return linx::success();
    // Half an answer is worse than none, and a client that is gone wants none of the others either.
    boost::system::error_code ignored;
    self->client_.shutdown(socket::shutdown_both, ignored);
    self->jobs_.cancel();
    co_return wrote.error();
  }

  socket client_;
  const settings& given_;
  const linx::semaphore& few_;
  linx::semaphore writing_; ///< one answer at a time
  linx::task_group jobs_;
  std::uint64_t lines_ = 0;
};

} // namespace

linx::task<> serve(socket client, const settings& given, const linx::semaphore& few,
                   linx::cancel_token draining)
{
  const auto self = std::make_shared<connection>(std::move(client), given, few);
  auto reading = draining.bind(self->read());
  const auto read = co_await std::move(reading);
  if (draining.is_cancelled() && read.has_error() && read.error() == linx::errc::cancelled) {
    auto rest = self->finish();
    const auto done = co_await std::move(rest);
    if (!done.has_error() || done.error() != linx::errc::cancelled) co_return linx::success();
  }
  auto end = self->abandon();
  co_return co_await std::move(end);
}

} // namespace server_tool
