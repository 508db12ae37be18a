/// Conditions that no errno expresses, with an error category of their own.
#pragma once

#include <linx/core/config.hpp>

#include <boost/system/error_code.hpp>

namespace linx {

using error_code = boost::system::error_code;

/// What linx itself reports; everything the kernel reports is an errno in `system_category`.
enum class errc {
  cancelled = 1,    ///< the operation was cancelled and has not completed
  timed_out,        ///< the time limit passed; the operation was cancelled and awaited
  closed,           ///< the handle was dropped, or its io_context is gone
  not_ready,        ///< the object has not come to this state yet, or another call is outstanding
  exception,        ///< the task ended by an exception
  overrun,          ///< the kernel dropped messages because the receive buffer was full
  dump_interrupted, ///< the table changed during each of the attempts to list it
  truncated,        ///< a message was longer than the buffer, or shorter than its own length
  protocol,         ///< a peer sent something that the protocol does not allow
  conflict,         ///< the state has moved on since it was read
  invalid,          ///< the value given is not of the required form
  no_process,       ///< the process has ended
  running,          ///< the process is past its checkpoint
  died,             ///< the peer process died before it answered
  exit_unknown,     ///< the process has ended, and nobody can say how
  no_pty,           ///< the process has no terminal
  restart_limit,    ///< a child ended again and again, and its supervisor gave up
};

/// The category of `errc`; its messages are words that a person reads.
LINX_API const boost::system::error_category& linx_category() noexcept;

inline error_code make_error_code(errc e) noexcept
{
  return {static_cast<int>(e), linx_category()};
}

} // namespace linx

template <>
struct boost::system::is_error_code_enum<linx::errc> : std::true_type {};
