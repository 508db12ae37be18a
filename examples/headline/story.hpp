/// The demonstration itself: one workload from spawn to exit, and everything that is watched meanwhile.
#pragma once

#include "audit.hpp"
#include "lab.hpp"
#include "network.hpp"
#include "peers.hpp"
#include "timeline.hpp"

#include <linx/core/stream.hpp>
#include <linx/core/task.hpp>
#include <linx/io/signal_fd.hpp>
#include <linx/netfilter/event.hpp>
#include <linx/netlink/connection.hpp>
#include <linx/process/process.hpp>

#include <memory>
#include <optional>
#include <string>

namespace headline {

/// Plays on the executor of whoever awaits `run()`; must be destroyed before that executor's context.
class story {
public:
  /// `program` is the absolute path of this very program, which is its own workload; `signals` is what
  /// interrupts; `of_the_run` gets the marks by which the child is known.
  story(timeline& out, lab where, std::string program, linx::io::signal_fd signals, marks& of_the_run);

  /// Plays, and takes down whatever was set up, however the play ended.
  linx::task<> run();

  bool was_interrupted() const noexcept { return interrupted_; }
  bool went_as_expected() const noexcept { return expectations_met_; }

private:
  linx::task<> play();
  linx::task<> start();
  linx::task<> direct();
  linx::task<> prepare_network(const linx::ns::handle& inside);
  linx::task<> prepare_firewall(const linx::ns::handle& inside);
  linx::task<> probe_ports(const asio::ip::address& child);
  linx::task<> take_down();
  linx::task<> hear_the_end();

  linx::task<> wait_for_signal();
  linx::task<> narrate_process();
  linx::task<> narrate_output();
  linx::task<> narrate_links(std::shared_ptr<link_events> events);
  linx::task<> narrate_commits(std::shared_ptr<linx::stream<linx::netfilter::commit>> commits);

  /// Runs a narrator beside the play; it ends with its stream, or when it has told of the last thing that is
  /// removed.
  void watch(linx::executor, linx::task<> narrator);
  void hear(const std::string& line);
  void expect(bool true_as_expected, const std::string& what);

  timeline& out_;
  lab lab_;
  std::string program_;
  linx::io::signal_fd signals_;

  std::optional<tcp::acceptor> listener_;
  std::optional<linx::process> child_;
  std::optional<asio::posix::stream_descriptor> output_;
  std::optional<host_network> network_;
  std::optional<linx::netlink::connection> firewall_;
  std::shared_ptr<link_events> links_;
  std::shared_ptr<linx::stream<linx::netfilter::commit>> commits_;

  marks& of_the_run_;
  int narrators_ = 0;
  bool interrupted_ = false;
  bool expectations_met_ = true;
};

} // namespace headline
