/// A network namespace for the program itself, so that a demonstration never touches the machine's own
/// network.
#pragma once

#include <string>

namespace headline {

/// What this process may do, found out by doing it.
struct lab {
  bool isolated = false; ///< in a network namespace of its own, with the right to make further namespaces
  std::string left_out;  ///< why not, and what that leaves out; "" where everything is possible
};

/// Moves the process into a fresh network namespace; an ordinary user gets a user namespace first, in which
/// he is root. Must be called before the first thread is started (unshare(2)).
lab enter_lab();

} // namespace headline
