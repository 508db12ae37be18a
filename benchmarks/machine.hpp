// Where and when it was measured.
#pragma once

#include <string>

namespace linx::bench {

class machine {
public:
  static machine here();

  std::string kernel;
  std::string processor;
  unsigned cpus = 0;
  std::string time; // UTC, ISO 8601
};

} // namespace linx::bench
