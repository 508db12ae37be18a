// The way from a handle to its state, for the rooms of this library.
#pragma once

#include "netlink/connection_state.hpp"

#include <linx/netlink/connection.hpp>

namespace linx::netlink::detail {

class connection_access {
public:
  // Owns the state and not the handle: what holds it does not keep the connection from being closed.
  static std::shared_ptr<connection_state> state(const connection& c)
  {
    return std::static_pointer_cast<connection_state>(c.state_->shared_from_this());
  }
};

} // namespace linx::netlink::detail
