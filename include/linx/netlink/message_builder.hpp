/// Building a netlink request.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/attribute.hpp>
#include <linx/netlink/attribute_names.hpp>

#include <linux/netlink.h>

#include <array>
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace linx::netlink {

/// What can be copied into a message as it lies in memory: a number, or a structure as the kernel's headers
/// declare them. Not what only refers to its content: a pointer, std::span, std::string_view and their like
/// have constructors, and a C structure has none. (A pointer inside a structure goes unnoticed.)
template <class T>
concept kernel_struct = std::is_arithmetic_v<T> || std::is_enum_v<T> ||
    ((std::is_class_v<T> || std::is_union_v<T>)&&std::is_aggregate_v<T>&& std::is_trivially_copyable_v<T>&&
         std::is_standard_layout_v<T>);

/// A request under construction: nlmsghdr, the family's fixed header, attributes.
///
///     netlink::message_builder request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
///     request.put_string(IFLA_IFNAME, "v0");
///     {
///       const auto info = request.nested(IFLA_LINKINFO);
///       request.put_string(IFLA_INFO_KIND, "veth");
///     }
///
/// NLM_F_REQUEST is always set; whether NLM_F_ACK and NLM_F_DUMP are, and the sequence number, is up to the
/// verb of `connection` that sends it. An attribute longer than its 16-bit length can say, a string with a
/// NUL inside or a nest that is still open makes the whole request invalid: `check()` names it, and every
/// verb checks before it sends.
///
/// Requests up to 96 bytes need no allocation; a longer one may throw `std::bad_alloc`.
class LINX_API message_builder {
public:
  /// An attribute that holds attributes: what is put into the request while this lives is inside. It refers
  /// to the builder, which must stay where it is: a request that is returned with `return` from the scope of
  /// a nest may be moved before the nest is closed, and fails its `check()`.
  class [[nodiscard]] nest {
  public:
    nest(nest&& other) noexcept
        : builder_(std::exchange(other.builder_, nullptr)), at_(other.at_), outer_(other.outer_)
    {}
    nest& operator=(nest&& other) noexcept
    {
      if (this == &other) return *this;
      close();
      builder_ = std::exchange(other.builder_, nullptr);
      at_ = other.at_;
      outer_ = other.outer_;
      return *this;
    }
    ~nest() { close(); }

    /// Before the end of the scope.
    void close() noexcept
    {
      if (auto* builder = std::exchange(builder_, nullptr)) builder->close(at_, outer_);
    }

  private:
    friend class message_builder;
    nest(message_builder& builder, std::uint32_t at) noexcept
        : builder_(&builder), at_(at), outer_(std::exchange(builder.open_, at))
    {}

    message_builder* builder_;
    std::uint32_t at_;
    std::uint32_t outer_; // the nest around this one
  };

  explicit message_builder(std::uint16_t type, std::uint16_t flags = 0) noexcept;
  template <kernel_struct Header>
  message_builder(std::uint16_t type, std::uint16_t flags, const Header& family_header)
      : message_builder(type, flags)
  {
    append(std::as_bytes(std::span(&family_header, 1)));
  }
  message_builder(message_builder&&) noexcept;
  message_builder& operator=(message_builder&&) noexcept;
  message_builder(const message_builder&);
  message_builder& operator=(const message_builder&);
  ~message_builder() = default;

  /// Bytes that are no attribute: a family header that has no structure of its own.
  void append(std::span<const std::byte> bytes)
  {
    if (bytes.empty()) return;
    const std::size_t padded = aligned(bytes.size());
    std::byte* at = grow(padded);
    std::memcpy(at, bytes.data(), bytes.size());
    std::memset(at + bytes.size(), 0, padded - bytes.size());
  }

  void put(std::uint16_t type, std::span<const std::byte> payload);
  void put_u8(std::uint16_t type, std::uint8_t value) { put_value(type, value); }
  void put_u16(std::uint16_t type, std::uint16_t value) { put_value(type, value); }
  void put_u32(std::uint16_t type, std::uint32_t value) { put_value(type, value); }
  void put_u64(std::uint16_t type, std::uint64_t value) { put_value(type, value); }
  void put_s32(std::uint16_t type, std::int32_t value) { put_value(type, value); }
  void put_be16(std::uint16_t type, std::uint16_t value) { put_value(type, network_order(value)); }
  void put_be32(std::uint16_t type, std::uint32_t value) { put_value(type, network_order(value)); }
  void put_be64(std::uint16_t type, std::uint64_t value) { put_value(type, network_order(value)); }
  template <kernel_struct T>
  void put_struct(std::uint16_t type, const T& value)
  {
    put_value(type, value);
  }
  /// With the terminating NUL that the kernel's NLA_NUL_STRING wants.
  void put_string(std::uint16_t type, std::string_view text);
  /// An attribute without payload (NLA_FLAG).
  void put_flag(std::uint16_t type) { put(type, {}); }

  /// Opens an attribute that holds attributes, marked NLA_F_NESTED as strict checking demands since 5.2.
  nest nested(std::uint16_t type) { return open(type | NLA_F_NESTED); }
  /// Opens one without the mark, for the older interfaces that refuse it.
  nest unmarked_nested(std::uint16_t type) { return open(type); }

  std::uint16_t type() const noexcept { return header().nlmsg_type; }
  std::uint16_t flags() const noexcept { return header().nlmsg_flags; }
  void add_flags(std::uint16_t more) noexcept
  {
    const std::uint16_t all = flags() | more;
    std::memcpy(data() + offsetof(nlmsghdr, nlmsg_flags), &all, sizeof all);
  }
  void set_sequence(std::uint32_t sequence) noexcept
  {
    std::memcpy(data() + offsetof(nlmsghdr, nlmsg_seq), &sequence, sizeof sequence);
  }

  /// How to name the attributes in an error. `table` outlives every copy of the request: a constant.
  void set_names(const attribute_names& table) noexcept { names_ = &table; }
  const attribute_names* names() const noexcept { return names_; }

  /// Whether the request can be sent; `stage::argument` names the attribute that cannot.
  result<> check() const;

  /// The encoded request, padded to 4 bytes.
  std::span<const std::byte> bytes() const noexcept { return {data(), size_}; }
  std::size_t size() const noexcept { return size_; }

private:
  enum class fault : std::uint8_t { none, too_long, embedded_nul, unclosed };

  // What every request goes through is inline: a call into a shared library costs as much as the work itself.
  template <kernel_struct T>
  void put_value(std::uint16_t type, const T& value)
  {
    constexpr std::size_t length = sizeof(nlattr) + sizeof(T);
    if constexpr (sizeof(T) <= sizeof(std::uint64_t)) {
      std::byte* at = open_attribute(length, type);
      std::memcpy(at, &value, sizeof value);
      std::memset(at + sizeof value, 0, aligned(length) - length);
    } else {
      put(type, std::as_bytes(std::span(&value, 1)));
    }
  }

  // Room for an attribute of `length` bytes, header included; returns where its payload goes. The padding is
  // not written.
  std::byte* open_attribute(std::size_t length, std::uint16_t raw_type)
  {
    std::byte* at = grow(aligned(length));
    const nlattr header{static_cast<std::uint16_t>(length), raw_type};
    std::memcpy(at, &header, sizeof header);
    return at + sizeof header;
  }

  std::byte* grow(std::size_t size)
  {
    const std::size_t old = size_;
    if (size > capacity_ - old) enlarge(old + size);
    size_ = static_cast<std::uint32_t>(old + size);
    std::memcpy(data() + offsetof(nlmsghdr, nlmsg_len), &size_, sizeof size_);
    return data() + old;
  }

  nest open(std::uint16_t raw_type);
  void close(std::uint32_t at, std::uint32_t outer) noexcept;
  std::uint16_t type_at(std::uint32_t at) const noexcept;
  void enlarge(std::size_t wanted);
  void fail(fault, std::uint16_t type) noexcept;
  std::byte* data() noexcept { return heap_ ? heap_.get() : inline_.data(); }
  const std::byte* data() const noexcept { return heap_ ? heap_.get() : inline_.data(); }
  nlmsghdr header() const noexcept { return read_struct<nlmsghdr>(bytes()); }

  static constexpr std::uint32_t inline_capacity = 96;

  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = inline_capacity;
  const attribute_names* names_ = nullptr;
  std::unique_ptr<std::byte[]> heap_;
  fault fault_ = fault::none;
  std::uint16_t faulty_type_ = 0;
  std::uint32_t open_ = 0; // where the innermost open nest begins, 0 if there is none
  alignas(8) std::array<std::byte, inline_capacity> inline_; // only the first size_ bytes are ever read
};

inline message_builder::message_builder(std::uint16_t type, std::uint16_t flags) noexcept
    : size_(sizeof(nlmsghdr))
{
  const nlmsghdr header{sizeof(nlmsghdr), type, static_cast<std::uint16_t>(flags | NLM_F_REQUEST), 0, 0};
  std::memcpy(inline_.data(), &header, sizeof header);
}

inline message_builder::message_builder(message_builder&& other) noexcept
    : size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, inline_capacity)),
      names_(other.names_),
      heap_(std::move(other.heap_)),
      fault_(other.fault_),
      faulty_type_(other.faulty_type_),
      open_(std::exchange(other.open_, 0))
{
  // all of it: a constant length is a few instructions, and the source is left empty, not half a request
  std::memcpy(inline_.data(), other.inline_.data(), inline_capacity);
}

} // namespace linx::netlink
