// The terminal that linx-run itself stands on, and the one of its command.
#pragma once

#include <linx/core/task.hpp>
#include <linx/io/window_size.hpp>
#include <linx/process/pty.hpp>

#include <optional>

#include <termios.h>

namespace run_tool {

/// The size of the terminal at standard input, output or error, whichever is one.
std::optional<linx::io::window_size> own_window_size();

/// Raw mode at standard input, if that is a terminal; what was before comes back when this goes.
class raw_mode {
public:
  raw_mode();
  ~raw_mode();
  raw_mode(const raw_mode&) = delete;
  raw_mode& operator=(const raw_mode&) = delete;

  /// Once more, after a shell that stopped this process has set its own modes.
  void again();

private:
  std::optional<termios> former_;
};

/// Copies the command's output to standard output; completes at its end. Hangs up if nobody reads it any
/// more.
linx::task<> copy_output(linx::pty& terminal);

/// Copies standard input to the command, and its end as Ctrl-D; completes then.
linx::task<> copy_input(linx::pty& terminal);

} // namespace run_tool
