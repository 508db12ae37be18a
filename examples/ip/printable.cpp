#include "printable.hpp"

#include <algorithm>

namespace ip_tool {

namespace {

unsigned char byte_at(std::string_view text, std::size_t n)
{
  return n < text.size() ? static_cast<unsigned char>(text[n]) : 0;
}

/// How many bytes the character in front has; 0 if it is none (RFC 3629, table of section 4).
std::size_t character_size(std::string_view text)
{
  const auto first = byte_at(text, 0);
  const auto second = byte_at(text, 1);
  const auto follows = [text](std::size_t n) { return (byte_at(text, n) & 0xc0) == 0x80; };
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if ((first & 0xf0) == 0xe0) {
    const bool is_overlong = first == 0xe0 && second < 0xa0;
    const bool is_surrogate = first == 0xed && second > 0x9f;
    return follows(1) && follows(2) && !is_overlong && !is_surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool is_overlong = first == 0xf0 && second < 0x90;
    const bool is_too_large = first == 0xf4 && second > 0x8f;
    return follows(1) && follows(2) && follows(3) && !is_overlong && !is_too_large ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text)
{
  while (!text.empty()) {
    const auto size = character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool is_control(std::string_view character)
{
  const auto first = byte_at(character, 0);
  // the second set of control characters is U+0080 to U+009F
  return first < 0x20 || first == 0x7f || (first == 0xc2 && byte_at(character, 1) < 0xa0);
}

/// Escapes those characters, the bytes that are none, and backslashes.
template <class Wrong>
std::string escaped(std::string_view text, Wrong is_wrong)
{
  constexpr std::string_view digits = "0123456789abcdef";
  std::string all;
  while (!text.empty()) {
    const auto size = character_size(text);
    const auto character = text.substr(0, std::max<std::size_t>(size, 1));
    text.remove_prefix(character.size());
    if (size != 0 && character != "\\" && !is_wrong(character)) {
      all += character;
      continue;
    }
    for (const char c : character) {
      all += "\\x";
      all += digits[static_cast<unsigned char>(c) >> 4];
      all += digits[static_cast<unsigned char>(c) & 15];
    }
  }
  return all;
}

bool has_control(std::string_view text)
{
  for (; !text.empty(); text.remove_prefix(std::max<std::size_t>(character_size(text), 1)))
    if (is_control(text)) return true;
  return false;
}

} // namespace

std::string as_utf8(std::string_view bytes)
{
  if (is_utf8(bytes)) return std::string(bytes);
  return escaped(bytes, [](std::string_view) { return false; });
}

std::string as_line(std::string_view bytes)
{
  if (is_utf8(bytes) && !has_control(bytes)) return std::string(bytes);
  return escaped(bytes, &is_control);
}

json as_utf8(json all)
{
  if (all.is_string()) return as_utf8(std::string_view(all.get_ref<const std::string&>()));
  if (all.is_structured())
    for (auto& each : all) each = as_utf8(std::move(each));
  return all;
}

} // namespace ip_tool
