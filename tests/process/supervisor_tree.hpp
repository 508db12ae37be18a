// A supervisor at work, as the tests of it share one.
#pragma once

#include "process/support.hpp"

#include <linx/core/spawn.hpp>
#include <linx/process/supervisor.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>

namespace linx::test {

child_spec sleeper(const std::string& id);

// How run() ended: always by an error.
struct ending {
  error why;
};

// A supervisor whose run() is a root of its own, as in a program.
class tree {
public:
  static task<tree> plant(supervisor_options options);

  void cancel() { life_->stop.emit(asio::cancellation_type::terminal); }

  // How run() ended.
  task<ending> ended();

  task<ending> stopped();

  const child_status& child(const std::string& id);

  // Until the child is in that state.
  task<> reach(std::string id, child_state state);

  std::optional<supervisor> root;

private:
  struct life {
    asio::cancellation_signal stop;
    std::optional<result<>> ended;
  };

  explicit tree(supervisor made) : root(std::move(made)), life_(std::make_shared<life>()) {}

  std::shared_ptr<life> life_;
  supervisor_status last_;
};

// "a: starting, a: running, ..." up to the end of the stream, without pids.
task<std::string> story(stream<supervisor_event> events);

// Parked for good.
task<> endless(process&);

} // namespace linx::test
