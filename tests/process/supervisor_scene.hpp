// A supervisor's machine with processes that do as a test says.
#pragma once

#include "process/supervisor_machine.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <string>

namespace linx::test {

using detail::child_key;
using detail::supervisor_effects;
using detail::supervisor_machine;
using namespace std::chrono_literals;

inline child_spec child(const std::string& id, restart_policy policy = restart_policy::permanent)
{
  auto spec = child_spec(id, process_options("/bin/true"));
  spec.restart(policy);
  return spec;
}

// Names are of one letter, so that what happened reads as a word: "+a" a is started, "-a" a is asked to stop.
class scene {
public:
  explicit scene(const supervisor_options& options) : machine(options) {}

  std::string begin() { return did(machine.begin(now)); }
  std::string up(const std::string& id) { return did(machine.running(key(id), 100, now)); }
  std::string ends(const std::string& id, exit_status how) { return did(machine.ended(key(id), how, now)); }
  std::string ends(const std::string& id) { return ends(id, exit_status::exited(1)); }
  std::string fails(const std::string& id)
  {
    return did(machine.ended(key(id), error::from_errno(ENOENT, stage::execve), now));
  }
  std::string shut_down() { return did(machine.shut_down(now)); }
  std::string pass(std::chrono::milliseconds time)
  {
    now += time;
    return did(machine.tick(now));
  }

  std::string did(const supervisor_effects& todo)
  {
    std::string word;
    for (const auto k : todo.stop) word += "-" + name(k);
    for (const auto k : todo.kill) word += "!" + name(k);
    for (const auto k : todo.start) word += "+" + name(k);
    return word;
  }

  child_state state(const std::string& id) const { return machine.status().find(id)->state; }
  child_key key(const std::string& id) const { return machine.key_of(id).value(); }
  std::string name(child_key k) const
  {
    for (const auto& c : machine.status().children)
      if (machine.key_of(c.id) == k) return c.id;
    return "?";
  }

  supervisor_machine machine;
  supervisor_machine::time_point now{1h};
};

} // namespace linx::test
