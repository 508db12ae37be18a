/// The living children, found by pid. A pid is good as a name here: only the spawner reaps them.
#pragma once

#include "process/protocol.hpp"

namespace linx::spawner {

struct child_record {
  std::uint64_t id = 0;
  std::uint32_t pid = 0; // 0: no record
  std::uint32_t grace_ms = 0;
  wire::orphan_policy orphan{};
  bool is_init = false;           // of its own pid namespace: ignores every signal it has no handler for
  bool tied = false;              // the spawner's death kills it (PR_SET_PDEATHSIG)
  bool told = false;              // its exit record is sent, or held back by the socket
  std::uint16_t request_slot = 0; // with `owner` not 0: which request slot it was given
  wire::kill_scope scope{};
  bool kill_rest = false; // at its end, what else is in its scope
  std::uint32_t owner = 0;
};

/// Hashed by pid with linear probing. Lies in zeroed memory: all zero is empty.
class child_table {
public:
  static constexpr std::uint32_t capacity = 1u << 16;

  bool is_full() const noexcept { return count_ == capacity / 4 * 3; }
  std::uint32_t count() const noexcept { return count_; }
  std::uint32_t tied() const noexcept { return tied_; }

  void insert(const child_record&) noexcept; // not full, pid not in it
  child_record* find(std::uint32_t pid) noexcept;
  void erase(child_record&) noexcept;

  /// Looks only at pages that have been in use: to look at another would make it one.
  template <class Visitor>
  void for_each(Visitor&& visit) noexcept
  {
    for (std::uint32_t first = 0; first != capacity; first += block) {
      if (!used_[first / block]) continue;
      for (std::uint32_t at = first; at != first + block; ++at) {
        if (records_[at].pid != 0) visit(records_[at]);
      }
    }
  }

private:
  static constexpr std::uint32_t mask = capacity - 1;
  static constexpr std::uint32_t block = 128;
  static_assert(block * sizeof(child_record) == 4096);

  /// Blocks of 128 pids are scattered, each over the 4 KiB that hold their records: the children of a while
  /// have neighbouring pids, and so one page of this table, which need not be touched in whole.
  static constexpr std::uint32_t home(std::uint32_t pid) noexcept
  {
    return ((pid / block * 0x9e3779b1u >> 16) * block + pid % block) & mask;
  }

  std::uint32_t count_;
  std::uint32_t tied_;
  bool used_[capacity / block]; // a page of records_ each
  alignas(4096) child_record records_[capacity];
};

} // namespace linx::spawner
