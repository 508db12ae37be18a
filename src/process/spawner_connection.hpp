/// The host's connection to one linx-spawner.
#pragma once

#include "core/handler_memory.hpp"
#include "core/state.hpp"
#include "process/child_keeper.hpp"
#include "process/control_news.hpp"
#include "process/datagram.hpp"
#include "process/decode.hpp"
#include "process/encode.hpp"
#include "process/entrance.hpp"
#include "process/identity.hpp"
#include "process/slots.hpp"

#include <linx/io/unique_fd.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace linx::detail {

class session;

/// Carries requests to a spawner and its records back to the sessions.
///
/// Sessions may live on different strands of one context, so the link is guarded by a mutex, never held while
/// something foreign runs; records are dispatched to the session's own executor.
///
/// What it does by itself, between the calls, needs no memory: nobody would be told. Only to cross to a
/// strand takes some, of Asio's.
class spawner_connection : public context_state, public child_keeper {
public:
  /// Starts a spawner. Errors: as start_spawner().
  static result<std::shared_ptr<spawner_connection>> start(executor home, host_identity identity);

  spawner_connection(executor home, slot_table slots, host_identity identity);

  /// Who the host was when the spawner was started.
  const host_identity& identity() const noexcept { return identity_; }

  /// The namespaces that its children start in.
  const namespace_set& namespaces() const noexcept { return namespaces_; }

  /// False once it has died, or was retired.
  bool takes_requests() const;

  /// Whether a child that holds up the spawner would hold up others, and there are slots and descriptors for
  /// children that do not.
  bool is_crowded() const;

  /// A slot of its own for a child. Errors: stage `memfd`.
  result<std::uint32_t> acquire_slot();
  void release_slot(std::uint32_t slot) noexcept override;
  std::optional<slot_report> slot(std::uint32_t index) const noexcept override
  {
    return read_slot(slots_.at(index));
  }

  /// Sends a request, or queues it behind others if the socket is full. From here on the session hears of
  /// `id`.
  ///
  /// \param fds borrowed for the call.
  /// Errors: stage `transport` or `fd_pass`; `errc::died` if the spawner is gone: try another one.
  result<> submit(std::uint64_t id, std::shared_ptr<session>, byte_vector frame, std::span<const int> fds);

  /// Sends a frame that is no request. False, and it is lost, if the spawner is gone, or has a full socket
  /// while there is no memory to keep the frame.
  bool post(std::span<const std::byte> frame, std::span<const int> fds) noexcept override;

  /// The session has ended; the last one of a retired link closes it.
  void dismiss(std::uint64_t id) override;

  /// No more requests: the spawner goes when its children have.
  void retire() override;

  /// In a copy of the host that fork(2) made: leaves spawner and children to the original, whose connections
  /// these are. The sessions of the copy end; nothing is sent and nobody is killed.
  void forsake();

  /// The spawner's pid, 0 until it has said hello.
  pid_t spawner_pid() const;

private:
  struct queued {
    std::uint64_t id; ///< whose request it is; 0: it has no answer
    byte_vector frame;
    std::vector<io::unique_fd> fds;
    int attempts = 0; ///< for which the kernel had no room
  };
  struct enrolled {
    std::shared_ptr<session> who;
    bool answered = false;
  };
  /// Gives the mutex back for as long as something foreign runs.
  using locked = std::unique_lock<std::mutex>;

  void shutdown() noexcept override;
  void strike(std::uint64_t id) noexcept;
  void count_answer(enrolled&) noexcept;
  void wait_for_records();
  void read_records(locked&);
  void rest_if_unused();
  result<> send_or_queue(std::uint64_t id, std::span<const std::byte> frame, std::span<const int> fds);
  void send_later(int why);
  void write_queue();
  bool send_first(locked&);
  result<> read_datagram(locked&, std::span<const std::byte>, received);
  result<> take_own(const frame_view&, std::span<io::unique_fd>);
  void die(locked&, const std::optional<error>& why);
  error how_it_died(const std::optional<error>& why) const noexcept;
  error why_it_is_gone(locked&);
  error start_failure() const noexcept;
  void deliver(locked&, std::shared_ptr<session> to, control_news) const;

  mutable std::mutex mutex_;
  std::optional<asio::posix::stream_descriptor> control_;
  slot_table slots_;
  const host_identity identity_;
  const namespace_set namespaces_ = namespace_set::current();
  std::vector<std::byte> buffer_;
  std::deque<queued> queue_;
  std::optional<asio::steady_timer> pause_; ///< until the kernel may have room for the first of the queue
  std::unordered_map<std::uint64_t, enrolled> sessions_;
  std::size_t unanswered_ = 0; ///< of them
  io::unique_fd pidfd_;
  pid_t pid_ = 0;
  std::optional<error> start_error_; ///< what `failed` with id 0 said
  handler_memory reader_memory_, writer_memory_;
  bool waiting_ = false; ///< for records, or delivering them
  bool reading_ = false;
  bool dead_ = false;
  bool retired_ = false;
};

} // namespace linx::detail
