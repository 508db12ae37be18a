/// A netlink socket that many coroutines share.
#pragma once

#include <linx/core/stream.hpp>
#include <linx/core/task.hpp>
#include <linx/netlink/message_block.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/netlink/options.hpp>
#include <linx/netlink/transaction_reply.hpp>

#include <memory>
#include <vector>

namespace linx::io {
class unique_fd;
}
namespace linx::ns {
class handle;
}

namespace linx::netlink {

namespace detail {
class connection_access;
class connection_state;
} // namespace detail

/// Requests to one netlink family in one network namespace.
///
/// Any number of coroutines may ask at once: replies find their caller by sequence number. The kernel carries
/// a request out inside sendmsg(2), so most requests complete without the coroutine being suspended; those
/// that have to queue are sent together. Each request asks for extended acknowledgements (NETLINK_EXT_ACK,
/// Linux 4.12), so an error carries the kernel's own sentence, the byte and, where the request knows them,
/// the attribute's name.
///
/// A cheap handle: copies share one socket, which is closed with the last of them; what is pending then
/// completes with `errc::closed`. It may outlive the io_context.
///
/// Cancellation: a verb that was cancelled completes with `errc::cancelled`, stage `receive` if the request
/// had been sent: the kernel may have carried it out. Its late reply is swallowed. Any other stage: it was
/// not sent.
///
/// Errors of every verb: `stage::argument` for a request that cannot be encoded; `stage::send`;
/// `errc::overrun`, when the receive buffer was too small and the kernel dropped answers: whether the request
/// was carried out is unknown; `errc::protocol`, when it has read the request and not answered (see
/// `connection_options::answers_later`); `stage::kernel` for what the kernel refused.
///
/// Executor: all members on the executor given, awaiting a verb elsewhere hops.
/// Source: netlink(7).
class LINX_API connection {
public:
  /// Opens a socket in the calling thread's network namespace; `protocol` is NETLINK_ROUTE,
  /// NETLINK_NETFILTER, ...
  ///
  /// Errors: stages `open`, `bind`, `configure`.
  static result<connection> open(executor ex, int protocol,
                                 connection_options options = connection_options());

  /// Opens it in another network namespace, where it stays: a helper thread makes the socket there
  /// (`ns::open_socket`), the calling thread changes nothing. A process, a path and a number become a handle
  /// by `ns::handle::from_proc_dir`, `from_path` and `from_pid`.
  ///
  /// Errors: as above and `stage::setns_net`.
  static result<connection> open(executor ex, int protocol, const ns::handle& net,
                                 connection_options options = connection_options());

  /// Takes over a netlink socket made elsewhere, by a child in a namespace that this process may not enter
  /// for instance. Nobody else may read from it. What it brings along is dropped: its multicast groups, a
  /// peer that it is connected to, and whatever lies in its receive queue, unread answers and events alike.
  static result<connection> adopt(executor ex, io::unique_fd socket,
                                  connection_options options = connection_options());

  /// Sends a request and waits for its acknowledgement (NLM_F_ACK).
  task<> submit(message_builder request) const;

  /// Sends a request and returns the first message of the reply. The kernel is asked for an acknowledgement
  /// too, so a request that has no reply ends, with `errc::protocol`. A reply that is longer than the buffer
  /// is asked for again if the request is a read of rtnetlink (RTM_GET...), else it is `errc::truncated`.
  task<message> request(message_builder request) const;

  /// Lists a table (NLM_F_DUMP). The request is sent by the first `next()`. By default the whole table is
  /// read first and read again if it changed meanwhile; see `dump_options`. Dumps of one connection run one
  /// after the other.
  ///
  /// Errors: as of every verb; `errc::dump_interrupted`; `errc::truncated` for a dump in parts of which one
  /// was longer than the buffer. A whole dump is read again then.
  stream<message> dump(message_builder request, dump_options options = dump_options()) const;

  /// The same without a copy of each message.
  stream<message_block> dump_blocks(message_builder request, dump_options options = dump_options()) const;

  /// Sends all requests, each with its own acknowledgement, as many at once as the receive buffer can answer.
  /// One result for each; one that cannot be encoded gets its error and the others are sent.
  ///
  /// Cancellation: as of a verb; which of the requests were carried out is not told.
  task<std::vector<result<>>> batch(std::vector<message_builder> requests) const;

  /// Sends all requests with an acknowledgement of the last of each datagram only, which the kernel answers
  /// faster. Returns those that it refused; all others were carried out. If one cannot be encoded nothing is
  /// sent.
  task<std::vector<refusal>> bulk(std::vector<message_builder> requests) const;

  /// Sends `batch`, whole encoded messages, with one sendmsg(2), and collects what the kernel says to them.
  /// It numbers the messages (nlmsg_seq) and changes nothing else: which of them carry NLM_F_ACK is up to the
  /// caller. The verb for nf_tables transactions: it does not wait for an answer that the kernel does not
  /// give, raises the send buffer to the size of the batch and the receive buffer to one answer for each
  /// message, as far as it may.
  ///
  /// `names` name the attributes in an error; null, or a constant.
  /// Cancellation: never after the send: the kernel has decided by then.
  /// Errors: `EMSGSIZE` at stage `send` if the send buffer cannot hold the batch (net.core.wmem_max); a
  /// refusal is not an error of the verb.
  task<transaction_reply> transact(std::vector<std::byte> batch,
                                   const attribute_names* names = nullptr) const;

  /// Closes the socket for all copies; what is pending completes with `errc::closed`.
  void close() const noexcept;
  bool is_open() const noexcept;

  /// Where it is at home; empty once the io_context has gone. The copy is for threads that know the context
  /// to stand.
  executor get_executor() const noexcept;

private:
  friend class detail::connection_access;
  explicit connection(std::shared_ptr<detail::connection_state> state) noexcept;

  // Shares ownership of a guard that closes the state when the last handle goes; operations own the state
  // itself.
  std::shared_ptr<detail::connection_state> state_;
};

} // namespace linx::netlink
