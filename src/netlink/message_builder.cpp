#include <linx/netlink/message_builder.hpp>

#include <limits>

namespace linx::netlink {

namespace {

constexpr std::size_t attribute_limit = std::numeric_limits<std::uint16_t>::max();

} // namespace

message_builder& message_builder::operator=(message_builder&& other) noexcept
{
  if (this == &other) return *this;
  size_ = std::exchange(other.size_, 0);
  capacity_ = std::exchange(other.capacity_, inline_capacity);
  open_ = std::exchange(other.open_, 0);
  names_ = other.names_;
  heap_ = std::move(other.heap_);
  fault_ = other.fault_;
  faulty_type_ = other.faulty_type_;
  if (!heap_) std::memcpy(inline_.data(), other.inline_.data(), size_);
  return *this;
}

message_builder::message_builder(const message_builder& other)
    : size_(other.size_),
      names_(other.names_),
      fault_(other.fault_),
      faulty_type_(other.faulty_type_),
      open_(other.open_)
{
  if (size_ > inline_capacity) {
    heap_ = std::make_unique_for_overwrite<std::byte[]>(size_);
    capacity_ = size_;
  }
  std::memcpy(data(), other.data(), size_);
}

message_builder& message_builder::operator=(const message_builder& other)
{
  return *this = message_builder(other);
}

void message_builder::enlarge(std::size_t wanted)
{
  // nlmsg_len and sendmsg(2) both end well before
  if (wanted > std::size_t(std::numeric_limits<std::int32_t>::max())) throw std::bad_alloc();
  const std::size_t capacity = std::max(wanted, std::size_t(capacity_) * 2);
  auto bigger = std::make_unique_for_overwrite<std::byte[]>(capacity);
  std::memcpy(bigger.get(), data(), size_);
  heap_ = std::move(bigger);
  capacity_ = static_cast<std::uint32_t>(capacity);
}

void message_builder::fail(fault what, std::uint16_t type) noexcept
{
  if (fault_ == fault::none) {
    fault_ = what;
    faulty_type_ = type & NLA_TYPE_MASK;
  }
}

void message_builder::put(std::uint16_t type, std::span<const std::byte> payload)
{
  const std::size_t length = sizeof(nlattr) + payload.size();
  if (length > attribute_limit) return fail(fault::too_long, type);
  std::byte* at = open_attribute(length, type);
  if (!payload.empty()) std::memcpy(at, payload.data(), payload.size());
  std::memset(at + payload.size(), 0, aligned(length) - length);
}

void message_builder::put_string(std::uint16_t type, std::string_view text)
{
  const std::size_t length = sizeof(nlattr) + text.size() + 1;
  if (length > attribute_limit) return fail(fault::too_long, type);
  if (text.find('\0') != text.npos) return fail(fault::embedded_nul, type);
  std::byte* at = open_attribute(length, type);
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  std::memset(at + text.size(), 0, aligned(length) - length + 1);
}

message_builder::nest message_builder::open(std::uint16_t raw_type)
{
  const auto at = size_;
  open_attribute(sizeof(nlattr), raw_type);
  return {*this, at};
}

void message_builder::close(std::uint32_t at, std::uint32_t outer) noexcept
{
  if (open_ < at) return; // the request has been moved on
  if (open_ > at) fail(fault::unclosed, type_at(open_));
  open_ = outer;
  const std::size_t length = size_ - at;
  if (length > attribute_limit) return fail(fault::too_long, type_at(at));
  const auto encoded = static_cast<std::uint16_t>(length);
  std::memcpy(data() + at + offsetof(nlattr, nla_len), &encoded, sizeof encoded);
}

std::uint16_t message_builder::type_at(std::uint32_t at) const noexcept
{
  return read_struct<nlattr>({data() + at, sizeof(nlattr)}).nla_type & NLA_TYPE_MASK;
}

result<> message_builder::check() const
{
  if (size_ == 0) return error::argument("a netlink request that has been moved from");
  if (fault_ == fault::none && open_ == 0) return success();
  const auto type = fault_ == fault::none ? type_at(open_) : faulty_type_;
  const auto* entry = names_ ? names_->find(type) : nullptr;
  std::string what = entry ? std::string(entry->name()) : "attribute " + std::to_string(type);
  switch (fault_) {
  case fault::too_long:
    what += ": longer than the 65531 bytes that an attribute can hold";
    break;
  case fault::embedded_nul:
    what += ": a NUL inside the text";
    break;
  case fault::none:
  case fault::unclosed:
    what += ": a nest that was not closed before the request was sent, or before the nest around it";
    break;
  }
  return error::argument(std::move(what));
}

} // namespace linx::netlink
