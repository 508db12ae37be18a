#include <linx/netlink/connection.hpp>

#include "core/fairness.hpp"
#include "netlink/adoption.hpp"
#include "netlink/connection_state.hpp"
#include "netlink/typed_dump.hpp"

#include <linx/ns/socket.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <sys/socket.h>

namespace linx::netlink {

namespace {

using detail::connection_state;
using linx::detail::operation;
using state_ptr = std::shared_ptr<connection_state>;

// What the copies of a handle share: when the last is gone, the state is closed, however many operations hold
// it.
class closer {
public:
  explicit closer(state_ptr state) noexcept : state_(std::move(state)) {}
  closer(const closer&) = delete;
  closer& operator=(const closer&) = delete;
  ~closer() { state_->begin_close(); }

private:
  state_ptr state_;
};

state_ptr owned(const state_ptr& handle)
{
  return std::static_pointer_cast<connection_state>(handle->shared_from_this());
}

result<state_ptr> make_connection(executor ex, io::netlink_socket socket, const connection_options& options)
{
  auto state = linx::detail::make_state<connection_state>(std::move(ex), std::move(socket));
  BOOST_OUTCOME_TRYV(state->configure(options));
  auto guard = std::make_shared<closer>(state);
  return state_ptr(std::move(guard), state.get());
}

// How often a read is asked again because its answer has outgrown the buffer, which has grown with it.
constexpr unsigned most_growths = 4;

// What `operation` owes its caller (core/operation.hpp), in one frame with the work instead of in two: the
// frame between is a fiftieth of a request. One that has to wait has a second frame, `run`, which makes two:
// Asio's cache holds so many, so a request costs no allocation.
template <class T>
task<T> exchanged(state_ptr state, message_builder request)
{
  const asio::cancellation_state at_start = co_await asio::this_coro::cancellation_state;
  if (linx::detail::is_cancelled(at_start)) co_return errc::cancelled;
  if (state->is_shut_down()) co_return errc::closed;
  const executor here = co_await asio::this_coro::executor;
  if (!state->is_home(here)) {
    auto body = exchanged<T>(state, std::move(request));
    auto elsewhere = operation<T>(state, std::move(body));
    result<T> yielded = co_await std::move(elsewhere);
    co_return std::move(yielded);
  }

  constexpr bool wants_reply = !std::is_void_v<T>;
  using keep = detail::single_exchange::keep;
  LINX_TRYV(request.check());
  request.add_flags(NLM_F_ACK);
  for (unsigned attempt = 0;; ++attempt) {
    detail::single_exchange x(request, wants_reply ? keep::reply : keep::nothing);
    if (state->attempt(x) != connection_state::progress::ready) {
      LINX_TRYV(co_await state->run(x));
    }
    if constexpr (wants_reply) {
      if (attempt < most_growths && state->may_ask_again(request, x)) continue;
      co_return x.take_reply();
    } else {
      co_return x.outcome();
    }
  }
}

// The requests of one datagram.
class chunk {
public:
  static constexpr std::size_t most_requests = 256;
  static constexpr std::size_t most_bytes = 32 * 1024;

  void clear() noexcept
  {
    bytes_.clear();
    count_ = 0;
    names_ = nullptr;
  }
  bool empty() const noexcept { return count_ == 0; }
  std::uint32_t size() const noexcept { return count_; }
  std::span<std::byte> bytes() noexcept { return bytes_; }
  const attribute_names* names() const noexcept { return names_; }

  bool takes(const message_builder& request, std::size_t window) const noexcept
  {
    return count_ == 0 || (count_ < most_requests && (count_ + 1) * detail::answer_cost <= window &&
                           bytes_.size() + request.size() <= most_bytes && request.names() == names_);
  }

  void add(const message_builder& request)
  {
    last_ = bytes_.size();
    names_ = request.names();
    bytes_.insert(bytes_.end(), request.bytes().begin(), request.bytes().end());
    ++count_;
  }

