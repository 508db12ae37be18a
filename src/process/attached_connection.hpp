/// A controller's connection to the spawner of a parked child.
#pragma once

#include "core/handler_memory.hpp"
#include "core/state.hpp"
#include "core/waiter.hpp"
#include "process/attached_child.hpp"
#include "process/child_keeper.hpp"
#include "process/datagram.hpp"

#include <linx/io/unique_fd.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace linx::detail {

class session;

/// What the spawner has answered, with what came along.
struct attachment {
  attached_child child;
  io::unique_fd pidfd;
  io::unique_fd checkpoint; ///< none once the child has left it
};

/// One connection, for one session. All members on the home executor.
class attached_connection : public context_state, public child_keeper {
public:
  explicit attached_connection(executor home) : context_state(std::move(home)) {}

  /// Takes the connection and listens. Errors: stage `attach`.
  result<> adopt(io::unique_fd connection);

  /// Wakes when answer() is there.
  wait_list waiters;

  /// Stage `attach`: `EPERM` who is not entitled, `EBUSY` beside another controller; `errc::died` if the
  /// spawner is gone; `errc::protocol`. Nothing yet, or taken.
  std::optional<result<attachment>> take_answer() { return std::exchange(answer_, std::nullopt); }

  /// From here on the session hears of its child.
  void serve(std::shared_ptr<session>, const attached_child&);

  bool post(std::span<const std::byte> frame, std::span<const int> fds) noexcept override;
  void dismiss(std::uint64_t id) override;
  void retire() override {}
  std::optional<slot_report> slot(std::uint32_t) const noexcept override { return left_; }
  void release_slot(std::uint32_t) noexcept override {}

private:
  void shutdown() noexcept override;
  void wait();
  void hear();
  void rest();
  bool read();
  result<> take(const frame_view&, std::vector<io::unique_fd> fds);
  /// The spawner is gone.
  void end(error why);
  /// This connection is of no use any more, while the spawner lives: the child is the next controller's.
  void lose(error why);
  bool refuse(error& why);

  handler_memory reader_memory_;
  std::optional<asio::posix::stream_descriptor> connection_;
  std::optional<asio::steady_timer> pause_;
  bool is_short_of_room_ = false; ///< the kernel is: what there is to read is read after a pause
  std::vector<std::byte> buffer_;
  std::optional<result<attachment>> answer_;
  std::shared_ptr<session> session_;
  std::optional<slot_report> left_;
  std::string spawner_; ///< in words
  bool answered_ = false;
  bool exited_ = false;
};

} // namespace linx::detail
