// The peers of the rtnetlink benchmarks: what a C program does with libmnl and a blocking socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

struct mnl_socket;

namespace linx::bench {

// Routes 10.x.y.z/32 over one link, in the network namespace that the calling thread has at construction.
// Every member throws std::system_error.
class raw_rtnl {
public:
  raw_rtnl();
  ~raw_rtnl();
  raw_rtnl(const raw_rtnl&) = delete;
  raw_rtnl& operator=(const raw_rtnl&) = delete;

  // Makes a veth link; returns its index. Down and up again: the kernel drops the routes of a link that goes
  // down.
  std::uint32_t make_link(const char* name);
  void clear_link(std::uint32_t index);

  // Makes links of one kind; the kernel names them.
  void make_links(const char* kind, std::uint32_t count);

  // A request, its acknowledgement, the next request.
  void add_one_by_one(std::uint32_t link, std::uint32_t count);

  // 128 requests in one send, an acknowledgement of the last of them only.
  void add_in_bulk(std::uint32_t link, std::uint32_t count);

  // Lists the IPv4 routes, or the links, walks the attributes of each and reads its destination, or its name.
  // Returns how many there were.
  std::size_t list_routes();
  std::size_t list_links();

private:
  template <class Header, class Read>
  std::size_t list(std::uint16_t type, std::uint8_t family, Read read);
  void make(const char* kind, const char* name);
  void set_link(std::uint32_t index, bool up);
  void send(const void* data, std::size_t length);
  void await_acknowledgement(std::uint32_t sequence);

  mnl_socket* socket_;
  std::uint32_t sequence_ = 0;
  std::vector<char> buffer_;
};

// Network byte order; consecutive numbers are different routes.
std::uint32_t destination(std::uint32_t number);

} // namespace linx::bench
