/// XDP programs of an interface.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace linx::rtnl {

/// IFLA_XDP_ATTACHED: where a program runs; the numbers are those of linux/if_link.h (XDP_ATTACHED_*).
enum class xdp_mode : std::uint8_t { none, driver, generic, hardware, several };

LINX_API std::string_view to_string(xdp_mode) noexcept;

/// The XDP programs of a link, by id (BPF_PROG_GET_FD_BY_ID takes it).
class xdp_state {
public:
  xdp_state() = default;

  xdp_mode mode = xdp_mode::none;
  std::uint32_t program = 0; ///< 0 with `several` modes, which have an id each
  std::uint32_t driver_program = 0;
  std::uint32_t generic_program = 0;
  std::uint32_t hardware_program = 0;

  friend bool operator==(const xdp_state&, const xdp_state&) = default;
};

/// A program to attach. Its descriptor is borrowed until the verb has completed; the link holds the program
/// from then on.
class xdp_program {
public:
  explicit xdp_program(int fd) noexcept : fd_(fd) {}

  /// `driver`, `generic` or `hardware`; `none`, the default, takes the driver's if it has one.
  xdp_program& mode(xdp_mode where) & noexcept
  {
    mode_ = where;
    return *this;
  }
  xdp_program&& mode(xdp_mode where) && noexcept { return std::move(mode(where)); }
  /// Refused with EBUSY if there is a program.
  xdp_program& exclusive() & noexcept
  {
    exclusive_ = true;
    return *this;
  }
  xdp_program&& exclusive() && noexcept { return std::move(exclusive()); }
  /// Refused with EEXIST if another program is attached than the one behind `fd`. Linux 5.7.
  xdp_program& replaces(int fd) & noexcept
  {
    expected_ = fd;
    return *this;
  }
  xdp_program&& replaces(int fd) && noexcept { return std::move(replaces(fd)); }

  int fd() const noexcept { return fd_; }
  xdp_mode mode() const noexcept { return mode_; }
  bool is_exclusive() const noexcept { return exclusive_; }
  int expected() const noexcept { return expected_; }

private:
  int fd_;
  int expected_ = -1;
  xdp_mode mode_ = xdp_mode::none;
  bool exclusive_ = false;
};

} // namespace linx::rtnl
