/// What a fuzzer hands over: in memory of exactly its size, so that the address sanitizer sees a read beyond
/// it.
#pragma once

#include <linx/netlink/message.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace linx::test {

class fuzz_input {
public:
  fuzz_input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const std::byte*>(data), size)
  {}

  /// From the front; zero where there is no more.
  template <class T>
  T take()
  {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    const std::size_t size = std::min(sizeof value, rest_.size());
    std::memcpy(&value, rest_.data(), size);
    rest_ = rest_.subspan(size);
    return value;
  }

  std::span<const std::byte> rest() const noexcept { return rest_; }
  std::vector<std::byte> copy_of_rest() const { return {rest_.begin(), rest_.end()}; }
  std::string text() const { return {reinterpret_cast<const char*>(rest_.data()), rest_.size()}; }

private:
  std::span<const std::byte> rest_;
};

/// A message of any type: the type, its flags, and the rest as its body.
class fuzz_message {
public:
  explicit fuzz_message(fuzz_input in)
  {
    header_.nlmsg_type = in.take<std::uint16_t>();
    header_.nlmsg_flags = in.take<std::uint16_t>();
    body_ = in.copy_of_rest();
    header_.nlmsg_len = static_cast<std::uint32_t>(sizeof header_ + body_.size());
  }
  netlink::message_view view() const noexcept { return {header_, body_}; }

private:
  nlmsghdr header_{};
  std::vector<std::byte> body_;
};

/// Ends the program: what came out is not what the input was.
[[noreturn]] inline void differs()
{
  __builtin_trap();
}

} // namespace linx::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
