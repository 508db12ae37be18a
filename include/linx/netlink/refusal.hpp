/// One request among many that the kernel did not accept.
#pragma once

#include <linx/core/error.hpp>

#include <cstddef>

namespace linx::netlink {

/// Which request it was, counted from 0 in the order in which they were given, and why.
class refusal {
public:
  refusal(std::size_t index, error reason) noexcept : index_(index), reason_(std::move(reason)) {}

  std::size_t index() const noexcept { return index_; }
  const error& reason() const noexcept { return reason_; }

private:
  std::size_t index_;
  error reason_;
};

} // namespace linx::netlink
