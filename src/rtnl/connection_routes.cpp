#include <linx/rtnl/connection.hpp>

#include "rtnl/encode_route.hpp"
#include "rtnl/flush.hpp"
#include "rtnl/listing.hpp"
#include "rtnl/requests.hpp"

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

// A table comes into being with its first route; until then the kernel says ENOENT.
class table_source final : public stream_source<route>, public std::enable_shared_from_this<table_source> {
public:
  explicit table_source(stream<route> routes) noexcept : routes_(std::move(routes)) {}

  task<std::optional<route>> next() override { return step(shared_from_this()); }
  void close() noexcept override { routes_.cancel(); }

private:
  static task<std::optional<route>> step(std::shared_ptr<table_source> self)
  {
    auto read = self->routes_.next();
    auto next = co_await std::move(read);
    if (!next && next.error().errnum() == ENOENT) co_return std::optional<route>();
    co_return std::move(next);
  }

  stream<route> routes_;
};

} // namespace

task<> connection::add_route(route r) const
{
  return submit_or_fail(transport_, encode_new(r, NLM_F_CREATE | NLM_F_EXCL));
}

task<> connection::replace_route(route r) const
{
  return submit_or_fail(transport_, encode_new(r, NLM_F_CREATE | NLM_F_REPLACE));
}

task<> connection::change_route(route r) const
{
  return submit_or_fail(transport_, encode_new(r, NLM_F_REPLACE));
}

task<> connection::append_route(route r) const
{
  return submit_or_fail(transport_, encode_new(r, NLM_F_CREATE | NLM_F_APPEND));
}

task<> connection::remove_route(route r) const
{
  return submit_or_fail(transport_, encode_remove(r));
}

task<route> connection::get_route(route_query packet) const
{
  return fetch<route>(transport_, encode_get(packet));
}

stream<route> connection::routes(net::family family, netlink::dump_options options) const
{
  return netlink::detail::typed_dump<route>(transport_, encode_list(family), options, &route::decode);
}

stream<route> connection::routes(route_filter which, netlink::dump_options options) const
{
  auto found = listing<route>(transport_, encode_list(which), options, which);
  if (!which.table()) return found;
  return stream<route>(std::make_shared<table_source>(std::move(found)));
}

task<std::size_t> connection::flush_routes(route_filter which) const
{
  return flush(transport_, encode_list(which), removal_of(which, &encode_remove_exactly));
}

} // namespace linx::rtnl
