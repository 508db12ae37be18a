/// The network device that a request is about.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace linx::genl {

/// Names a device by index or by name. A name is looked up by the kernel, in the connection's network
/// namespace.
class device {
public:
  device() = default; ///< none
  device(std::uint32_t index) noexcept : index_(index) {}
  device(std::string name) noexcept : name_(std::move(name)) {}
  device(std::string_view name) : name_(name) {}
  device(const char* name) : name_(name) {}
  device(std::uint32_t index, std::string name) noexcept : index_(index), name_(std::move(name)) {}

  std::uint32_t index() const noexcept { return index_; } ///< 0: by name
  const std::string& name() const noexcept { return name_; }

  friend bool operator==(const device&, const device&) = default;

private:
  std::uint32_t index_ = 0;
  std::string name_;
};

/// "eth0", or "#2" where the name is not known.
LINX_API std::string to_string(const device&);

} // namespace linx::genl
