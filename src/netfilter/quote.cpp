#include "netfilter/quote.hpp"

#include <algorithm>

namespace linx::netfilter::detail {

namespace {

bool is_word_character(char c) noexcept
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.' || c == '/' || c == '%';
}

} // namespace

std::string quoted(std::string_view text)
{
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // 0x80 to 0x9f behind 0xc2 are the C1 controls in UTF-8
    const bool control = byte < 0x20 || byte == 0x7f || (before == 0xc2 && byte < 0xa0);
    before = byte;
    if (control || c == '"' || c == '\\') {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string word(std::string_view name)
{
  return !name.empty() && std::ranges::all_of(name, is_word_character) ? std::string(name) : quoted(name);
}

} // namespace linx::netfilter::detail
