/// A program from its start to its end, in one line.
#pragma once

#include <linx/core/task.hpp>
#include <linx/process/exit_status.hpp>
#include <linx/process/options.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace linx {

/// What `run` gives a program, and what it allows it.
///
///     auto limits = run_limits().input("a\nb\n").time(5s).output(1 << 20);
class run_limits {
public:
  /// What the program reads from its standard input, which then ends. By default nothing.
  run_limits& input(std::string bytes)
  {
    input_ = std::move(bytes);
    return *this;
  }

  /// From the call to the end of the program. By default as long as it takes.
  run_limits& time(std::chrono::nanoseconds limit) noexcept
  {
    time_ = limit;
    return *this;
  }

  /// The most bytes that are kept of standard output, and of standard error: by default 16 MiB of each. What
  /// comes beyond is read and thrown away, so that the program is not held up, and the result says so.
  run_limits& output(std::size_t most) noexcept
  {
    output_ = most;
    return *this;
  }
  run_limits& errors(std::size_t most) noexcept
  {
    errors_ = most;
    return *this;
  }

  /// How long, after the end of the program, whoever still has its pipes open is listened to: 200 ms by
  /// default. 0: what it has written itself, and no more.
  run_limits& linger(std::chrono::nanoseconds time) noexcept
  {
    linger_ = time;
    return *this;
  }

  std::string& input() noexcept { return input_; }
  const std::string& input() const noexcept { return input_; }
  std::optional<std::chrono::nanoseconds> time() const noexcept { return time_; }
  std::size_t output() const noexcept { return output_; }
  std::size_t errors() const noexcept { return errors_; }
  std::chrono::nanoseconds linger() const noexcept { return linger_; }

private:
  std::string input_;
  std::optional<std::chrono::nanoseconds> time_;
  std::chrono::nanoseconds linger_ = std::chrono::milliseconds(200);
  std::size_t output_ = std::size_t{16} << 20;
  std::size_t errors_ = std::size_t{16} << 20;
};

/// How a program ended, and what it said.
struct run_result {
  exit_status status;      ///< of one that was too slow: killed by SIGKILL, or aborted before it ran
  std::string output;      ///< of its standard output
  std::string errors;      ///< of its standard error
  bool output_cut = false; ///< there was more than the limit
  bool errors_cut = false;
  bool timed_out = false; ///< it was killed for its time limit; what it had said is here all the same

  /// Exit code 0, in time.
  bool success() const noexcept { return status.success() && !timed_out; }
};

/// Runs a program to its end and collects what it writes:
///
///     auto options = process_options("grep").arg("-c").arg("x").search_path();
///     auto limits = run_limits().input(text).time(5s);
///     LINX_TRY(const auto done, co_await linx::run(std::move(options), std::move(limits)));
///     if (done.success()) use(done.output);
///
/// An exit code other than 0, a signal and the time limit are results; an error is what kept the program from
/// being run.
///
/// The standard streams that the options leave at `inherit` are run's: the input of the limits, or /dev/null
/// without any, and pipes for the others. Those that the options set stay as they are, and what goes there is
/// not in the result; `standard_error(stdio::same_as(1))` puts both into `output`, in order. There is no
/// checkpoint. A program that does not read its input, or not all of it, is no failure.
///
/// The end of the output is the end of file; or, since a grandchild may hold the pipe for ever: when the
/// program has ended, what lies in the pipe is read, and then what still comes within `linger`. So nothing
/// that the program itself has written is lost. After the time limit there is no `linger`.
///
/// When the time is up, the program is killed by SIGKILL and awaited, with what `process_options::kill_scope`
/// says: unless set its process group if it leads one (`process_group()`, `session()`). With its pid
/// namespace if it has an `init()`.
///
/// Parameters: both by value.
/// Executor: the caller's; a strand if the context has several threads.
/// Cancellation: kills it in the same way and awaits its end, for 5 s at the most; then `errc::cancelled`.
/// Errors: as of `process::spawn`; the stage that failed up to `execve`; stage `argument` for an input beside
/// a standard input of the options, and for a terminal, which `process::terminal()` reads; `errc::timed_out`
/// if a killed program is not gone after 10 s, because the kernel does not let go of it;
/// `errc::exit_unknown`.
/// Source: pipe(7), pidfd_send_signal(2).
LINX_API task<run_result> run(process_options options, run_limits limits);
LINX_API task<run_result> run(process_options options);

} // namespace linx
