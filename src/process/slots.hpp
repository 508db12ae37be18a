/// The status slots that host, spawner and children share.
#pragma once

#include "process/protocol.hpp"

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace linx::detail {

/// A sealed memory file of slots, mapped shared. A slot is in use from the request until the child executes
/// or ends, so their number bounds the children that are parked at once, not those that live. Each is a page,
/// since a child maps its own alone.
class slot_table {
public:
  static constexpr std::uint32_t capacity = 16384; // 64 MiB, of which only touched pages exist

  /// Errors: stage `memfd`.
  static result<slot_table> create();

  /// The file, for the spawner.
  int fd() const noexcept { return file_.get(); }

  /// A slot in state idle. Errors: stage `memfd`, `EAGAIN` if all are in use.
  result<std::uint32_t> acquire();
  void release(std::uint32_t slot) noexcept;
  bool is_exhausted() const noexcept { return free_.empty() && untouched_ == map_.get_deleter().slots; }

  const wire::status_slot& at(std::uint32_t slot) const noexcept { return map_.get()[slot]; }

private:
  struct unmap {
    std::uint32_t slots;
    void operator()(wire::status_slot*) const noexcept;
  };

  io::unique_fd file_;
  std::unique_ptr<wire::status_slot, unmap> map_{nullptr, unmap{}};
  std::vector<std::uint32_t> free_; // returned ones first, so that few pages are touched
  std::uint32_t untouched_ = 0;     // slots from here on were never in use
};

} // namespace linx::detail
