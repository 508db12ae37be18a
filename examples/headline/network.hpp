/// The link between the host and the child, and what the host's side of it has to say.
#pragma once

#include <linx/core/task.hpp>
#include <linx/netlink/connection.hpp>
#include <linx/ns/handle.hpp>
#include <linx/rtnl/connection.hpp>
#include <linx/rtnl/monitor.hpp>

#include <boost/asio/ip/address.hpp>

#include <string>

namespace headline {

using link_events = linx::stream<linx::rtnl::event>;

/// The word by which the timeline tells an event.
std::string word_of(const linx::rtnl::event&);

/// False for routes of the table `local`, which the kernel keeps by itself and which only mirror the
/// addresses.
bool is_noteworthy(const linx::rtnl::event&);
/// True for the removal of the host's end of the pair: the last that the host's network has to say.
bool is_farewell(const linx::rtnl::event&);

/// The host's network: the namespace that this program runs in.
class host_network {
public:
  /// Notes which links are there, so that `take_down` can tell whether all is as it was.
  static linx::task<host_network> open(linx::executor ex);

  static linx::result<link_events> monitor(linx::executor ex)
  {
    return linx::rtnl::monitor::open(std::move(ex));
  }

  // Of the range that is set aside for documentation (RFC 5737), so that no real network is shadowed.
  static boost::asio::ip::address host_address();
  static boost::asio::ip::address child_address();

  /// A veth pair with one end in `inside`; an address for each end; both up; a default route inside, via the
  /// host.
  linx::task<> connect(const linx::ns::handle& inside);

  /// Removes the pair. Yields the names of links that were not there at first, "" if none is left.
  linx::task<std::string> take_down();

  /// How many nf_tables tables this namespace has.
  linx::task<std::size_t> tables();

private:
  host_network(linx::rtnl::connection connection, std::string links)
      : rtnl_(std::move(connection)), links_at_first_(std::move(links))
  {}

  linx::rtnl::connection rtnl_;
  std::string links_at_first_;
};

} // namespace headline
