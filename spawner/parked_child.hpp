/// What the spawner knows of a child that its host has left with it: see process/protocol_park.hpp.
#pragma once

#include "process/protocol_park.hpp"

namespace linx::spawner {

/// Which file a name stood for; 0: none.
struct file_identity {
  std::uint64_t inode;
  std::uint32_t major, minor; // of the device
};

/// Lies in zeroed memory.
struct parked_child {
  bool is_kept; // by this process, which has nothing else to do any more
  bool has_report;
  bool has_controller;
  bool has_left;    // its checkpoint: `slot` says how
  bool has_ended;   // `end` says how
  bool is_recorded; // in the directory
  bool is_sent;     // to the controller at hand, which may not have read it
  bool is_told;     // to a controller, which has read it

  std::uint32_t pid;
  std::uint32_t child_pid;
  std::uint32_t namespaces;
  std::uint32_t entered;
  std::uint32_t flags; // wire::parked_flags
  std::uint32_t attachments;
  file_identity socket;
  wire::slot_words slot;
  wire::exited_record end;

  std::uint32_t arguments_length;
  std::uint32_t name_length;
  alignas(8) char arguments[wire::most_parked_arguments];
  char name[wire::longest_parked_name + 1]; // and a NUL
  wire::status_slot page;                   // as it was read last
  alignas(8) std::byte answer[sizeof(wire::attached_record) + wire::most_parked_arguments +
                              wire::status_slot::most_taken * sizeof(wire::stage) + 8];
};

} // namespace linx::spawner
