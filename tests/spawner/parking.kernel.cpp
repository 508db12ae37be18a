// A child that is left with its spawner: who may have it, one at a time, and what is said of it.
#include "spawner/client.hpp"

#include "process/protocol_park.hpp"

#include "harness/namespaces.hpp"

#include <grp.h>
#include <sys/un.h>

#include <functional>
#include <optional>

BOOST_AUTO_TEST_SUITE(spawner_parking_kernel)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;
using linx::test::run_in_child;

// A directory of this user alone, with what is in it.
class private_directory {
public:
  private_directory()
  {
    BOOST_TEST_REQUIRE(::mkdtemp(path_) != nullptr);
    file_ = descriptor(::open(path_, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ~private_directory()
  {
    for (const char* const name : {"child", "child.exit", "child.exit~"}) ::unlinkat(file_.get(), name, 0);
    ::rmdir(path_);
  }
  int fd() const { return file_.get(); }
  std::string path(const std::string& name) const { return path_ + ('/' + name); }
  bool has(const std::string& name) const { return ::access(path(name).c_str(), F_OK) == 0; }

private:
  char path_[32] = "/tmp/linx-park-XXXXXX";
  descriptor file_;
};

sockaddr_un address_of(const std::string& path)
{
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

descriptor listen_at(const std::string& path)
{
  descriptor listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const auto address = address_of(path);
  BOOST_TEST_REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                     0);
  BOOST_TEST_REQUIRE(::listen(listener.get(), 16) == 0);
  return listener;
}

descriptor make_page()
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

std::optional<descriptor> connect_to(const std::string& path)
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

bool waits_for(const std::function<bool()>& condition)
{
  for (int i = 0; i != deadline_ms / 5; ++i) {
    if (condition()) return true;
    ::usleep(5000);
  }
  return false;
}

std::string value_of(const std::string& text, const std::string& key)
{
  const auto at = text.find('\n' + key + '=');
  if (at == text.npos) return "";
  const auto begin = at + key.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

} // namespace

// It writes and removes files there, with what it may do.
BOOST_AUTO_TEST_CASE(a_directory_of_others_is_refused)
{
  left_child left;
  BOOST_TEST(left.park(1, [&] { BOOST_TEST_REQUIRE(::fchmod(left.directory.fd(), 0755) == 0); }) == EPERM);
}

BOOST_AUTO_TEST_CASE(a_host_that_was_more_is_refused)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: takes root");
    return;
  }
  const int status = run_in_child([] {
    left_child left;
    const int answer = left.park(1, [] {
      BOOST_TEST_REQUIRE(::setgroups(0, nullptr) == 0);
      BOOST_TEST_REQUIRE(::setresuid(65534, 65534, 65534) == 0);
    });
    left.child.abort();
    return answer == ESTALE ? 0 : 1;
  });
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(a_child_stays_at_its_checkpoint_without_its_host)
{
  left_child one;
  const int umask_value = 7;
  BOOST_TEST(one.child.step(steps().add_value(wire::stage::umask, umask_value)) == 0);
  one.leave();
  const int pid = one.child.pid();
  BOOST_TEST(process_exists(pid));
  {
    controller first(one.directory);
    BOOST_TEST(static_cast<int>(first.attached().pid) == pid);
    BOOST_TEST(static_cast<int>(first.attached().child_pid) == pid);
    BOOST_TEST((first.taken() == std::vector{wire::stage::umask}));
    BOOST_TEST(first.step(steps().add(wire::stage::no_new_privs)) == 0);
  }
  // It is gone, and the child is where it was.
  controller second(one.directory);
  BOOST_TEST((second.taken() == std::vector{wire::stage::umask, wire::stage::no_new_privs}));
  second.proceed();
  BOOST_TEST(static_cast<int>(second.expect_left()) == static_cast<int>(wire::slot_state::exec));
  BOOST_TEST(second.expect_exited() == 3);
  BOOST_TEST(receive_one(second.connection.get()).is_end());
}

BOOST_AUTO_TEST_CASE(the_exit_record_is_whole_and_the_socket_is_gone)
{
  left_child one;
  one.leave();
  {
    controller first(one.directory);
    first.proceed();
  }
  BOOST_TEST_REQUIRE(waits_for([&] { return !one.directory.has("child"); }));
  const std::string text = read_file(one.directory.path("child.exit"));
  BOOST_TEST(text.starts_with(wire::exit_record_head));
  BOOST_TEST(value_of(text, "pid") == std::to_string(one.child.pid()));
  BOOST_TEST(value_of(text, "code") == std::to_string(CLD_EXITED));
  BOOST_TEST(value_of(text, "status") == "3");
  BOOST_TEST(value_of(text, "checkpoint") == "1");
  BOOST_TEST(value_of(text, "arguments") == "736800");
  BOOST_TEST(!one.directory.has("child.exit~"));
  BOOST_TEST(waits_for([&] { return !process_exists(one.child.pid()); }));
}

BOOST_AUTO_TEST_CASE(one_controller_at_a_time)
{
  left_child one;
  one.leave();
  {
    const controller first(one.directory);
    first.attached();
    const controller second(one.directory);
    BOOST_TEST(second.refusal() == EBUSY);
    BOOST_TEST(receive_one(second.connection.get()).is_end());
  }
  controller third(one.directory);
  wire::kill_request kill{};
  kill.header = {sizeof kill, wire::version, 0, wire::frame_type::kill, 0};
  BOOST_TEST(send_datagram(third.connection.get(), &kill, sizeof kill) == 0);
  BOOST_TEST(static_cast<int>(third.expect_left()) == static_cast<int>(wire::slot_state::idle));
  BOOST_TEST(third.expect_exited() == 128 + SIGKILL);
}

// A controller of the version before sends what that has, and reads what it knows of longer answers.
BOOST_AUTO_TEST_CASE(a_controller_of_the_version_before)
{
  constexpr std::uint8_t older = wire::version - 1;
  left_child one;
  one.leave();
  controller first(one.directory);
  BOOST_TEST(first.step(steps().add(wire::stage::no_new_privs), older) == 0);
  const wire::frame_header unknown{sizeof unknown, older, 0, static_cast<wire::frame_type>(99), 0};
  BOOST_TEST(send_datagram(first.connection.get(), &unknown, sizeof unknown) == 0);
  struct {
    wire::frame_header header;
    std::uint64_t tail;
  } longer{{sizeof longer, wire::version + 1, 0, wire::frame_type::kill_rest, 0}, 0};
  BOOST_TEST(send_datagram(first.connection.get(), &longer, sizeof longer) == 0);
  first.proceed(older);
  first.expect_left();
  BOOST_TEST(first.expect_exited() == 3);
}

BOOST_AUTO_TEST_CASE(nor_of_two_versions_before)
{
  left_child one;
  one.leave();
  controller first(one.directory);
  BOOST_TEST(first.step(steps().add(wire::stage::no_new_privs), wire::version - 2) == EINVAL);
  BOOST_TEST(first.step(steps().add(wire::stage::no_new_privs)) == 0);
}

// Nobody but the user of the spawner, and nobody who is less than that.
BOOST_AUTO_TEST_CASE(whoever_is_less_is_refused)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: needs root");
    return;
  }
  left_child one;
  one.leave();
  BOOST_TEST(::chmod(one.directory.path("").c_str(), 0755) == 0);
  BOOST_TEST(::chmod(one.directory.path("child").c_str(), 0777) == 0);
  const auto refused = [&](const std::function<void()>& become) {
    return run_in_child([&] {
      become();
      const auto connection = connect_to(one.directory.path("child"));
      if (!connection) return 1;
      const record answer = receive_one(connection->get());
      return answer.type() == wire::frame_type::refused ? answer.as<wire::refused_record>().error : 0;
    });
  };
  BOOST_TEST(refused([] {
               if (::setgroups(0, nullptr) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(99);
             }) == EPERM);
  BOOST_TEST(refused([] { ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }) == EPERM);
  BOOST_TEST(refused([] { // root without a capability
               __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
               __user_cap_data_struct data[2]{};
               data[0].effective = data[0].permitted = 1u << CAP_DAC_OVERRIDE;
               if (::syscall(SYS_capset, &header, data) != 0) ::_exit(99);
             }) == EPERM);
  BOOST_TEST(refused([] { // root of a user namespace, and of all ids in it
               if (::unshare(CLONE_NEWUSER) != 0) ::_exit(99);
             }) == EPERM);
  const controller first(one.directory);
  first.attached();
}

BOOST_AUTO_TEST_CASE(requests_that_break_a_rule_change_nothing)
{
  left_child one;
  BOOST_TEST(one.park(7) == ESRCH);
  ::unlinkat(one.directory.fd(), "child", 0);
  one.spawner->send(request(2).with(wire::spawn_flags::auto_proceed));
  one.spawner->expect(wire::frame_type::spawned, 2);
  one.spawner->expect_exited(2);
  one.spawner->children();
  BOOST_TEST(one.park() == 0);
}

BOOST_AUTO_TEST_CASE(beside_other_children_it_is_refused)
{
  left_child one;
  one.spawner->send(request(2, {"/bin/sleep", "1000"}).with(wire::spawn_flags::auto_proceed));
  one.spawner->expect(wire::frame_type::spawned, 2);
  BOOST_TEST(one.park() == EBUSY);
  one.child.proceed();
  BOOST_TEST(one.spawner->expect_exited(1) == 3);
}

// The page: only that, and only sealed.
BOOST_AUTO_TEST_CASE(a_page_that_could_shrink_is_refused)
{
  program spawner;
  parked_child child(spawner, request(1));
  const auto adopt = [&](int fd) {
    return child.step(steps().add(wire::stage::status_page, {}, false, 1), {fd});
  };
  const descriptor loose(::memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  BOOST_TEST(::ftruncate(loose.get(), sizeof(wire::status_slot)) == 0);
  BOOST_TEST(adopt(loose.get()) == EPERM);
  BOOST_TEST(::ftruncate(loose.get(), 2 * sizeof(wire::status_slot)) == 0);
  BOOST_TEST(::fcntl(loose.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0);
  BOOST_TEST(adopt(loose.get()) == EINVAL);
  const descriptor page = make_page();
  BOOST_TEST(adopt(page.get()) == 0);
  child.proceed();
  BOOST_TEST(receive_one(child.checkpoint()).is_end());
  wire::status_slot slot;
  BOOST_TEST(::pread(page.get(), &slot, sizeof slot, 0) == static_cast<ssize_t>(sizeof slot));
  BOOST_TEST(static_cast<int>(slot.state) == static_cast<int>(wire::slot_state::exec));
  BOOST_TEST(static_cast<int>(child.slot().state) == static_cast<int>(wire::slot_state::idle));
}

BOOST_AUTO_TEST_CASE(without_the_spawner_the_child_is_gone)
{
  left_child one;
  const int spawner = one.spawner->pid();
  one.leave();
  const controller first(one.directory);
  first.attached();
  BOOST_TEST(::kill(spawner, SIGKILL) == 0);
  BOOST_TEST(wait_readable(one.child.pidfd()));
  BOOST_TEST(receive_one(first.connection.get()).is_end());
  BOOST_TEST(!one.directory.has("child.exit"));
}

BOOST_AUTO_TEST_SUITE_END()
