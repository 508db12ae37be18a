// One command from its spawn to its end.
#pragma once

#include "reporter.hpp"
#include "settings.hpp"
#include "terminal.hpp"

#include <linx/io/signal_fd.hpp>
#include <linx/process/process.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace run_tool {

/// Spawns, proceeds or aborts, passes signals, input and output on, and tells the end.
class course {
public:
  course(const linx::executor& ex, settings given, linx::io::signal_fd signals)
      : given_(std::move(given)),
        has_init_(given_.options.has_init()),
        leads_group_(std::as_const(given_.options).process_group() == 0 || given_.options.has_own_session()),
        signals_(std::move(signals)),
        report_(ex, given_.events)
  {}

  /// The end of the command; the error says what kept it from running. No process is left.
  linx::task<linx::exit_status> run();

  bool timed_out() const noexcept { return timed_out_; }

private:
  linx::task<> start();
  linx::task<linx::exit_status> attend();
  linx::task<linx::exit_status> follow();
  linx::task<linx::exit_status> follow_with_output();
  linx::task<linx::exit_status> pass_signals();
  /// True if it is the first process of a pid namespace and neither handles nor ignores the signal.
  bool is_shielded_from(int signo) const;
  /// False if nobody is there any more.
  bool deliver(linx::io::signal_info signal);
  linx::task<> pass_input();
  linx::task<linx::exit_status> limit_time();

  settings given_;
  bool has_init_;
  bool leads_group_;
  linx::io::signal_fd signals_;
  reporter report_;
  std::optional<linx::process> child_;
  std::optional<linx::pty> terminal_;
  std::optional<raw_mode> raw_;
  std::vector<linx::io::signal_info> early_; ///< what came before the command ran
  bool timed_out_ = false;
};

} // namespace run_tool
