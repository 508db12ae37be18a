#include <linx/rtnl/connection.hpp>

#include <linx/rtnl/batch.hpp>

namespace linx::rtnl {

namespace {

// The results of those that were sent go where those stood.
task<std::vector<result<>>> submit_all(netlink::connection transport, batch all)
{
  auto requests = std::move(all).requests();
  std::vector<netlink::message_builder> sendable;
  sendable.reserve(requests.size());
  std::vector<result<>> results(requests.size(), success());
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i]) {
      results[i] = std::move(requests[i]).error();
      continue;
    }
    sendable.push_back(std::move(requests[i]).value());
    places.push_back(i);
  }
  auto sent = transport.batch(std::move(sendable));
  LINX_TRY(auto answers, co_await std::move(sent));
  for (std::size_t i = 0; i < answers.size() && i < places.size(); ++i)
    results[places[i]] = std::move(answers[i]);
  co_return std::move(results);
}

task<std::vector<netlink::refusal>> bulk_all(netlink::connection transport, batch all)
{
  auto requests = std::move(all).requests();
  std::vector<netlink::message_builder> sendable;
  sendable.reserve(requests.size());
  for (auto& one : requests) {
    if (!one) co_return std::move(one).error();
    sendable.push_back(std::move(one).value());
  }
  auto sent = transport.bulk(std::move(sendable));
  co_return co_await std::move(sent);
}

} // namespace

task<std::vector<result<>>> connection::submit(batch requests) const
{
  return submit_all(transport_, std::move(requests));
}

task<std::vector<netlink::refusal>> connection::bulk(batch requests) const
{
  return bulk_all(transport_, std::move(requests));
}

} // namespace linx::rtnl
