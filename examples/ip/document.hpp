// Objects of a JSON document, read strictly: each complaint has the path of what it is about.
#pragma once

#include "option.hpp"

#include <string>
#include <string_view>

namespace ip_tool {

/// `PATH: WHAT`
linx::error wrong(const std::string& path, std::string_view what);
linx::error wrong(const std::string& path, const linx::error& why);

/// Keys that stand twice are refused: a parser would take one of them.
linx::result<json> parse_document(std::string_view text);

/// What a value is in the words of a command; a list is one word with commas in it.
linx::result<std::string> word_of(const json& value, const std::string& path);

linx::result<> check_object(const json& value, const std::string& path);

/// Takes a key out of an object; null if it is not there.
json take(json& object, const char* key);

template <class T>
linx::result<T> needed(const std::optional<T>& value, const std::string& path, std::string_view key)
{
  if (value) return *value;
  return wrong(path, std::string(key) + " is missing");
}

/// Reads the keys of an object, all of which have to be words of rows. `others`: keys that were taken before.
template <class T>
linx::result<> read_object(std::span<const option<T>> rows, T& into, const json& object,
                           const std::string& path, std::string_view others = {})
{
  BOOST_OUTCOME_TRYV(check_object(object, path));
  const link_names no_names;
  for (const auto& [key, value] : object.items()) {
    const auto at = path + '.' + key;
    const auto found =
        std::ranges::find_if(rows, [&key = key](const auto& each) { return each.word == key; });
    if (found == rows.end()) {
      std::string all(others);
      for (const auto& each : rows) all += (all.empty() ? "" : ", ") + std::string(each.word);
      return wrong(at, "there is no such key; there are " + all);
    }
    BOOST_OUTCOME_TRY(auto word, word_of(value, at));
    words rest(std::deque<std::string>{std::move(word)});
    if (const auto read = found->read(into, option_words{rest, no_names, at, true}); !read)
      return read.error();
  }
  return linx::success();
}

} // namespace ip_tool
