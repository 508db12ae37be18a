// Numbers in words.
#pragma once

#include <cstdio>
#include <string>

namespace linx::bench {

// printf(3) into a string.
template <class... Args>
std::string format(const char* pattern, Args... args)
{
  std::string text(static_cast<std::size_t>(std::snprintf(nullptr, 0, pattern, args...)), '\0');
  std::snprintf(text.data(), text.size() + 1, pattern, args...);
  return text;
}

// Four digits are enough of what is small; 12345.6 is 12346.
inline std::string short_number(double value)
{
  return value < 1000 ? format("%.4g", value) : format("%.0f", value);
}

} // namespace linx::bench
