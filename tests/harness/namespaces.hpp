// Namespaces, child processes and commands for tests that need the kernel.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace linx::test {

// Moves the calling thread into a network namespace of its own with lo up: with CLONE_NEWNET as root, with a
// user namespace in which the caller is root otherwise. Call it in a child (run_in_child) or before the first
// thread: the user namespace is refused to a process with threads. Returns why it could not be done; nullopt
// on success.
[[nodiscard]] std::optional<std::string> enter_fresh_network();

// The same with a user namespace even for root: what an unprivileged caller would see.
[[nodiscard]] std::optional<std::string> enter_fresh_user_network();

// Runs `body` in a forked child and returns what it returned, 128 + signal if a signal ended it. An exception
// that leaves it is printed and counts as 125; Boost.Test assertions of the child do not count in the parent:
// return a number. The child ends by _exit, so the parent's buffers and at-exit handlers are left alone.
int run_in_child(const std::function<int()>& body);

// Exit code by which a child of run_in_child says "cannot be tested here".
inline constexpr int child_skipped = 77;

// Prints the reason and returns child_skipped.
int skip_child(const std::string& reason);

struct command_result {
  int status = -1;    // exit status, 128 + signal
  std::string output; // standard output and standard error together
};

// Runs `/bin/sh -c text` in the calling thread's namespaces and waits for it.
command_result run_command(const std::string& text);

// Descriptors that this process has open now.
std::size_t open_descriptors();

// True if the program is found in PATH.
bool has_program(const std::string& name);

} // namespace linx::test
