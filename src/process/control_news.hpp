/// What a spawner tells about one child.
#pragma once

#include "process/decode.hpp"

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>

#include <cstdint>
#include <span>
#include <sys/types.h>
#include <variant>

namespace linx::detail {

struct child_spawned {
  pid_t pid;
  bool running;             ///< it has no checkpoint and executes its program already
  bool has_checkpoint;      ///< that it has made itself
  io::unique_fd pidfd;      ///< none if it was lost
  io::unique_fd checkpoint; ///< likewise; with `has_checkpoint`
  int lost = 0;             ///< why there is none: EMFILE, this process has no room for descriptors; ENOMEM
};
struct child_refused {
  wire::stage where;
  std::uint16_t step;
  int error;
};
struct child_unsent { ///< the request has not reached the spawner
  error why;
};
struct child_exited {
  pid_t pid;
  exit_record record;
};
struct child_left {}; ///< its checkpoint: the keeper's slot() tells
struct child_parked { ///< or not: an errno
  int error;
};
struct spawner_gone {
  error how; ///< stage `spawner_died`; or `malformed`, and then it may live
};
using control_news = std::variant<child_spawned, child_refused, child_unsent, child_exited, child_left,
                                  child_parked, spawner_gone>;

/// The record of a frame on the control socket, with its descriptors. \param lost as child_spawned has it.
/// Errors: stage `malformed`.
result<control_news> to_news(const frame_view& frame, std::span<io::unique_fd> fds, int lost);

} // namespace linx::detail
