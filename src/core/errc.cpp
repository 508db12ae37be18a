#include <linx/core/errc.hpp>

#include <string>

namespace linx {
namespace {

const char* words(errc e) noexcept
{
  switch (e) {
  case errc::cancelled:
    return "cancelled";
  case errc::timed_out:
    return "timed out";
  case errc::closed:
    return "closed";
  case errc::not_ready:
    return "not ready";
  case errc::exception:
    return "ended by an exception";
  case errc::overrun:
    return "the kernel dropped messages, the receive buffer was full";
  case errc::dump_interrupted:
    return "the table changed during every attempt to list it";
  case errc::truncated:
    return "message truncated";
  case errc::protocol:
    return "protocol violation";
  case errc::conflict:
    return "the state has changed since it was read";
  case errc::invalid:
    return "invalid value";
  case errc::no_process:
    return "the process has ended";
  case errc::running:
    return "the process is already running";
  case errc::died:
    return "the peer process died";
  case errc::exit_unknown:
    return "the process has ended, how is unknown";
  case errc::no_pty:
    return "the process has no terminal";
  case errc::restart_limit:
    return "restarted too often";
  }
  return "unknown linx error";
}

class category final : public boost::system::error_category {
public:
  // A fixed id, so that the copies in two shared objects compare equal.
  constexpr category() noexcept : error_category(0x6c696e785f636174) {}

  const char* name() const noexcept override { return "linx"; }
  std::string message(int value) const override { return words(static_cast<errc>(value)); }
  const char* message(int value, char*, std::size_t) const noexcept override
  {
    return words(static_cast<errc>(value));
  }
};

constexpr category the_category;

} // namespace

const boost::system::error_category& linx_category() noexcept
{
  return the_category;
}

} // namespace linx
