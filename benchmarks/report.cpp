#include "report.hpp"

#include "machine.hpp"
#include "text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace linx::bench {

namespace {

// 20 columns are a ratio of 1: the peer.
std::string bar(double ratio)
{
  std::string text;
  const auto columns = static_cast<int>(std::clamp(ratio, 0.0, 2.0) * 20 + 0.5);
  for (int i = 0; i < columns; ++i) text += "\u2588";
  return text;
}

const char* verdict(bool reached)
{
  return reached ? "reached" : "missed ";
}

std::string row(const standing& who, int width)
{
  std::string line = format("  %-*s %10.0f %6.2f  %5.2f..%-5.2f ", width, who.name.c_str(), who.rate.median,
                            who.ratio.median, who.ratio.least, who.ratio.most);
  line += who.budget ? format("%5.2f %s  ", *who.budget, verdict(who.ratio.median >= *who.budget))
                     : std::string("    -          ");
  return line + bar(who.ratio.median) + '\n';
}

std::string row(const figure& what)
{
  auto line = "  " + what.name + ": " + short_number(what.value) + ' ' + what.unit;
  if (what.at_most)
    line += " (at most " + short_number(*what.at_most) + ": " + verdict(what.value <= *what.at_most) + ')';
  return line + '\n';
}

nlohmann::json json_of(const spread& s)
{
  return {{"median", s.median}, {"min", s.least}, {"max", s.most}};
}

nlohmann::json json_of(const standing& who)
{
  nlohmann::json j{{"name", who.name}, {"per_second", json_of(who.rate)}, {"ratio", json_of(who.ratio)}};
  if (who.budget) {
    j["budget"] = *who.budget;
    j["reached"] = who.ratio.median >= *who.budget;
  }
  return j;
}

nlohmann::json json_of(const figure& what)
{
  nlohmann::json j{{"name", what.name}, {"value", what.value}, {"unit", what.unit}};
  if (what.at_most) {
    j["at_most"] = *what.at_most;
    j["reached"] = what.value <= *what.at_most;
  }
  return j;
}

} // namespace

std::string as_table(const outcome& what)
{
  if (!what.skipped.empty()) return what.title + "\n  skipped: " + what.skipped + '\n';
  std::string text = what.title + "\n  " + what.method;
  text += what.rounds > 1 ? format("; median of %u rounds\n", what.rounds) : std::string("\n");
  if (!what.peer.name.empty()) {
    int width = static_cast<int>(what.peer.name.size());
    for (const auto& rival : what.rivals) width = std::max(width, static_cast<int>(rival.name.size()));
    text += format("  %-*s %10s %6s  %-12s %5s\n", width, "", (what.unit + "/s").c_str(), "ratio",
                   " min..max", "aim>=");
    text += row(what.peer, width);
    for (const auto& rival : what.rivals) text += row(rival, width);
  }
  for (const auto& figure : what.figures) text += row(figure);
  return text;
}

std::string as_json(const std::vector<outcome>& all)
{
  const auto where = machine::here();
  nlohmann::json j{
      {"time", where.time},
      {"machine", {{"kernel", where.kernel}, {"processor", where.processor}, {"cpus", where.cpus}}}};
  j["benchmarks"] = nlohmann::json::array();
  for (const auto& one : all) {
    nlohmann::json entry{{"title", one.title}};
    if (!one.skipped.empty()) {
      entry["skipped"] = one.skipped;
    } else {
      entry["method"] = one.method;
      entry["rounds"] = one.rounds;
    }
    if (!one.peer.name.empty()) {
      entry["unit"] = one.unit;
      entry["peer"] = json_of(one.peer);
    }
    for (const auto& rival : one.rivals) entry["rivals"].push_back(json_of(rival));
    for (const auto& figure : one.figures) entry["figures"].push_back(json_of(figure));
    j["benchmarks"].push_back(std::move(entry));
  }
  return j.dump(2) + '\n';
}

} // namespace linx::bench
