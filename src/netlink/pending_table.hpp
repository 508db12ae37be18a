// Sequence numbers in flight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace linx::netlink::detail {

class exchange;

// Maps a sequence number to what waits for it. Open addressing, because a request must not cost an
// allocation, and because the numbers follow one another: each is found at its first probe. Runs of several
// numbers are few and kept apart.
class pending_table {
public:
  struct entry {
    std::uint32_t first = 0;
    std::uint32_t count = 0; // 0: free
    std::size_t cost = 0;
    exchange* waiting = nullptr; // null: whoever asked is gone, the reply is swallowed
    std::uint32_t datagram = 0;  // the one that it was sent in
    bool dump = false;
    bool begun = false; // the last part of the reply was whole, and is there
  };

  pending_table();

  // The numbers must be free.
  void insert(const entry&);
  entry* find(std::uint32_t sequence) noexcept;
  // `e` is one that find() has just returned.
  void erase(entry& e) noexcept;
  void clear() noexcept;

  // Leaves nothing but a dump of which a part is there; yields the cost of what is left.
  std::size_t keep_begun_dump() noexcept;

  // Whether none of `count` numbers from `first` on is taken. They wrap around after 2^32 - 1.
  bool is_free(std::uint32_t first, std::uint32_t count) const noexcept;

  std::size_t size() const noexcept { return singles_ + runs_.size(); }
  bool has_dump() const noexcept { return dumps_ > 0; }

private:
  std::size_t home(std::uint32_t sequence) const noexcept { return sequence & (slots_.size() - 1); }
  void place(const entry&) noexcept;
  void grow();

  std::vector<entry> slots_; // a power of two, at most half full
  std::vector<entry> runs_;
  std::size_t singles_ = 0;
  std::size_t dumps_ = 0;
};

} // namespace linx::netlink::detail
