#include "words.hpp"

#include <linux/neighbour.h>

#include <charconv>
#include <utility>

namespace ip_tool {

using linx::error;
using linx::result;

namespace {

error not_a(std::string_view what, std::string_view word)
{
  return error::argument("\"" + std::string(word) + "\" is no " + std::string(what));
}

} // namespace

std::optional<std::uint32_t> number_of(std::string_view word, std::uint32_t largest)
{
  std::uint32_t value = 0;
  const bool is_hex = word.starts_with("0x");
  if (is_hex) word.remove_prefix(2);
  const auto* const end = word.data() + word.size();
  const auto [at, failed] = std::from_chars(word.data(), end, value, is_hex ? 16 : 10);
  if (word.empty() || failed != std::errc() || at != end || value > largest) return std::nullopt;
  return value;
}

words words::of_line(std::string_view line)
{
  words all;
  line = line.substr(0, line.find('#'));
  constexpr std::string_view space = " \t\r\n";
  for (;;) {
    const auto begin = line.find_first_not_of(space);
    if (begin == line.npos) return all;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(space), line.size());
    all.rest_.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool words::take(std::string_view expected)
{
  if (peek() != expected || rest_.empty()) return false;
  rest_.pop_front();
  return true;
}

result<std::string> words::next(std::string_view what)
{
  if (rest_.empty()) return error::argument("the command ends where a " + std::string(what) + " is expected");
  auto word = std::move(rest_.front());
  rest_.pop_front();
  return word;
}

result<std::uint32_t> words::number(std::string_view what, std::uint32_t largest)
{
  BOOST_OUTCOME_TRY(const auto word, next(what));
  const auto value = number_of(word, largest);
  if (!value) return not_a(what, word);
  return *value;
}

result<std::uint32_t> words::link(const link_names& links)
{
  BOOST_OUTCOME_TRY(const auto word, next("interface"));
  if (const auto index = links.index_of(word)) return *index;
  return error::from_errno(ENODEV, linx::stage::argument).with_object("interface \"" + word + '"');
}

result<std::uint32_t> words::table()
{
  BOOST_OUTCOME_TRY(const auto word, next("table"));
  if (const auto number = table_number(word)) return *number;
  return not_a("table", word);
}

result<std::uint8_t> words::protocol()
{
  BOOST_OUTCOME_TRY(const auto word, next("protocol"));
  if (const auto number = protocol_number(word)) return *number;
  return not_a("protocol", word);
}

result<std::uint8_t> words::scope()
{
  BOOST_OUTCOME_TRY(const auto word, next("scope"));
  if (const auto number = scope_number(word)) return *number;
  return not_a("scope", word);
}

result<linx::net::ip> words::address(std::string_view what)
{
  BOOST_OUTCOME_TRY(const auto word, next(what));
  return linx::net::ip::parse(word);
}

namespace {

result<> agree(std::optional<linx::net::family>& known, linx::net::family found, std::string_view word)
{
  if (!known) known = found;
  if (known == found) return linx::success();
  return error::argument("\"" + std::string(word) + "\" is no " +
                         (found == linx::net::family::v4 ? "IPv6" : "IPv4") +
                         " address, and the command is about those");
}

bool is_default(std::string_view word)
{
  return word == "default" || word == "any" || word == "all";
}

} // namespace

result<linx::net::ip> words::address(std::string_view what, std::optional<linx::net::family>& family)
{
  BOOST_OUTCOME_TRY(const auto word, next(what));
  BOOST_OUTCOME_TRY(const auto found, linx::net::ip::parse(word));
  BOOST_OUTCOME_TRYV(agree(family, found.family(), word));
  return found;
}

result<std::optional<linx::net::subnet>> words::network(std::optional<linx::net::family>& family)
{
  if (is_default(peek())) {
    rest_.pop_front();
    return std::optional<linx::net::subnet>();
  }
  const std::string word(peek());
  BOOST_OUTCOME_TRY(const auto found, network(linx::net::family::v4));
  BOOST_OUTCOME_TRYV(agree(family, found.family(), word));
  return std::optional(found);
}

result<std::uint8_t> words::type_of_service()
{
  BOOST_OUTCOME_TRY(const auto word, next("type of service"));
  const auto value = number_of(word.starts_with("0x") ? word : "0x" + word, UINT8_MAX);
  if (!value) return not_a("type of service, in hexadecimal", word);
  return static_cast<std::uint8_t>(*value);
}

result<std::uint32_t> words::group()
{
  BOOST_OUTCOME_TRY(const auto word, next("group"));
  if (const auto number = group_number(word)) return *number;
  return not_a("group", word);
}

result<linx::rtnl::realms> words::realms()
{
  BOOST_OUTCOME_TRY(const auto word, next("realm"));
  const auto slash = word.find('/');
  const auto from = slash == word.npos ? std::optional(0u) : number_of(word.substr(0, slash), UINT16_MAX);
  const auto to = number_of(slash == word.npos ? word : word.substr(slash + 1), UINT16_MAX);
  if (!from || !to) return not_a("realm, nor two of them: FROM/TO", word);
  return linx::rtnl::realms(static_cast<std::uint16_t>(*from), static_cast<std::uint16_t>(*to));
}

result<std::uint16_t> words::neighbour_state()
{
  constexpr std::pair<std::string_view, std::uint16_t> states[] = {
      {"permanent", NUD_PERMANENT}, {"reachable", NUD_REACHABLE},   {"stale", NUD_STALE},
      {"noarp", NUD_NOARP},         {"incomplete", NUD_INCOMPLETE}, {"delay", NUD_DELAY},
      {"probe", NUD_PROBE},         {"failed", NUD_FAILED},         {"none", NUD_NONE}};
  BOOST_OUTCOME_TRY(const auto word, next("state"));
  for (const auto& [name, state] : states)
    if (name == word) return state;
  return not_a("state: permanent, reachable, stale, noarp, incomplete, delay, probe, failed, none", word);
}

result<linx::net::link_address> words::link_address()
{
  BOOST_OUTCOME_TRY(const auto word, next("link-layer address"));
  if (word.find('.') == word.npos) return linx::net::link_address::parse(word);
  BOOST_OUTCOME_TRY(const auto end, linx::net::ip::parse(word));
  return linx::net::link_address(end);
}

result<linx::net::subnet> words::network(linx::net::family family)
{
  BOOST_OUTCOME_TRY(const auto word, next("network"));
  if (is_default(word))
    return linx::net::subnet::parse(family == linx::net::family::v4 ? "0.0.0.0/0" : "::/0");
  if (word.find('/') != word.npos) return linx::net::subnet::parse(word);
  BOOST_OUTCOME_TRY(const auto host, linx::net::ip::parse(word));
  return linx::net::subnet(host, host.is_v4() ? 32 : 128);
}

result<linx::net::interface_address> words::interface_address()
{
  BOOST_OUTCOME_TRY(const auto word, next("address"));
  if (word.find('/') != word.npos) return linx::net::interface_address::parse(word);
  BOOST_OUTCOME_TRY(const auto host, linx::net::ip::parse(word));
  return linx::net::interface_address(host, host.is_v4() ? 32 : 128);
}

result<bool> words::on_off(std::string_view what)
{
  BOOST_OUTCOME_TRY(const auto word, next(what));
  if (word == "on") return true;
  if (word == "off") return false;
  return error::argument(std::string(what) + " is on or off, not \"" + word + '"');
}

result<> words::end() const
{
  if (rest_.empty()) return linx::success();
  return error::argument("\"" + rest_.front() + "\" means nothing here");
}

} // namespace ip_tool
