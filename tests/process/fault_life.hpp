// A session at any stage of its life, held there for as long as a fault needs, then seen to its end; and the
// invariants that hold whatever happened.
#pragma once

#include "process/support.hpp"

#include <linx/core/spawn.hpp>

#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace linx::test {

enum class life_stage { before_ready, parked, proceeding, running, exiting };
inline constexpr std::array life_stages{life_stage::before_ready, life_stage::parked, life_stage::proceeding,
                                        life_stage::running, life_stage::exiting};

std::string_view to_string(life_stage s);

/// An error that says what a host of the test found wrong.
error wrong(std::string what);

/// "exited 3", "signaled 9", "aborted", "failed at execve", "unknown".
std::string outcome_text(const result<exit_status>& how);

/// True if `text` is one of "a|b|c".
bool is_one_of(std::string_view text, std::string_view alternatives);

/// Descriptors of any process.
std::size_t descriptor_count_of(pid_t pid);

pid_t spawner_of(const process& child);

/// Lets a stage be held, and let go of it.
void stop(pid_t pid);

/// A program that ends by SIGTERM and else never.
process_options long_sleep();

/// One session, and who keeps it where it is.
struct life {
  explicit life(process p) : child(std::move(p)), events(child.events()) {}

  process child;
  stream<process_event> events;
  life_stage at = life_stage::before_ready;
  pid_t pid = 0;                                      // 0 before the child exists
  std::shared_ptr<std::optional<result<>>> proceeded; // the answer of a proceed() in flight
  bool spawner_held = false, child_held = false;

  void let_go(pid_t spawner)
  {
    if (std::exchange(spawner_held, false)) ::kill(spawner, SIGCONT);
    if (std::exchange(child_held, false)) ::kill(pid, SIGCONT);
  }
};

/// Calls proceed() and waits only until the child has been told.
task<> begin_to_proceed(life& l);

/// Brings a session to a stage and holds it there: before ready by a stopped spawner, so that the child does
/// not exist (`born`: it exists, and makes a network namespace, which takes a while); on the way to execve(2)
/// as a stopped child that has been told to proceed; during exit as a zombie whose end a stopped spawner does
/// not tell.
task<std::unique_ptr<life>> bring_to(life_stage at, pid_t spawner, process_options options,
                                     bool born = false);

/// Waits for the end of a session and yields it in words. Checks that it ended once: one terminal event, one
/// answer to everybody. The events are read from where the stream stands, which must be before the end.
task<std::string> ended_once(process& child, stream<process_event>& events);

/// Takes the session through the rest of its life, as far as it goes, and yields how it ended.
task<std::string> see_to_its_end(life& l);

/// What a host has besides the session under test: a child that runs all the time, and what is open.
struct surroundings {
  std::optional<process> anchor;
  pid_t spawner = 0;
  std::size_t own = 0, spawners = 0; // descriptors
};

task<> next_spawn_works();

/// Of host and spawner, once the anchor is the only child; what others had is closed after they are reaped.
task<> count_descriptors(surroundings& around);

task<> measure(surroundings& around);

/// The spawner of before is gone, or its child has ended.
task<> replace_anchor(surroundings& around);

/// The one checker of what is left after a fault, with all handles of the session gone: the next spawn works,
/// the spawner has the anchor and no other child, not even a zombie, and both have the descriptors they had.
task<> check_nothing_left(surroundings& around);

} // namespace linx::test
