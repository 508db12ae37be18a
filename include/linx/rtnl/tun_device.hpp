/// Network devices whose packets a program reads and writes.
#pragma once

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>

#include <optional>
#include <string>
#include <utility>

#include <sys/types.h>

namespace linx::ns {
class handle;
}

namespace linx::rtnl {

/// What kind of device, and how its descriptor behaves.
class LINX_API tun_options {
public:
  /// IP packets (IFF_TUN), or Ethernet frames (IFF_TAP). A name may hold "%d", for the kernel to number;
  /// empty is "tun%d" or "tap%d".
  static tun_options tun(std::string name = {}) { return tun_options(std::move(name), false); }
  static tun_options tap(std::string name = {}) { return tun_options(std::move(name), true); }

  /// Stays when the last descriptor is closed (TUNSETPERSIST); removing it is `connection::remove_link`.
  tun_options& persistent(bool on = true) & noexcept;
  tun_options&& persistent(bool on = true) && noexcept { return std::move(persistent(on)); }
  /// Who may attach to it later without CAP_NET_ADMIN.
  tun_options& owner(uid_t user) & noexcept;
  tun_options&& owner(uid_t user) && noexcept { return std::move(owner(user)); }
  tun_options& group(gid_t id) & noexcept;
  tun_options&& group(gid_t id) && noexcept { return std::move(group(id)); }
  /// struct tun_pi stands in front of each packet. Off by default.
  tun_options& packet_info(bool on = true) & noexcept;
  tun_options&& packet_info(bool on = true) && noexcept { return std::move(packet_info(on)); }
  /// struct virtio_net_hdr stands in front of each packet.
  tun_options& vnet_header(bool on = true) & noexcept;
  tun_options&& vnet_header(bool on = true) && noexcept { return std::move(vnet_header(on)); }
  /// Each further `open_tun` of the same name is one more queue.
  tun_options& multi_queue(bool on = true) & noexcept;
  tun_options&& multi_queue(bool on = true) && noexcept { return std::move(multi_queue(on)); }
  /// Refused with EBUSY if a device of that name is there, instead of attaching to it.
  tun_options& exclusive(bool on = true) & noexcept;
  tun_options&& exclusive(bool on = true) && noexcept { return std::move(exclusive(on)); }

  const std::string& name() const noexcept { return name_; }
  std::uint16_t flags() const noexcept { return flags_; } ///< IFF_TUN, IFF_NO_PI, ... of linux/if_tun.h
  bool is_persistent() const noexcept { return persistent_; }
  std::optional<uid_t> owner() const noexcept { return owner_; }
  std::optional<gid_t> group() const noexcept { return group_; }

private:
  tun_options(std::string name, bool ethernet) noexcept;
  tun_options& set_flag(unsigned flag, bool on) noexcept;

  std::string name_;
  std::optional<uid_t> owner_;
  std::optional<gid_t> group_;
  std::uint16_t flags_ = 0;
  bool persistent_ = false;
};

/// An attached device: each read(2) of the descriptor gives one packet that the network sent through it, each
/// write(2) is one that came in. It is non-blocking and close-on-exec; `asio::posix::stream_descriptor` takes
/// it. Closing it removes the device unless it is persistent.
class tun_device {
public:
  tun_device(std::string device_name, io::unique_fd descriptor) noexcept
      : name_(std::move(device_name)), fd_(std::move(descriptor))
  {}

  const std::string& name() const noexcept { return name_; } ///< as the kernel completed it
  int fd() const noexcept { return fd_.get(); }
  io::unique_fd release() && noexcept { return std::move(fd_); }

private:
  std::string name_;
  io::unique_fd fd_;
};

/// Makes a tun or tap device, or attaches to one: /dev/net/tun and TUNSETIFF, in the calling thread's network
/// namespace, or in `net`, which a helper thread enters. The device is down.
///
/// Errors: stage `argument` for a name that no link can have; stage `open` for /dev/net/tun; stages
/// `setns_net`, `clone` of the helper thread; stage `configure` for the device: EPERM without CAP_NET_ADMIN,
/// EBUSY if another program is attached, EINVAL if it is of another kind.
/// Executor: safe from any thread.
/// Source: Documentation/networking/tuntap.rst.
LINX_API result<tun_device> open_tun(tun_options options);
LINX_API result<tun_device> open_tun(const ns::handle& net, tun_options options);

} // namespace linx::rtnl
