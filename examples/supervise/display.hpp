// What a person, or a file, is told of the programs.
#pragma once

#include "../output.hpp"
#include "view.hpp"

#include <linx/core/task.hpp>
#include <linx/process/supervisor_status.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <string>

namespace supervise_tool {

/// Writes the newest table, or all lines, to standard output. Who does not read it, as a terminal that was
/// stopped by Ctrl-S, holds up nothing else.
class display {
public:
  display(boost::asio::io_context& io, bool live);

  bool is_live() const noexcept { return live_; }

  /// A line, unless there is a table.
  void tell(const linx::supervisor_event& event);

  /// The table, if there is one.
  void show(linx::supervisor_status status);

  /// Nothing more comes: what nobody has read in a second is not written.
  void finish();

private:
  void begin();
  linx::task<> write();
  linx::task<> give_up();

  boost::asio::io_context& io_;
  example::output out_;
  boost::asio::steady_timer patience_;
  screen screen_;
  linx::supervisor_status status_;
  std::string lines_;
  bool live_;
  bool stale_ = false; ///< there is a newer status than the one that is drawn
  bool writing_ = false;
  bool finishing_ = false;
};

} // namespace supervise_tool
