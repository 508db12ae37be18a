#include "netfilter/monitor_source.hpp"

#include "netfilter/list_sets.hpp"

#include <linx/netfilter/ruleset.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

namespace linx::netfilter::detail {

namespace {

/// In an order in which they could be made.
std::vector<event> additions(ruleset all)
{
  std::vector<event> events;
  for (auto& t : all.tables) events.emplace_back(operation::add, std::move(t));
  for (auto& s : all.sets) events.emplace_back(operation::add, std::move(s));
  for (auto& e : all.elements) events.emplace_back(operation::add, std::move(e));
  for (auto& c : all.chains) events.emplace_back(operation::add, std::move(c));
  for (auto& r : all.rules) events.emplace_back(operation::add, std::move(r));
  return events;
}

} // namespace

monitor_source::monitor_source(executor home, stream<netlink::notification> events,
                               netlink::connection requests, std::size_t queue)
    : source(std::move(home)), events_(std::move(events)), requests_(std::move(requests)), assembler_(queue)
{}

task<> monitor_source::begin(bool with_snapshot)
{
  auto body = start(with_snapshot);
  return linx::detail::operation<>(shared_from_this(), std::move(body));
}

void monitor_source::on_close() noexcept
{
  events_.cancel();
  requests_.close();
}

task<> monitor_source::start(bool with_snapshot)
{
  resync_due_ = with_snapshot;
  // The socket listens already: a transaction that is announced and that this generation includes is not
  // told.
  LINX_TRY(const auto now, co_await generation(requests_));
  LINX_TRY(auto sets, co_await list_sets(requests_));
  assembler_.learn(sets);
  assembler_.restart(now);
  co_return success();
}

task<std::optional<commit>> monitor_source::read()
{
  if (resync_due_) {
    LINX_TRY(auto whole, co_await resync());
    co_return std::optional<commit>(std::move(whole));
  }
  for (;;) {
    if (is_closed()) co_return errc::closed;
    LINX_TRY(auto told, co_await events_.next());
    if (!told) co_return std::optional<commit>();
    auto what = commit_assembler::outcome::lost;
    if (const auto* message = std::get_if<netlink::message>(&*told)) what = assembler_.add(*message);
    if (what == commit_assembler::outcome::commit) co_return std::optional<commit>(assembler_.take());
    if (what == commit_assembler::outcome::lost) {
      resync_due_ = true;
      co_return std::optional<commit>(commit::lost());
    }
  }
}

task<commit> monitor_source::resync()
{
  for (;;) {
    auto all = co_await pull(requests_);
    if (all) {
      resync_due_ = false;
      assembler_.learn(all.value().sets);
      assembler_.restart(all.value().generation);
      const std::uint32_t generation = all.value().generation;
      co_return commit::resync(generation, additions(std::move(all).value()));
    }
    // It will stand still some time; the others on this executor go first.
    if (!(all.error() == errc::dump_interrupted)) co_return std::move(all).error();
    co_await asio::post(asio::deferred);
  }
}

} // namespace linx::netfilter::detail
