/// Frames of the spawner and of the child to values: pure. What comes in is not trusted.
#pragma once

#include "process/protocol.hpp"
#include "process/session_machine.hpp"

#include <linx/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace linx::detail {

/// One frame of a datagram: its header, and all of its bytes.
struct frame_view {
  wire::frame_header header;
  std::span<const std::byte> bytes;
};

/// Walks over the frames of a datagram.
///
///     frame_reader frames(datagram, descriptors);
///     while (auto frame = frames.next()) { if (!*frame) return frame->error(); ... }
class frame_reader {
public:
  /// \param fds how many descriptors came with the datagram.
  /// \param neighbours takes the versions before and after this one, too (process/protocol_park.hpp).
  frame_reader(std::span<const std::byte> datagram, std::size_t fds, bool neighbours = false) noexcept
      : rest_(datagram), fds_(fds), neighbours_(neighbours)
  {}

  /// The next frame; nothing at the end; an error if the rest is no frame or claims more descriptors than
  /// there are.
  std::optional<result<frame_view>> next();

private:
  std::span<const std::byte> rest_;
  std::size_t fds_;
  bool neighbours_;
};

/// The frame as the record that its type says it is. Longer ones are taken: a later version may append.
///
/// Errors: stage `malformed`.
template <class Record>
result<Record> read_record(const frame_view& frame);

/// What an exited record says.
exit_record to_exit_record(const wire::exited_record&);

/// What happened to a child without a READY or a running program, as its status slot says it after end of
/// file on the checkpoint.
struct slot_report {
  wire::slot_state state;
  wire::stage where;
  std::uint16_t step;
  int error;
};

slot_report read_slot(const wire::status_slot&) noexcept;

} // namespace linx::detail
