/// The ruleset that the child finds when it wakes.
#pragma once

#include <linx/netfilter/batch.hpp>

#include <cstdint>

namespace headline {

/// A table that belongs to the socket that pushes it, with one chain on input: everything is dropped but the
/// loopback interface, answers to what the child asked for, and one TCP port.
linx::netfilter::batch default_drop(std::uint16_t open_port);

/// Takes the table away again; only the owner may.
linx::netfilter::batch no_firewall();

} // namespace headline
