#include "timeline.hpp"

#include <cstdio>

namespace headline {

namespace {

/// The colour of a source, as an SGR parameter; one glance tells the streams apart.
const char* color_of(std::string_view source)
{
  if (source == "process") return "32";
  if (source == "rtnetlink") return "36";
  if (source == "netfilter") return "35";
  if (source == "workload") return "33";
  return "1";
}

} // namespace

timeline::timeline(form f, bool color)
    : form_(f), color_(color && f == form::text), began_(std::chrono::steady_clock::now())
{}

std::chrono::microseconds timeline::elapsed() const
{
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_);
}

void timeline::say(std::string_view source, std::string_view event, std::string_view text, fields more)
{
  // Printed values begin with what happened to them; the column beside says so already.
  if (text.starts_with(event) && text.substr(event.size()).starts_with(' '))
    text.remove_prefix(event.size() + 1);
  const auto us = static_cast<long long>(elapsed().count());
  if (form_ == form::json) {
    fields line{{"us", us}, {"source", source}, {"event", event}, {"text", text}};
    line.update(more);
    // What comes from the kernel or the workload need not be UTF-8, and must not end the program.
    const std::string out = line.dump(-1, ' ', false, fields::error_handler_t::replace);
    std::printf("%s\n", out.c_str());
  } else {
    const char* on = color_ ? color_of(source) : "";
    std::printf("%9lld us  %s%s%s%-9.*s%s  %-9.*s %.*s\n", us, color_ ? "\033[" : "", on, color_ ? "m" : "",
                static_cast<int>(source.size()), source.data(), color_ ? "\033[0m" : "",
                static_cast<int>(event.size()), event.data(), static_cast<int>(text.size()), text.data());
  }
  std::fflush(stdout);
}

} // namespace headline
