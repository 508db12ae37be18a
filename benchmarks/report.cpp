#include "report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <thread>

#include <sys/utsname.h>

namespace linx::bench {

namespace {

template <class... Args>
std::string format(const char* pattern, Args... args)
{
  std::string text(static_cast<std::size_t>(std::snprintf(nullptr, 0, pattern, args...)), '\0');
  std::snprintf(text.data(), text.size() + 1, pattern, args...);
  return text;
}

// 20 columns are a ratio of 1: the peer.
std::string bar(double ratio)
{
  std::string text;
  const auto columns = static_cast<int>(std::clamp(ratio, 0.0, 2.0) * 20 + 0.5);
  for (int i = 0; i < columns; ++i) text += "\u2588";
  return text;
}

std::string row(const standing& who, int width)
{
  std::string line = format("  %-*s %10.0f %6.2f  %5.2f..%-5.2f ", width, who.name.c_str(), who.rate.median,
                            who.ratio.median, who.ratio.least, who.ratio.most);
  line += who.budget ? format("%5.2f  ", *who.budget) : std::string("    -  ");
  line += bar(who.ratio.median) + '\n';
  if (!who.note.empty()) line += format("  %-*s ", width, "") + who.note + '\n';
  return line;
}

nlohmann::json json_of(const spread& s)
{
  return {{"median", s.median}, {"min", s.least}, {"max", s.most}};
}

nlohmann::json json_of(const standing& who)
{
  nlohmann::json j{{"name", who.name}, {"per_second", json_of(who.rate)}, {"ratio", json_of(who.ratio)}};
  if (who.budget) j["budget"] = *who.budget;
  if (!who.note.empty()) j["note"] = who.note;
  return j;
}

std::string processor()
{
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string now_in_utc()
{
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

} // namespace

std::string as_table(const outcome& what)
{
  int width = static_cast<int>(what.peer.name.size());
  for (const auto& rival : what.rivals) width = std::max(width, static_cast<int>(rival.name.size()));
  std::string text = what.title + "\n  " + what.method + format("; median of %u rounds\n", what.rounds);
  text += format("  %-*s %10s %6s  %-12s %5s\n", width, "", (what.unit + "/s").c_str(), "ratio", " min..max",
                 "aim>=");
  text += row(what.peer, width);
  for (const auto& rival : what.rivals) text += row(rival, width);
  return text;
}

std::string as_json(const std::vector<outcome>& all)
{
  utsname system{};
  ::uname(&system);
  nlohmann::json j{{"time", now_in_utc()},
                   {"machine",
                    {{"kernel", system.release},
                     {"processor", processor()},
                     {"cpus", std::thread::hardware_concurrency()}}}};
  j["benchmarks"] = nlohmann::json::array();
  for (const auto& one : all) {
    nlohmann::json entry{{"title", one.title},
                         {"unit", one.unit},
                         {"method", one.method},
                         {"rounds", one.rounds},
                         {"peer", json_of(one.peer)}};
    for (const auto& rival : one.rivals) entry["rivals"].push_back(json_of(rival));
    j["benchmarks"].push_back(std::move(entry));
  }
  return j.dump(2) + '\n';
}

} // namespace linx::bench