  // NLM_F_ACK on the message added last.
  void acknowledge_last() noexcept
  {
    std::uint16_t flags;
    std::byte* at = bytes_.data() + last_ + offsetof(nlmsghdr, nlmsg_flags);
    std::memcpy(&flags, at, sizeof flags);
    flags |= NLM_F_ACK;
    std::memcpy(at, &flags, sizeof flags);
  }

private:
  std::vector<std::byte> bytes_;
  std::size_t last_ = 0;
  std::uint32_t count_ = 0;
  const attribute_names* names_ = nullptr;
};

task<std::vector<result<>>> batched(connection_state& state, std::vector<message_builder> requests)
{
  std::vector<result<>> results;
  results.reserve(requests.size());
  for (const auto& r : requests) results.push_back(r.check());

  chunk sending;
  std::vector<std::size_t> positions;
  for (std::size_t next = 0; next < requests.size();) {
    sending.clear();
    positions.clear();
    for (; next < requests.size() && sending.takes(requests[next], state.window()); ++next) {
      if (!results[next]) continue;
      sending.add(requests[next]);
      sending.acknowledge_last();
      positions.push_back(next);
    }
    if (sending.empty()) continue;
    detail::range_exchange x(sending.bytes(), sending.size(), sending.names());
    LINX_TRYV(co_await state.run(x));
    // Sent and not answered is one thing, all else is over for those that follow too.
    const bool goes_on =
        !x.failure() || x.failure()->where() == stage::receive || x.failure()->where() == stage::kernel;
    if (!goes_on) co_return *x.failure();
    if (x.failure())
      for (const auto position : positions) results[position] = *x.failure();
    for (const auto index : x.accepted()) results[positions[index]] = success();
    for (auto& refused : x.refusals()) results[positions[refused.index()]] = refused.reason();
  }
  co_return std::move(results);
}

task<std::vector<refusal>> sent_in_bulk(connection_state& state, std::vector<message_builder> requests)
{
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (auto valid = requests[i].check(); !valid) co_return std::move(valid).error();
  }
  std::vector<refusal> refusals;
  chunk sending;
  for (std::size_t next = 0; next < requests.size();) {
    const std::size_t first = next;
    sending.clear();
    while (next < requests.size() && sending.takes(requests[next], state.window()))
      sending.add(requests[next++]);
    sending.acknowledge_last();
    detail::range_exchange x(sending.bytes(), sending.size(), sending.names());
    LINX_TRYV(co_await state.run(x));
    for (auto& refused : x.refusals()) refusals.emplace_back(first + refused.index(), refused.reason());
    if (x.failure()) co_return *x.failure();
  }
  co_return std::move(refusals);
}

result<std::uint32_t> count_messages(std::span<const std::byte> batch)
{
  std::uint32_t count = 0;
  while (!batch.empty()) {
    const auto header = read_struct<nlmsghdr>(batch);
    const std::size_t length = aligned(header.nlmsg_len);
    if (header.nlmsg_len < sizeof(nlmsghdr) || length > batch.size())
      return error::argument("a batch whose message " + std::to_string(count) + " is not whole");
    batch = batch.subspan(length);
    ++count;
  }
  if (count == 0) return error::argument("an empty batch");
  return count;
}

task<transaction_reply> transacted(connection_state& state, std::vector<std::byte> batch,
                                   const attribute_names* names)
{
  LINX_TRY(const std::uint32_t count, count_messages(batch));
  if (linx::detail::yield_due()) {
    co_await asio::post(asio::deferred);
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (linx::detail::is_cancelled(cancel)) co_return errc::cancelled;
  }
  state.reserve_answers(count);
  // All that the kernel has to say it has said when it is sent, with or without a final acknowledgement.
  detail::range_exchange x(batch, count, names, detail::range_exchange::expects::anything);
  state.start_alone(x);
  LINX_TRYV(co_await state.run(x));
  auto refusals = std::move(x.refusals());
  if (x.failure() && refusals.empty()) co_return *x.failure();
  const bool acknowledged = !x.accepted().empty() && x.accepted().back() + 1 == count;
  co_return transaction_reply(std::move(refusals), std::move(x.replies()), acknowledged);
}

std::optional<message> copy_message(const message_view& m)
{
  return message(m);
}

} // namespace

connection::connection(std::shared_ptr<detail::connection_state> state) noexcept : state_(std::move(state)) {}

result<connection> connection::open(executor ex, int protocol, connection_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto socket, io::netlink_socket::open(ex, protocol));
  BOOST_OUTCOME_TRY(auto state, make_connection(std::move(ex), std::move(socket), options));
  return connection(std::move(state));
}

result<connection> connection::open(executor ex, int protocol, const ns::handle& net,
                                    connection_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto fd, ns::open_socket(net, AF_NETLINK, SOCK_RAW, protocol));
  BOOST_OUTCOME_TRY(auto socket, io::netlink_socket::adopt(ex, std::move(fd)));
  BOOST_OUTCOME_TRY(auto state, make_connection(std::move(ex), std::move(socket), options));
  return connection(std::move(state));
}

result<connection> connection::adopt(executor ex, io::unique_fd fd, connection_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto socket, io::netlink_socket::adopt(ex, std::move(fd)));
  BOOST_OUTCOME_TRYV(detail::leave_behind(socket));
  BOOST_OUTCOME_TRY(auto state, make_connection(std::move(ex), std::move(socket), options));
  return connection(std::move(state));
}

task<> connection::submit(message_builder request) const
{
  return exchanged<void>(owned(state_), std::move(request));
}

task<message> connection::request(message_builder request) const
{
  return exchanged<message>(owned(state_), std::move(request));
}

stream<message> connection::dump(message_builder request, dump_options options) const
{
  return detail::typed_dump<message>(*this, std::move(request), options, copy_message);
}

stream<message_block> connection::dump_blocks(message_builder request, dump_options options) const
{
  return state_->with_home([&](const executor& home) {
    return stream<message_block>(
        linx::detail::make_state<detail::dump_source>(home, owned(state_), std::move(request), options));
  });
}

task<std::vector<result<>>> connection::batch(std::vector<message_builder> requests) const
{
  auto body = batched(*state_, std::move(requests));
  return operation<std::vector<result<>>>(owned(state_), std::move(body));
}

task<std::vector<refusal>> connection::bulk(std::vector<message_builder> requests) const
{
  auto body = sent_in_bulk(*state_, std::move(requests));
  return operation<std::vector<refusal>>(owned(state_), std::move(body));
}

task<transaction_reply> connection::transact(std::vector<std::byte> batch, const attribute_names* names) const
{
  auto body = transacted(*state_, std::move(batch), names);
  return operation<transaction_reply>(owned(state_), std::move(body));
}

void connection::close() const noexcept
{
  state_->begin_close();
}

bool connection::is_open() const noexcept
{
  return state_->is_open();
}

executor connection::get_executor() const noexcept
{
  return state_->get_executor();
}

} // namespace linx::netlink
