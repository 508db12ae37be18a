/// How a connection, a dump or a monitor behaves; the defaults suit nearly everyone.
#pragma once

#include <linx/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace linx::netlink {

/// Buffers of a connection.
class connection_options {
public:
  /// Size in bytes asked for the receive buffer (SO_RCVBUFFORCE, else SO_RCVBUF, which net.core.rmem_max
  /// caps). It bounds how many requests are in flight at once: each answer takes about 832 bytes of it. 0
  /// keeps the system's default (net.core.rmem_default, room for 256 answers).
  connection_options& receive_buffer(std::size_t bytes) noexcept
  {
    receive_buffer_ = bytes;
    return *this;
  }
  std::size_t receive_buffer() const noexcept { return receive_buffer_; }

  /// Whether the kernel checks the headers of dump requests and honours the filters in them
  /// (NETLINK_GET_STRICT_CHK, Linux 4.20). Older kernels ignore it. On by default.
  connection_options& strict_checks(bool on) noexcept
  {
    strict_checks_ = on;
    return *this;
  }
  bool strict_checks() const noexcept { return strict_checks_; }

  /// Whether the other side may acknowledge a request after send(2) has returned. Off by default, for all
  /// families of the kernel: netlink_sendmsg() runs the family's handler and queues the acknowledgement
  /// (netlink_rcv_skb()) before it returns, generic netlink included, whose handlers run under the same
  /// loop. So once the socket is empty a request that has no answer gets none and fails; without that it
  /// would wait for ever, as all requests behind the first one of a datagram that nfnetlink refuses. On for a
  /// protocol of your own whose module hands the request to a worker.
  connection_options& answers_later(bool on = true) noexcept
  {
    answers_later_ = on;
    return *this;
  }
  bool answers_later() const noexcept { return answers_later_; }

private:
  std::size_t receive_buffer_ = std::size_t(1) << 20;
  bool strict_checks_ = true;
  bool answers_later_ = false;
};

/// What happens when the table changes while the kernel lists it.
class dump_options {
public:
  /// How often a dump that was interrupted (NLM_F_DUMP_INTR) is started again, at once and then after pauses
  /// that double from 1 to 128 ms, before it fails with `errc::dump_interrupted`. 8 by default.
  dump_options& retries(unsigned times) noexcept
  {
    retries_ = times;
    return *this;
  }
  unsigned retries() const noexcept { return retries_; }

  /// Hands out each part as soon as it is there, so that the memory used stays flat however long the table
  /// is. Nothing is retried then: the stream ends with `errc::dump_interrupted` after what was read. While
  /// such a dump is not read on, each other request on the same connection reads a part of it into memory,
  /// and another dump the rest: its answers are behind it in the socket. A connection of its own keeps memory
  /// flat.
  dump_options& incremental(bool on = true) noexcept
  {
    incremental_ = on;
    return *this;
  }
  bool incremental() const noexcept { return incremental_; }

private:
  unsigned retries_ = 8;
  bool incremental_ = false;
};

/// How much a monitor of any room may fall behind. A base of its `Options`.
template <class Options>
class monitor_buffers {
public:
  /// Size in bytes asked for the receive buffer. Each event takes 832 bytes of it and more, so 4 MiB, the
  /// default, hold about 10,000. Without CAP_NET_ADMIN in the initial user namespace net.core.rmem_max caps
  /// it.
  Options& receive_buffer(std::size_t bytes) noexcept
  {
    receive_buffer_ = bytes;
    return static_cast<Options&>(*this);
  }
  std::size_t receive_buffer() const noexcept { return receive_buffer_; }

  /// How many bytes of events wait for the consumer in the process's own memory; more of them are given up as
  /// `lost`. 64 MiB by default.
  Options& queue(std::size_t bytes) noexcept
  {
    queue_ = bytes;
    return static_cast<Options&>(*this);
  }
  std::size_t queue() const noexcept { return queue_; }

private:
  friend Options;
  monitor_buffers() = default;

  std::size_t receive_buffer_ = std::size_t(4) << 20;
  std::size_t queue_ = std::size_t(64) << 20;
};

/// What a monitor listens to, and how much it may fall behind.
class monitor_options : public monitor_buffers<monitor_options> {
public:
  /// A multicast group by number: RTNLGRP_LINK, NFNLGRP_NFTABLES. May be called repeatedly.
  monitor_options& group(std::uint32_t number)
  {
    groups_.push_back(number);
    return *this;
  }
  const std::vector<std::uint32_t>& groups() const noexcept { return groups_; }

private:
  std::vector<std::uint32_t> groups_;
};

} // namespace linx::netlink
