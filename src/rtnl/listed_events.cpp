#include "rtnl/listed_events.hpp"

namespace linx::rtnl {

namespace {

// Passes a listing on as events.
template <class T>
class listed_source final : public stream_source<event>,
                            public std::enable_shared_from_this<listed_source<T>> {
public:
  explicit listed_source(stream<T> values) noexcept : values_(std::move(values)) {}

  task<std::optional<event>> next() override { return step(this->shared_from_this()); }
  void close() noexcept override { values_.cancel(); }

private:
  static task<std::optional<event>> step(std::shared_ptr<listed_source> self)
  {
    auto read = self->values_.next();
    BOOST_OUTCOME_CO_TRY(auto one, co_await std::move(read));
    if (!one) co_return std::optional<event>();
    co_return std::optional<event>(changed<T>(change::listed, std::move(*one)));
  }

  stream<T> values_;
};

template <class T>
stream<event> events_of(stream<T> values)
{
  return stream<event>(std::make_shared<listed_source<T>>(std::move(values)));
}

} // namespace

stream<event> listed_events(const connection& tables, table which)
{
  switch (which) {
  case table::links:
    return events_of(tables.links());
  case table::addresses:
    return events_of(tables.addresses());
  case table::nexthops:
    return events_of(tables.nexthops());
  case table::routes_v4:
    return events_of(tables.routes(net::family::v4));
  case table::routes_v6:
    return events_of(tables.routes(net::family::v6));
  case table::rules:
    return events_of(tables.rules());
  case table::neighbours:
    return events_of(tables.neighbours());
  case table::qdiscs:
    return events_of(tables.qdiscs());
  }
  return {};
}

task<> until_settled(connection tables)
{
  // The loopback is always there; the answer itself is of no interest.
  auto asked = tables.get_link(1);
  const auto answer = co_await std::move(asked);
  if (!answer && answer.error() == errc::cancelled) co_return errc::cancelled;
  co_return success();
}

} // namespace linx::rtnl
