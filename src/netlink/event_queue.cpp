#include "netlink/event_queue.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace linx::netlink {

std::string_view to_string(lost::cause why) noexcept
{
  switch (why) {
  case lost::cause::receive_buffer:
    return "the receive buffer was full";
  case lost::cause::queue:
    return "the consumer fell behind";
  case lost::cause::truncated:
    return "a message was too long";
  }
  return "";
}

namespace detail {

namespace {

constexpr std::size_t first_queue_block = 4 * 1024;
constexpr std::size_t later_queue_block = 64 * 1024;

// The length of the whole messages at the front; what follows them is no message and belongs to nobody.
std::size_t whole_messages(std::span<const std::byte> datagram) noexcept
{
  std::size_t length = 0;
  for (const message_view m : messages(datagram)) length += aligned(m.header().nlmsg_len);
  return std::min(length, datagram.size());
}

} // namespace

result<std::size_t> event_queue::receive(io::netlink_socket& socket, std::span<std::byte> buffer,
                                         bool& is_trusted, std::size_t& length) noexcept
{
  sockaddr_nl from{};
  auto received = socket.try_receive(buffer, from, length);
  is_trusted = from.nl_pid == 0;
  // nobody but the kernel can make the consumer believe that something is missing
  if (!received && received.error() == errc::truncated && !is_trusted) return 0;
  return received;
}

void event_queue::push(std::span<const std::byte> datagram) noexcept
{
  datagram = datagram.first(whole_messages(datagram));
  const std::size_t size = aligned(datagram.size());
  if (overflowed_ || size == 0) return;
  if (bytes_ + size > limit_) return give_up();
  try {
    append(datagram, size);
  } catch (const std::bad_alloc&) {
    give_up();
  }
}

void event_queue::append(std::span<const std::byte> datagram, std::size_t size)
{
  const bool fits = !items_.empty() && !items_.back().loss &&
                    items_.back().block.capacity() - items_.back().block.size() >= size;
  if (!fits) items_.emplace_back(std::max(size, items_.empty() ? first_queue_block : later_queue_block));
  auto& block = items_.back().block;
  block.insert(block.end(), datagram.begin(), datagram.end());
  // padding after a message of odd length: the next one starts aligned
  block.resize(aligned(block.size()));
  bytes_ += size;
}

void event_queue::give_up() noexcept
{
  items_.clear();
  bytes_ = 0;
  overflowed_ = true;
}

void event_queue::lose(lost::cause why) noexcept
{
  if (overflowed_ || (!items_.empty() && items_.back().loss)) return; // once is enough
  try {
    items_.emplace_back(lost(why));
  } catch (const std::bad_alloc&) {
    give_up();
  }
}

std::optional<notification> event_queue::take()
{
  while (!items_.empty()) {
    auto& front = items_.front();
    if (front.loss) {
      const lost loss = *front.loss;
      items_.pop_front();
      return loss;
    }
    const auto rest = std::span(front.block).subspan(front.at);
    if (rest.empty()) {
      items_.pop_front();
      continue;
    }
    const message_view m = *messages(rest).begin();
    std::optional<notification> taken(message{m}); // first: it stays where it is if there is no memory
    const std::size_t size = aligned(m.header().nlmsg_len);
    front.at += size;
    bytes_ -= size;
    return taken;
  }
  if (std::exchange(overflowed_, false)) return lost(lost::cause::queue);
  return std::nullopt;
}

} // namespace detail
} // namespace linx::netlink
