// A descriptor to write to that others have open as well.
#pragma once

#include <linx/core/task.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <optional>
#include <string_view>

namespace example {

/// Waits for whoever reads slowly, or not at all, without O_NONBLOCK, which would be everybody's who has the
/// descriptor open, and without holding up anything else.
class output {
public:
  output(const linx::executor& ex, int fd);

  /// All of it. Cancellation: some of it may have been written.
  linx::task<> write(std::string_view text);

  /// Whoever writes gets `errc::cancelled`.
  void cancel();

private:
  linx::task<> wait();

  std::optional<boost::asio::posix::stream_descriptor> own_; ///< empty: the descriptor is not open
};

} // namespace example
