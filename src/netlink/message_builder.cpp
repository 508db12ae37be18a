#include <linx/netlink/message_builder.hpp>

#include <limits>

namespace linx::netlink {

namespace {

constexpr std::size_t attribute_header = sizeof(nlattr);
constexpr std::size_t attribute_limit = std::numeric_limits<std::uint16_t>::max();

void write_attribute_header(std::byte* at, std::size_t length, std::uint16_t type) noexcept
{
  const nlattr header{static_cast<std::uint16_t>(length), type};
  std::memcpy(at, &header, sizeof header);
}

} // namespace

message_builder::message_builder(std::uint16_t type, std::uint16_t flags) noexcept
{
  const nlmsghdr header{sizeof(nlmsghdr), type, static_cast<std::uint16_t>(flags | NLM_F_REQUEST), 0, 0};
  std::memcpy(inline_.data(), &header, sizeof header);
  size_ = sizeof header;
}

message_builder::message_builder(message_builder&& other) noexcept
    : size_(other.size_),
      capacity_(other.capacity_),
      names_(other.names_),
      heap_(std::move(other.heap_)),
      fault_(other.fault_),
      faulty_type_(other.faulty_type_)
{
  if (!heap_) std::memcpy(inline_.data(), other.inline_.data(), size_);
  // the source is left empty, not half a request
  other.capacity_ = inline_capacity;
  other.size_ = 0;
}

message_builder& message_builder::operator=(message_builder&& other) noexcept
{
  if (this == &other) return *this;
  size_ = std::exchange(other.size_, 0);
  capacity_ = std::exchange(other.capacity_, inline_capacity);
  names_ = other.names_;
  heap_ = std::move(other.heap_);
  fault_ = other.fault_;
  faulty_type_ = other.faulty_type_;
  if (!heap_) std::memcpy(inline_.data(), other.inline_.data(), size_);
  return *this;
}

message_builder::message_builder(const message_builder& other)
    : size_(other.size_), names_(other.names_), fault_(other.fault_), faulty_type_(other.faulty_type_)
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

std::byte* message_builder::grow(std::size_t size)
{
  const std::size_t old = size_;
  const std::size_t wanted = old + size;
  if (wanted > capacity_) {
    if (wanted > std::numeric_limits<std::int32_t>::max())
      throw std::bad_alloc(); // nlmsg_len and sendmsg both end well before
    const std::size_t capacity = std::max(wanted, std::size_t(capacity_) * 2);
    auto bigger = std::make_unique_for_overwrite<std::byte[]>(capacity);
    std::memcpy(bigger.get(), data(), old);
    heap_ = std::move(bigger);
    capacity_ = static_cast<std::uint32_t>(capacity);
  }
  size_ = static_cast<std::uint32_t>(wanted);
  set_length();
  return data() + old;
}

void message_builder::set_length() noexcept
{
  std::memcpy(data() + offsetof(nlmsghdr, nlmsg_len), &size_, sizeof size_);
}

void message_builder::fail(fault what, std::uint16_t type) noexcept
{
  if (fault_ == fault::none) {
    fault_ = what;
    faulty_type_ = type & NLA_TYPE_MASK;
  }
}

void message_builder::append(std::span<const std::byte> bytes)
{
  if (bytes.empty()) return;
  const std::size_t padded = aligned(bytes.size());
  std::byte* at = grow(padded);
  std::memcpy(at, bytes.data(), bytes.size());
  std::memset(at + bytes.size(), 0, padded - bytes.size());
}

void message_builder::put(std::uint16_t type, std::span<const std::byte> payload)
{
  const std::size_t length = attribute_header + payload.size();
  if (length > attribute_limit) return fail(fault::too_long, type);
  std::byte* at = grow(aligned(length));
  write_attribute_header(at, length, type);
  if (!payload.empty()) std::memcpy(at + attribute_header, payload.data(), payload.size());
  std::memset(at + length, 0, aligned(length) - length);
}

void message_builder::put_string(std::uint16_t type, std::string_view text)
{
  const std::size_t length = attribute_header + text.size() + 1;
  if (length > attribute_limit) return fail(fault::too_long, type);
  if (text.find('\0') != text.npos) return fail(fault::embedded_nul, type);
  std::byte* at = grow(aligned(length));
  write_attribute_header(at, length, type);
  if (!text.empty()) std::memcpy(at + attribute_header, text.data(), text.size());
  std::memset(at + length - 1, 0, aligned(length) - length + 1);
}

message_builder::nest message_builder::open(std::uint16_t raw_type)
{
  const nest at(size_);
  write_attribute_header(grow(attribute_header), attribute_header, raw_type);
  return at;
}

message_builder::nest message_builder::begin_nested(std::uint16_t type)
{
  return open(type | NLA_F_NESTED);
}

message_builder::nest message_builder::begin_unmarked(std::uint16_t type)
{
  return open(type);
}

void message_builder::end_nested(nest nested)
{
  nlattr header;
  std::memcpy(&header, data() + nested.at_, sizeof header);
  const std::size_t length = size_ - nested.at_;
  if (length > attribute_limit) return fail(fault::too_long, header.nla_type);
  write_attribute_header(data() + nested.at_, length, header.nla_type);
}

void message_builder::add_flags(std::uint16_t more) noexcept
{
  const std::uint16_t all = flags() | more;
  std::memcpy(data() + offsetof(nlmsghdr, nlmsg_flags), &all, sizeof all);
}

void message_builder::set_sequence(std::uint32_t sequence) noexcept
{
  std::memcpy(data() + offsetof(nlmsghdr, nlmsg_seq), &sequence, sizeof sequence);
}

result<> message_builder::check() const
{
  if (size_ == 0) return error::argument("a netlink request that has been moved from");
  if (fault_ == fault::none) return success();
  const auto* entry = names_ ? names_->find(faulty_type_) : nullptr;
  std::string what = entry ? std::string(entry->name()) : "attribute " + std::to_string(faulty_type_);
  what += fault_ == fault::too_long ? ": longer than the 65531 bytes that an attribute can hold"
                                    : ": a NUL inside the text";
  return error::argument(std::move(what));
}

} // namespace linx::netlink
