#include <linx/rtnl/tun_device.hpp>

#include "ns/open_inside.hpp"
#include "rtnl/encode_link.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

namespace linx::rtnl {

namespace {

constexpr const char* device_path = "/dev/net/tun";

int open_device() noexcept
{
  return ::open(device_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

error failed(const std::string& name, int errnum)
{
  return error::from_errno(errnum, stage::configure).with_object(name.empty() ? "a tun device" : name);
}

// "%d" is a number to the kernel, and for the check.
result<> check_tun_name(const std::string& name)
{
  if (name.empty()) return success();
  const auto at = name.find("%d");
  if (at == std::string::npos) return check_link_name(name);
  return check_link_name(name.substr(0, at) + "0" + name.substr(at + 2));
}

result<tun_device> attach(io::unique_fd fd, const tun_options& options)
{
  ifreq request{};
  std::memcpy(request.ifr_name, options.name().data(), options.name().size()); // checked to fit
  request.ifr_flags = static_cast<short>(options.flags());
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) return failed(options.name(), errno);
  request.ifr_name[IFNAMSIZ - 1] = '\0';
  const std::string name(request.ifr_name);
  if (options.owner() && ::ioctl(fd.get(), TUNSETOWNER, static_cast<unsigned long>(*options.owner())) != 0)
    return failed(name, errno);
  if (options.group() && ::ioctl(fd.get(), TUNSETGROUP, static_cast<unsigned long>(*options.group())) != 0)
    return failed(name, errno);
  // the last: what fails before leaves no device behind
  if (options.is_persistent() && ::ioctl(fd.get(), TUNSETPERSIST, 1UL) != 0) return failed(name, errno);
  return tun_device(name, std::move(fd));
}

} // namespace

tun_options::tun_options(std::string name, bool ethernet) noexcept
    : name_(std::move(name)), flags_(static_cast<std::uint16_t>((ethernet ? IFF_TAP : IFF_TUN) | IFF_NO_PI))
{}

tun_options& tun_options::set_flag(unsigned flag, bool on) noexcept
{
  flags_ = static_cast<std::uint16_t>(on ? flags_ | flag : flags_ & ~flag);
  return *this;
}

tun_options& tun_options::persistent(bool on) & noexcept
{
  persistent_ = on;
  return *this;
}

tun_options& tun_options::owner(uid_t user) & noexcept
{
  owner_ = user;
  return *this;
}

tun_options& tun_options::group(gid_t id) & noexcept
{
  group_ = id;
  return *this;
}

tun_options& tun_options::packet_info(bool on) & noexcept
{
  return set_flag(IFF_NO_PI, !on);
}

tun_options& tun_options::vnet_header(bool on) & noexcept
{
  return set_flag(IFF_VNET_HDR, on);
}

tun_options& tun_options::multi_queue(bool on) & noexcept
{
  return set_flag(IFF_MULTI_QUEUE, on);
}

tun_options& tun_options::exclusive(bool on) & noexcept
{
  return set_flag(IFF_TUN_EXCL, on);
}

result<tun_device> open_tun(tun_options options)
{
  BOOST_OUTCOME_TRYV(check_tun_name(options.name()));
  io::unique_fd fd(open_device());
  if (!fd) return error::from_errno(errno, stage::open).with_object(device_path);
  return attach(std::move(fd), options);
}

result<tun_device> open_tun(const ns::handle& net, tun_options options)
{
  BOOST_OUTCOME_TRYV(check_tun_name(options.name()));
  auto fd = ns::open_inside(net, "a tun device", &open_device);
  if (!fd && fd.error().where() == stage::open) return std::move(fd).error().with_object(device_path);
  if (!fd) return std::move(fd).error();
  return attach(std::move(fd).value(), options);
}

} // namespace linx::rtnl
