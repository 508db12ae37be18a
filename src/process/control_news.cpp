#include "process/control_news.hpp"

#include "core/with_words.hpp"
#include "process/protocol_park.hpp"

#include <string>
#include <utility>

namespace linx::detail {

result<control_news> to_news(const frame_view& frame, std::span<io::unique_fd> fds, int lost)
{
  switch (frame.header.type) {
  case wire::frame_type::spawned: {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::spawned_record>(frame));
    child_spawned news;
    news.pid = static_cast<pid_t>(r.pid);
    news.running = (r.flags & static_cast<std::uint32_t>(wire::spawned_flags::running)) != 0;
    news.has_checkpoint = (r.flags & static_cast<std::uint32_t>(wire::spawned_flags::checkpoint)) != 0;
    news.lost = lost;
    if (!fds.empty()) news.pidfd = std::move(fds[0]);
    if (fds.size() > 1 && news.has_checkpoint) news.checkpoint = std::move(fds[1]);
    return control_news(std::move(news));
  }
  case wire::frame_type::failed: {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::failed_record>(frame));
    return control_news(child_refused{r.where, r.step, r.error});
  }
  case wire::frame_type::exited: {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::exited_record>(frame));
    return control_news(child_exited{static_cast<pid_t>(r.pid), to_exit_record(r)});
  }
  case wire::frame_type::parked: {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::parked_record>(frame));
    return control_news(child_parked{r.error});
  }
  default:
    break;
  }
  return with_words(error(errc::protocol, stage::malformed), [&frame] {
    return "frame of type " + std::to_string(static_cast<unsigned>(frame.header.type)) +
           " on the control socket";
  });
}

} // namespace linx::detail
