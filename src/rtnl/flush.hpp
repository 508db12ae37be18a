// Taking away all that a listing shows and somebody chose.
#pragma once

#include <linx/netlink/connection.hpp>

#include <cerrno>
#include <optional>
#include <vector>

namespace linx::rtnl {

// Whether the object was gone already, with its link, its primary address, or by somebody else's doing.
inline bool is_gone(const error& e) noexcept
{
  const int code = e.errnum();
  return code == ESRCH || code == ENOENT || code == EADDRNOTAVAIL || code == ENODEV;
}

// What a listing was good for.
class flushed {
public:
  std::size_t removed = 0;
  std::optional<error> gone; // one that was listed, and not there any more
};

template <class Removal>
task<flushed> flush_once(netlink::connection transport, netlink::message_builder list, Removal removal)
{
  flushed done;
  auto blocks = transport.dump_blocks(std::move(list));
  for (;;) {
    auto next = co_await blocks.next();
    // ENOENT: a table of routes that is not there
    if (!next && is_gone(next.error())) break;
    if (!next) co_return std::move(next).error();
    const auto block = std::move(next).value();
    if (!block) break;
    std::vector<netlink::message_builder> requests;
    for (const auto m : *block) {
      if (auto request = removal(m)) requests.push_back(std::move(*request));
    }
    if (requests.empty()) continue;
    done.removed += requests.size();
    auto sent = transport.bulk(std::move(requests));
    LINX_TRY(const auto refused, co_await std::move(sent));
    for (const auto& one : refused) {
      if (!is_gone(one.reason())) co_return one.reason();
      done.gone = one.reason();
    }
    done.removed -= refused.size();
  }
  co_return std::move(done);
}

// Sends `removal(message)`, an optional request, for each message of the listing, one block of it at a time.
// Returns how many objects went. What was gone already has to be missing from the next listing: otherwise the
// kernel has not found what it lists.
template <class Removal>
task<std::size_t> flush(netlink::connection transport, netlink::message_builder list, Removal removal)
{
  constexpr unsigned most_listings = 4; // others may remove at the same time
  std::size_t removed = 0;
  for (unsigned n = 1;; ++n) {
    auto flushing = flush_once(transport, list, removal);
    LINX_TRY(const auto done, co_await std::move(flushing));
    removed += done.removed;
    if (!done.gone) co_return removed;
    if (n == most_listings) co_return *done.gone;
  }
}

// A removal for `flush`: decodes, and encodes what the filter means.
template <class T, class Filter>
auto removal_of(Filter filter, result<netlink::message_builder> (*encode)(const T&))
{
  return [filter = std::move(filter), encode](const netlink::message_view& m) {
    std::optional<netlink::message_builder> request;
    const auto value = T::decode(m);
    if (!value || !filter.matches(*value)) return request;
    if (auto encoded = encode(*value)) request = std::move(encoded).value();
    return request;
  };
}

} // namespace linx::rtnl
