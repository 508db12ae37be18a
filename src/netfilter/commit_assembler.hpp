// Events of the kernel to commits.
#pragma once

#include "netfilter/decode.hpp"

#include <map>
#include <tuple>

namespace linx::netfilter::detail {

/// Collects the events of a transaction until NFT_MSG_NEWGEN ends it, and watches that no generation is
/// missing.
///
/// Does no I/O. The kernel bumps the generation before it sends the first event of a transaction
/// (nf_tables_commit), so a ruleset that was read at generation G holds every event of the transactions up to
/// G, and nothing of the later ones.
class commit_assembler {
public:
  /// `limit`: most bytes of messages that one transaction may have.
  explicit commit_assembler(std::size_t limit) noexcept : limit_(limit) {}

  enum class outcome : std::uint8_t {
    nothing, ///< part of a transaction, or one that is known already
    commit,  ///< a transaction is complete: `take()`
    lost,    ///< events are missing: call `restart()` once the ruleset has been read
  };

  /// Everything up to this generation is known; what was collected is forgotten.
  void restart(std::uint32_t generation) noexcept;

  /// All sets that there are: events do not say the type of the keys in them.
  void learn(const std::vector<set>&);

  outcome add(const netlink::message_view&);

  commit take() noexcept { return std::move(*complete_); }

private:
  using set_name = std::tuple<family, std::string, std::string>;

  void remember(const event&);
  void describe(event&) const;
  void append(event);

  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::uint32_t known_ = 0; // generation that the consumer knows
  std::vector<event> events_;
  std::map<set_name, std::uint32_t> key_types_;
  std::optional<commit> complete_;
};

/// The generation that follows: the kernel skips 0, which means "any" in a request.
constexpr std::uint32_t following(std::uint32_t generation) noexcept
{
  return generation + 1 == 0 ? 1 : generation + 1;
}

} // namespace linx::netfilter::detail
