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
};

// One number that is no ratio.
struct figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::optional<double> at_most; // what the design allows; reported, never a gate
};

struct outcome {
  std::string title;
  std::string unit;   // what one operation is
  std::string method; // what was held equal, for the reader who wants to repeat it
  unsigned rounds = 0;
  standing peer; // without a name: nothing was compared
  std::vector<standing> rivals;
  std::vector<figure> figures;
  std::string skipped; // why nothing was measured
};

// What could not be measured, and why.
outcome not_measured(std::string title, std::string why);

class contest {
public:
  // Runs its work once and returns operations per second. Throws std::runtime_error if the work fails.
  using work = std::function<double()>;

  contest(std::string title, std::string unit, std::string method);

  contest& peer(std::string name, work run);
  contest& rival(std::string name, std::optional<double> budget, work run);
  // Measured after the rounds, as often as there are, and the median taken.
  contest& number(std::string name, std::string unit, std::optional<double> at_most, work measure);

  outcome hold(unsigned rounds) const;

private:
  struct entry {
    std::string name;
    std::optional<double> budget;
    work run;
  };
  struct measurement {
    figure what;
    work run;
  };

  std::string title_;
  std::string unit_;
  std::string method_;
  entry peer_;
  std::vector<entry> rivals_;
  std::vector<measurement> numbers_;
};

} // namespace linx::bench
