#include <linx/genl/wireguard_key.hpp>

#include <cerrno>
#include <cstring>

#include <sys/random.h>

namespace linx::genl::wireguard {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t text_size = 44; // 43 digits and one '='

result<key> random_key(bool clamped)
{
  std::array<std::uint8_t, key::size> bytes;
  // up to 256 bytes come whole, and uninterrupted once the pool is initialised (getrandom(2))
  ssize_t n;
  do {
    n = ::getrandom(bytes.data(), bytes.size(), 0);
  } while (n < 0 && errno == EINTR);
  if (n != static_cast<ssize_t>(bytes.size())) return error::from_errno(n < 0 ? errno : EIO, stage::none);
  if (clamped) { // RFC 7748, 5
    bytes[0] &= 248;
    bytes[31] &= 127;
    bytes[31] |= 64;
  }
  return key(bytes);
}

} // namespace

std::optional<key> key::from_bytes(std::span<const std::byte> bytes) noexcept
{
  if (bytes.size() != size) return std::nullopt;
  key k;
  std::memcpy(k.bytes_.data(), bytes.data(), size);
  return k;
}

result<key> key::parse(std::string_view base64)
{
  const auto refused = [](const char* why) {
    return error::argument(std::string("a WireGuard key is 44 characters of base64: ") + why);
  };
  if (base64.size() != text_size) return refused("this has another length");
  if (base64.back() != '=') return refused("the last one is not =");
  key k;
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t at = 0;
  for (const char c : base64.substr(0, text_size - 1)) {
    const auto digit = alphabet.find(c);
    if (digit == alphabet.npos) return refused("one of them is no digit of base64");
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    k.bytes_[at++] = static_cast<std::uint8_t>(bits >> held);
  }
  // 43 digits are 258 bits: two are left, and there is one way to write a key
  if ((bits & 3) != 0) return refused("it encodes more than 32 bytes");
  return k;
}

result<key> key::generate_private()
{
  return random_key(true);
}

result<key> key::generate_preshared()
{
  return random_key(false);
}

std::string to_string(const key& k)
{
  std::string text;
  text.reserve(text_size);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const auto byte : k.bytes()) {
    bits = bits << 8 | byte;
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += alphabet[bits >> held & 63];
    }
  }
  text += alphabet[bits << (6 - held) & 63];
  return text + "=";
}

} // namespace linx::genl::wireguard
