/// Children that outlive their makers: how a host leaves one with its spawner, and what the spawner says to
/// the controllers that come for it.
///
/// Part of the protocol of process/protocol.hpp, and as free of any library as that.
///
/// ## Parking
/// A host that has nothing else of its spawner hands over its only child by `park`, with what it has of it:
/// its own end of the checkpoint socket, a socket that listens, the directory of that, the file of the
/// child's status page, which the child has taken by a step status_page before, and with an init its own end
/// of the report. `parked` answers. With error 0 it is the last record on `control`: the spawner has closed
/// it, and does not look at the host any more.
///
/// ## Controllers
/// Whoever connects to the socket and is at least as privileged as the spawner is the child's controller: one
/// at a time, until that connection ends. There a datagram is exactly one frame.
///
///   spawner -> controller                        controller -> spawner
///   attached  [pidfd, while parked checkpoint]   kill
///   refused   instead, EBUSY or EPERM, then end  kill_rest
///   left      the child has left its checkpoint
///   exited    it has ended; then end of file
///
/// The checkpoint socket is the same for all of them, one after the other, and the spawner keeps it, so that
/// the child sees end of file only when the spawner is gone. Frames on it are what a host sends (STEP,
/// PROCEED, REHEARSE). The ids of steps are above attached_record::header.id: a DONE with another one answers
/// a controller that has gone. The status page is read by the spawner alone, which says what it tells in
/// `left`.
///
/// ## Versions
/// Here and on the checkpoint socket version N and N - 1 understand each other. What a version adds is at the
/// tail of a frame, or a frame of a new type: whoever reads takes what he knows and passes over the rest. A
/// controller writes the older one of its own version and that of `attached`, which is the spawner's.
///
/// ## The exit record
/// When the child has ended the spawner writes NAME.exit beside the socket NAME, as a whole or not at all
/// (rename(2)), and takes the socket away: text, a line `key=value` each, see exit_record_head. Unknown keys
/// are passed over.
#pragma once

#include "process/protocol.hpp"

#include <cstddef>
#include <cstdint>

namespace linx::wire {

/// A version that a controller, or the spawner of a controller, may have.
constexpr bool is_neighbour(std::uint8_t other) noexcept
{
  return other + 1 >= version && other <= version + 1;
}

/// Bytes of the name of a socket: its path below /proc/self/fd has to fit into sockaddr_un.
inline constexpr std::size_t longest_parked_name = 64;
/// Bytes of the arguments that controllers are told.
inline constexpr std::size_t most_parked_arguments = 2048;

inline constexpr char exit_record_suffix[] = ".exit";
/// The first line.
inline constexpr char exit_record_head[] = "linx-exit=1\n";
inline constexpr std::size_t longest_exit_record = 2048;

enum class parked_flags : std::uint32_t {
  init = 1u << 0,     // the child is the init of a pid namespace
  outlives = 1u << 1, // once it runs it does not depend on the spawner's life
  left = 1u << 2,     // attached_record: it has left its checkpoint, `slot` says how
};

/// What its status page said when the child had left its checkpoint.
struct slot_words {
  slot_state state;
  std::int32_t error;
  stage where;
  std::uint16_t step;
  std::uint32_t reserved;
};
static_assert(sizeof(slot_words) == 16);

/// Descriptors: checkpoint, listener, directory, page; with parked_flags::init the report.
/// Followed by the name of the socket and by the arguments, each with its NUL, both padded to 8 bytes.
struct park_request {
  frame_header header;      // the child's id
  std::uint32_t pid;        // from `spawned`
  std::uint32_t child_pid;  // from READY
  std::uint32_t namespaces; // CLONE_NEW*, made for the child
  std::uint32_t entered;    // CLONE_NEW*
  std::uint32_t flags;      // parked_flags::init
  std::uint16_t name_length;
  std::uint16_t arguments_length;
};
static_assert(sizeof(park_request) == 40);

struct parked_record {
  frame_header header; // the child's id
  std::int32_t error;  // 0, or an errno: nothing has changed
  std::uint32_t reserved;
};
static_assert(sizeof(parked_record) == 24);

/// Followed by the arguments, padded, then the steps that the child has taken, in their order, u16 each.
struct attached_record {
  frame_header header; // its version is the spawner's
  std::uint32_t pid;   // as the spawner counts
  std::uint32_t child_pid;
  std::uint32_t namespaces;
  std::uint32_t entered;
  std::uint32_t flags; // parked_flags
  kill_scope scope;
  std::uint8_t reserved[3];
  std::uint16_t arguments_length;
  std::uint16_t steps; // how many
  std::uint32_t spawner;
  slot_words slot;
};
static_assert(sizeof(attached_record) == 64);

struct refused_record {
  frame_header header;
  std::int32_t error; // EPERM, EBUSY, or what kept the spawner from answering
  std::uint32_t reserved;
};
static_assert(sizeof(refused_record) == 24);

struct left_record {
  frame_header header;
  slot_words slot;
};
static_assert(sizeof(left_record) == 32);

} // namespace linx::wire
