#include "contest.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <unistd.h>

namespace linx::bench {

namespace {

// The only sign of life in a run of a minute; nothing where nobody watches.
void show_progress(const std::string& title, unsigned done, unsigned rounds)
{
  if (!::isatty(STDERR_FILENO)) return;
  if (done < rounds)
    std::fprintf(stderr, "\r%s: round %u of %u", title.c_str(), done + 1, rounds);
  else
    std::fprintf(stderr, "\r%*s\r", static_cast<int>(title.size() + 24), "");
}

} // namespace

spread spread_of(std::vector<double> values)
{
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  const double median = values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

outcome not_measured(std::string title, std::string why)
{
  outcome nothing;
  nothing.title = std::move(title);
  nothing.skipped = std::move(why);
  return nothing;
}

contest::contest(std::string title, std::string unit, std::string method)
    : title_(std::move(title)), unit_(std::move(unit)), method_(std::move(method))
{}

contest& contest::peer(std::string name, work run)
{
  peer_ = {std::move(name), {}, std::move(run)};
  return *this;
}

contest& contest::rival(std::string name, std::optional<double> budget, work run)
{
  rivals_.push_back({std::move(name), budget, std::move(run)});
  return *this;
}

contest& contest::number(std::string name, std::string unit, std::optional<double> at_most, work measure)
{
  numbers_.push_back({{std::move(name), 0, std::move(unit), at_most}, std::move(measure)});
  return *this;
}

outcome contest::hold(unsigned rounds) const
{
  // One untimed turn each: page faults, lazy starts and cold caches are not what is compared.
  peer_.run();
  for (const auto& rival : rivals_) rival.run();

  std::vector<double> peer_rates;
  std::vector<std::vector<double>> rates(rivals_.size()), ratios(rivals_.size());
  for (unsigned round = 0; round < rounds; ++round) {
    show_progress(title_, round, rounds);
    double before = peer_.run();
    peer_rates.push_back(before);
    for (std::size_t i = 0; i < rivals_.size(); ++i) {
      // Each round begins with another rival, so that none is always the one that follows the peer's quiet.
      const auto which = (i + round) % rivals_.size();
      const double rate = rivals_[which].run();
      const double after = peer_.run();
      peer_rates.push_back(after);
      rates[which].push_back(rate);
      ratios[which].push_back(rate / ((before + after) / 2));
      before = after;
    }
  }
  show_progress(title_, rounds, rounds);

  outcome result;
  result.title = title_;
  result.unit = unit_;
  result.method = method_;
  result.rounds = rounds;
  result.peer = {peer_.name, spread_of(peer_rates), {1, 1, 1}, {}};
  for (std::size_t i = 0; i < rivals_.size(); ++i) {
    const auto& rival = rivals_[i];
    result.rivals.push_back({rival.name, spread_of(rates[i]), spread_of(ratios[i]), rival.budget});
  }
  for (const auto& number : numbers_) {
    std::vector<double> values;
    for (unsigned round = 0; round < rounds; ++round) values.push_back(number.run());
    result.figures.push_back(number.what);
    result.figures.back().value = spread_of(std::move(values)).median;
  }
  return result;
}

} // namespace linx::bench
