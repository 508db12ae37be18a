#include <linx/uevent/event.hpp>

#include <algorithm>
#include <charconv>

namespace linx::uevent {

namespace {

bool is_action(std::string_view text) noexcept
{
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// The text up to the next NUL, which is taken too; nothing if there is none.
std::optional<std::string_view> take_line(std::string_view& rest) noexcept
{
  const auto end = rest.find('\0');
  if (end == rest.npos) return std::nullopt;
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

} // namespace

std::optional<event> event::parse(std::span<const std::byte> datagram)
{
  std::string_view rest(reinterpret_cast<const char*>(datagram.data()), datagram.size());
  const auto head = take_line(rest);
  if (!head) return std::nullopt;
  const auto at = head->find('@');
  if (at == head->npos) return std::nullopt;
  event e;
  e.action = head->substr(0, at);
  e.device_path = head->substr(at + 1);
  if (!is_action(e.action) || !e.device_path.starts_with('/')) return std::nullopt;
  while (!rest.empty()) {
    const auto line = take_line(rest);
    if (!line) return std::nullopt;
    const auto equals = line->find('=');
    if (equals == line->npos || equals == 0) return std::nullopt;
    e.properties.insert_or_assign(std::string(line->substr(0, equals)),
                                  std::string(line->substr(equals + 1)));
  }
  for (const auto& [key, said] : {std::pair<std::string_view, std::string_view>("ACTION", e.action),
                                  std::pair<std::string_view, std::string_view>("DEVPATH", e.device_path)}) {
    const auto found = e.properties.find(key);
    if (found != e.properties.end() && found->second != said) return std::nullopt;
  }
  e.subsystem = e.property("SUBSYSTEM");
  if (const auto number = e.property("SEQNUM"); !number.empty()) {
    const auto read = std::from_chars(number.data(), number.data() + number.size(), e.sequence);
    if (read.ec != std::errc() || read.ptr != number.data() + number.size()) return std::nullopt;
  }
  return e;
}

std::string_view event::property(std::string_view key) const noexcept
{
  const auto found = properties.find(key);
  return found == properties.end() ? std::string_view() : std::string_view(found->second);
}

std::string to_string(const event& e)
{
  std::string text = e.action + " " + e.device_path;
  if (!e.subsystem.empty()) text += " (" + e.subsystem + ")";
  if (e.sequence != 0) text += " #" + std::to_string(e.sequence);
  return text;
}

} // namespace linx::uevent
