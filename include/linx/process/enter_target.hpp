/// Whose namespaces a child enters.
#pragma once

#include <linx/core/result.hpp>
#include <linx/ns/handle.hpp>
#include <linx/ns/kind.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace linx {

class process;

namespace detail {
struct entrance_source;
class namespace_set;
struct entrance;
} // namespace detail

/// The target of `process::enter`: a process, or namespaces that are held open.
///
///     co_await process::enter(child, process_options("/usr/bin/ip").arg("addr"));
///     co_await process::enter(enter_target::pid(4711).only("net,mount"), options);
///
/// A process is pinned by a pidfd when the target is made, so that a number which is recycled later cannot be
/// hit, and a /proc of another pid namespace leads nowhere else. What fails then is kept, and is what
/// `process::enter` completes with. Copies share the descriptors.
///
/// Kernel: 5.3 (pidfd_open(2)).
/// Source: setns(2), namespaces(7), pidfd_open(2).
class LINX_API enter_target {
public:
  /// A child of linx, parked or running.
  /// Errors, later: `errc::not_ready` before it exists, `errc::no_process` after its end.
  enter_target(const process& child); // NOLINT(google-explicit-constructor): reads as "enter(child, ...)"

  /// One namespace by itself, all else as the host has it: `process::enter(std::move(net), options)`.
  enter_target(ns::handle one); // NOLINT(google-explicit-constructor): reads as "enter(handle, ...)"

  /// The process of a pidfd; the descriptor is borrowed for this call only.
  /// Errors, later: stage `argument` if it is no pidfd; stage `open`, `ESRCH` once the process has ended.
  static enter_target pidfd(int fd);

  /// The process that has this number now, by pidfd_open(2). Only as safe as the number: if its owner may
  /// have ended and been reaped, it may be another's already. Errors, later: stage `open`, `ESRCH`.
  static enter_target pid(pid_t number);

  /// Namespaces by themselves, with or without a process in them; at most one of each kind. A pid namespace
  /// needs a living init to start anything in it.
  static enter_target namespaces(std::vector<ns::handle> handles);

  /// Only this kind; each call adds one. Without it all kinds are entered that the target has, but those that
  /// the options make anew.
  enter_target& only(ns::kind kind);

  /// Only these, by name and separated by commas: "net,mount".
  enter_target& only(std::string_view names);

private:
  explicit enter_target(std::shared_ptr<const detail::entrance_source> source) noexcept;
  friend struct detail::entrance;

  std::shared_ptr<const detail::entrance_source> source_;
  std::string unknown_;
  std::uint8_t chosen_ = 0; // bit n: ns::kind n; 0: all
};

} // namespace linx
