#include "document.hpp"

#include <set>
#include <vector>

namespace ip_tool {

using linx::error;
using linx::result;
using linx::success;

error wrong(const std::string& path, std::string_view what)
{
  return error::argument(path + ": " + std::string(what));
}

error wrong(const std::string& path, const error& why)
{
  const bool is_told = why.where() == linx::stage::argument && !why.object().empty();
  return wrong(path, is_told ? std::string(why.object()) : why.message());
}

result<std::string> word_of(const json& value, const std::string& path)
{
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return std::string(value.get<bool>() ? "on" : "off");
  if (value.is_number_integer()) return value.dump();
  if (!value.is_array() || value.empty())
    return wrong(path, "a text, a whole number, true or false is expected");
  std::string all;
  for (const auto& each : value) {
    if (each.is_array()) return wrong(path, "a list of plain values is expected");
    BOOST_OUTCOME_TRY(const auto one, word_of(each, path));
    all += (all.empty() ? "" : ",") + one;
  }
  return all;
}

result<> check_object(const json& value, const std::string& path)
{
  if (value.is_object()) return success();
  return wrong(path, "an object is expected");
}

json take(json& object, const char* key)
{
  json value;
  if (!object.is_object() || !object.contains(key)) return value;
  value = std::move(object[key]);
  object.erase(key);
  return value;
}

result<json> parse_document(std::string_view text)
{
  std::vector<std::set<std::string>> keys;
  std::string twice;
  const auto look = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      twice = parsed.get<std::string>();
    return true;
  };
  try {
    auto document = json::parse(text, look);
    if (!twice.empty()) return error::argument("the key \"" + twice + "\" stands twice in one object");
    return document;
  } catch (const json::exception& e) {
    return error::argument(e.what());
  }
}

} // namespace ip_tool
