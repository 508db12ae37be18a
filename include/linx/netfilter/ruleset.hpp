/// The ruleset of a network namespace as a value, and how to read it.
#pragma once

#include <linx/core/task.hpp>
#include <linx/netfilter/batch.hpp>
#include <linx/netlink/connection.hpp>

#include <vector>

namespace linx::netfilter {

/// All that nf_tables held at one generation, each list in the kernel's order.
struct LINX_API ruleset {
  ruleset() = default;

  /// The generation that all of it belongs to.
  std::uint32_t generation = 0;
  std::vector<netfilter::table> tables;
  std::vector<netfilter::chain> chains;
  std::vector<netfilter::rule> rules;
  std::vector<netfilter::set> sets;
  std::vector<netfilter::elements> elements; ///< of each set that has some
};

/// What is read, and how often.
class pull_options {
public:
  /// Only tables of this family; all of them by default.
  pull_options& family(netfilter::family only) noexcept
  {
    family_ = only;
    return *this;
  }
  netfilter::family family() const noexcept { return family_; }

  /// Leaves out the elements of sets, each of which is a request of its own.
  pull_options& without_elements() noexcept
  {
    elements_ = false;
    return *this;
  }
  bool elements() const noexcept { return elements_; }

  /// How often reading starts again because somebody committed meanwhile. 8 by default.
  pull_options& retries(unsigned times) noexcept
  {
    retries_ = times;
    return *this;
  }
  unsigned retries() const noexcept { return retries_; }

private:
  netfilter::family family_ = netfilter::family::unspec;
  bool elements_ = true;
  unsigned retries_ = 8;
};

/// Reads the generation of the ruleset: NFT_MSG_GETGEN, Linux 3.16.
///
/// `nf` is a connection to NETLINK_NETFILTER, whose socket says which network namespace is meant. Needs
/// CAP_NET_ADMIN in the user namespace that owns it. Cancellation, errors, concurrency: those of
/// `netlink::connection::request`.
LINX_API task<std::uint32_t> generation(netlink::connection nf);

/// Reads the whole ruleset: NFT_MSG_GETTABLE, GETCHAIN, GETRULE, GETSET and GETSETELEM.
///
/// The dumps are separate requests, and the kernel does not flag every change between or within them: the
/// generation is compared before and after, and all is read again if it moved.
/// Cancellation: nothing is left behind.
/// Errors: those of `netlink::connection::dump`; `errc::dump_interrupted` if the ruleset never stood still.
LINX_API task<ruleset> pull(netlink::connection nf, pull_options options = pull_options());

} // namespace linx::netfilter
