// What several tests of this room share: programs to run, and the kernel's word about processes.
#pragma once

#include <linx/process/process.hpp>

#include "harness/run.hpp"
#include "harness/value.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <string>
#include <unistd.h>
#include <vector>

namespace linx::test {

// Runs the body of a test as a coroutine; an error that leaves it fails the test.
void run_body(task<> body);

// /bin/sh -c script.
process_options shell(const std::string& script);

// Everything up to end of file.
task<std::string> read_to_end(asio::posix::stream_descriptor from);

struct finished {
  exit_status status;
  std::string output;
};

// Takes a child, with a pipe as its standard output, to its end.
task<finished> take_to_end(process child, bool automatic);

// Runs a child to its end with a pipe as its standard output.
task<finished> run_to_end(process_options options);

// What it writes, with a checkpoint and by itself.
void check_output_each_way(const process_options& options, const std::string& expected);

// Spawns a child that waits at its checkpoint.
task<process> spawn_parked(process_options options);

// Spawns a child and waits until it executes its program.
task<process> spawn_running(process_options options);

// Suspends for one turn of the context and a little more, for what has no event: a process leaving /proc.
task<> pause_briefly();

task<> sleep_for(std::chrono::nanoseconds time);

// A field of /proc/<pid>/status ("PPid", "NoNewPrivs", "CapEff"), "" if there is no such process.
std::string status_field(pid_t pid, const std::string& field);

// True if the pid names a process, a zombie too.
bool exists(pid_t pid);

// True for a process that is neither gone nor a zombie.
bool alive(pid_t pid);

// Waits until no live process has this pid. A zombie is as good: init, which reaps what a dead spawner
// leaves, does so in its own time.
task<> dead(pid_t pid);

// Waits until the pid is gone, reaped and all: the exit record is sent before the spawner reaps.
task<> gone(pid_t pid);

// Pids whose parent is `parent`.
std::vector<pid_t> children_of(pid_t parent);

// The inode of a namespace of a process: readlink /proc/<pid>/ns/<name>.
std::string ns_link(pid_t pid, const std::string& name);

// True, and says so, where the test cannot be made.
bool needs_root();

// Gives up root in a child of the test.
bool become_nobody();

} // namespace linx::test
