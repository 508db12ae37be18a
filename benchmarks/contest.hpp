// A peer and its rivals, measured in turn in one process: on a shared machine only ratios taken side by side
// mean something, so each rival's rate is divided by the mean of the peer's rates just before and just after
// it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace linx::bench {

struct spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

spread spread_of(std::vector<double> values);

struct standing {
  std::string name;
  spread rate;                  // operations per second
  spread ratio;                 // to the peer in the same round
  std::optional<double> budget; // the least ratio that the design asks for; reported, never a gate
  std::string note;
};

struct outcome {
  std::string title;
  std::string unit;   // what one operation is
  std::string method; // what was held equal, for the reader who wants to repeat it
  unsigned rounds = 0;
  standing peer;
  std::vector<standing> rivals;
};

class contest {
public:
  // Runs its work once and returns operations per second. Throws std::runtime_error if the work fails.
  using work = std::function<double()>;

  contest(std::string title, std::string unit, std::string method);

  contest& peer(std::string name, work run);
  contest& rival(std::string name, std::optional<double> budget, work run);
  // A line below the rival added last, made after the rounds.
  contest& note(std::function<std::string()> text);

  outcome hold(unsigned rounds) const;

private:
  struct entry {
    std::string name;
    std::optional<double> budget;
    work run;
    std::function<std::string()> note;
  };

  std::string title_;
  std::string unit_;
  std::string method_;
  entry peer_;
  std::vector<entry> rivals_;
};

} // namespace linx::bench
