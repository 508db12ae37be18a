// A child that its host has left with the spawner, and who comes for it, both in their barest form.
#pragma once

#include "spawner/client.hpp"

#include "process/protocol_park.hpp"

#include "harness/private_directory.hpp"

#include <sys/un.h>

#include <functional>
#include <memory>
#include <optional>

namespace linx::test::spawner {

inline sockaddr_un address_of(const std::string& path)
{
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

inline descriptor listen_at(const std::string& path)
{
  descriptor listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const auto address = address_of(path);
  BOOST_TEST_REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                     0);
  BOOST_TEST_REQUIRE(::listen(listener.get(), 16) == 0);
  return listener;
}

inline descriptor make_page()
{
  descriptor page(::memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  BOOST_TEST_REQUIRE(::ftruncate(page.get(), sizeof(wire::status_slot)) == 0);
  BOOST_TEST_REQUIRE(::fcntl(page.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
  return page;
}

// What a host sends, and what becomes of that.
class left_child {
public:
  explicit left_child(request wanted = request(1, {"/bin/sh", "-c", "exit 3"}))
      : spawner(std::make_unique<program>()), child(*spawner, std::move(wanted))
  {}
  ~left_child()
  {
    ::syscall(SYS_pidfd_send_signal, child.pidfd(), SIGKILL, nullptr, 0); // nobody else will
    wait_readable(child.pidfd());
  }

  // What the spawner says: an errno, or 0. `first`: what is done just before it is asked.
  int park(
      std::uint64_t id = 1, const std::function<void()>& first = [] {})
  {
    const descriptor listener = listen_at(directory.path("child"));
    const descriptor page = make_page();
    BOOST_TEST_REQUIRE(child.step(steps().add(wire::stage::status_page, {}, false, 1), {page.get()}) == 0);
    byte_writer out;
    wire::park_request wanted{};
    wanted.header = {sizeof wanted + 8 + 8, wire::version, 4, wire::frame_type::park, id};
    wanted.pid = static_cast<std::uint32_t>(child.pid());
    wanted.child_pid = static_cast<std::uint32_t>(child.inner_pid());
    wanted.name_length = 5;
    wanted.arguments_length = 3;
    out.put(wanted).put_text("child").pad().put_text(std::string_view("sh\0", 3)).pad();
    first();
    BOOST_TEST_REQUIRE(send_datagram(spawner->control(), out.data().data(), out.data().size(),
                                     {child.checkpoint(), listener.get(), directory.fd(), page.get()}) == 0);
    const record answer = spawner->expect(wire::frame_type::parked, id);
    return answer.as<wire::parked_record>().error;
  }

  // The host is gone.
  void leave()
  {
    BOOST_TEST_REQUIRE(park() == 0);
    child.abort(); // closes this end only
    spawner->leave();
  }

  private_directory directory;
  std::unique_ptr<program> spawner;
  parked_child child;
};

inline std::optional<descriptor> connect_to(const std::string& path)
{
  descriptor connection(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const auto address = address_of(path);
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::nullopt;
  return connection;
}

struct controller {
  explicit controller(const private_directory& directory)
      : connection(std::move(connect_to(directory.path("child")).value())),
        answer(receive_one(connection.get()))
  {
    if (answer.type() == wire::frame_type::attached && answer.fds.size() == 2)
      checkpoint = std::move(answer.fds.at(1));
  }

  const wire::attached_record& attached() const
  {
    BOOST_TEST_REQUIRE(static_cast<int>(answer.type()) == static_cast<int>(wire::frame_type::attached));
    return answer.as<wire::attached_record>();
  }
  int refusal() const
  {
    BOOST_TEST_REQUIRE(static_cast<int>(answer.type()) == static_cast<int>(wire::frame_type::refused));
    return answer.as<wire::refused_record>().error;
  }
  // The steps that the child has taken.
  std::vector<wire::stage> taken() const
  {
    const auto& head = attached();
    const auto* const first =
        reinterpret_cast<const wire::stage*>(reinterpret_cast<const std::byte*>(answer.words.data()) +
                                             sizeof head + wire::padded(head.arguments_length));
    return {first, first + head.steps};
  }
  int step(steps list, std::uint8_t version = wire::version)
  {
    std::string frame = step_frame(wire::frame_type::step, attached().header.id + 1, std::move(list));
    frame[4] = static_cast<char>(version);
    BOOST_TEST_REQUIRE(send_datagram(checkpoint.get(), frame.data(), frame.size()) == 0);
    const record done = receive_one(checkpoint.get());
    BOOST_TEST(done.id() == attached().header.id + 1);
    return done.as<wire::done_record>().error;
  }
  void proceed(std::uint8_t version = wire::version)
  {
    std::string frame = step_frame(wire::frame_type::proceed, 0);
    frame[4] = static_cast<char>(version);
    BOOST_TEST_REQUIRE(send_datagram(checkpoint.get(), frame.data(), frame.size()) == 0);
  }
  wire::slot_state expect_left()
  {
    const record left = receive_one(connection.get());
    BOOST_TEST_REQUIRE(static_cast<int>(left.type()) == static_cast<int>(wire::frame_type::left));
    return left.as<wire::left_record>().slot.state;
  }
  int expect_exited()
  {
    const record end = receive_one(connection.get());
    BOOST_TEST_REQUIRE(static_cast<int>(end.type()) == static_cast<int>(wire::frame_type::exited));
    const auto& exited = end.as<wire::exited_record>();
    return exited.code == CLD_EXITED ? exited.status : 128 + exited.status;
  }

  descriptor connection;
  record answer;
  descriptor checkpoint;
};

inline bool waits_for(const std::function<bool()>& condition)
{
  for (int i = 0; i != deadline_ms / 5; ++i) {
    if (condition()) return true;
    ::usleep(5000);
  }
  return false;
}

} // namespace linx::test::spawner
