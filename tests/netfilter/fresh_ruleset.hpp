// A network namespace of the test's own, and nft(8) to say what the kernel holds there.
#pragma once

#include "harness/namespaces.hpp"
#include "harness/run.hpp"
#include "harness/value.hpp"

#include <linx/netfilter/push.hpp>
#include <linx/netfilter/ruleset.hpp>
#include <linx/netlink/connection.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/netlink.h>

#include <optional>
#include <string>

namespace linx::test {

/// Fixture: enters a fresh namespace; `usable()` says whether it could, and prints the reason if not.
class fresh_ruleset {
public:
  fresh_ruleset();

  bool usable() const;

  const netlink::connection& nf() const { return *connection_; }
  void drop_connection()
  {
    connection_.reset();
    let_go();
  }

  /// What is dropped outside of the context is closed in its next turn.
  void let_go()
  {
    context.restart();
    context.poll();
  }

  result<> push(netfilter::batch changes, netfilter::push_options options = netfilter::push_options());

  /// What nft prints, which is what the kernel holds.
  static std::string nft(const std::string& arguments) { return run_command("nft " + arguments).output; }

  asio::io_context context{1};

private:
  std::optional<std::string> refused_;
  std::optional<netlink::connection> connection_;
};

} // namespace linx::test
