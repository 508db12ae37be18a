/// One line an event, for a person or as JSON lines.
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace headline {

using fields = nlohmann::ordered_json;

/// Prints what happens, with microseconds since the program began. Each line is written at once, so that a
/// timeline that is cut off is still true up to its last line.
class timeline {
public:
  enum class form { text, json };

  timeline(form, bool color);

  /// `source` is who speaks (process, rtnetlink, netfilter, workload, demo), `event` one word that a program
  /// can match, `text` the sentence for a person, `more` the values that the sentence speaks of.
  void say(std::string_view source, std::string_view event, std::string_view text,
           fields more = fields::object());

  std::chrono::microseconds elapsed() const;

private:
  form form_;
  bool color_;
  std::chrono::steady_clock::time_point began_;
};

} // namespace headline
