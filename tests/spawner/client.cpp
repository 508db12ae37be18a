#include "spawner/client.hpp"

#include <filesystem>

namespace linx::test::spawner {

const std::string& spawner_path()
{
  static const auto path =
      (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libexec/linx-spawner").string();
  return path;
}

program::program(std::size_t slot_count) : slot_count_(slot_count)
{
  pair control = make_checkpoint();
  const descriptor slots(::memfd_create("slots", MFD_CLOEXEC));
  const std::size_t size = slot_count * sizeof(wire::status_slot);
  if (::ftruncate(slots.get(), static_cast<off_t>(size)) != 0) fail_errno("ftruncate");
  slots_ = static_cast<wire::status_slot*>(
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, slots.get(), 0));
  if (slots_ == MAP_FAILED) fail_errno("mmap");
  const descriptor host(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));

  spawner_path(); // not first in the child, which allocates nothing
  const pid_t middle = ::fork();
  if (middle == 0) {
    if (::fork() == 0) run(control.child.get(), slots.get(), host.get());
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(middle, &status, 0);
  control_ = std::move(control.host);
  control.child.close();
  hello_ = next();
  pidfd_ = std::move(hello_.fds.at(0));
}

program::~program()
{
  control_.close();
  if (pidfd_.get() >= 0) wait_readable(pidfd_.get());
  ::munmap(slots_, slot_count_ * sizeof(wire::status_slot));
}

void program::send(const request& wanted)
{
  if (wanted.slot < slot_count_) slots_[wanted.slot] = {};
  std::vector<int> fds;
  const std::string frame = wanted.frame(fds);
  const int error = send_datagram(control(), frame.data(), frame.size(), fds);
  if (error != 0) throw std::runtime_error(std::string("send: ") + std::strerror(error));
}

record program::next()
{
  while (waiting_.empty()) {
    for (record& each : receive_datagram(control())) waiting_.push_back(std::move(each));
  }
  record first = std::move(waiting_.front());
  waiting_.pop_front();
  return first;
}

record program::expect(wire::frame_type type, std::uint64_t id)
{
  record got = next();
  BOOST_TEST_REQUIRE(!got.is_end());
  if (got.type() != type && got.type() == wire::frame_type::failed) {
    const auto& failed = got.as<wire::failed_record>();
    BOOST_TEST_MESSAGE("failed at stage " << static_cast<int>(failed.where) << ": "
                                          << std::strerror(failed.error));
  }
  BOOST_TEST_REQUIRE(static_cast<int>(got.type()) == static_cast<int>(type));
  BOOST_TEST_REQUIRE(got.id() == id);
  return got;
}

std::pair<wire::stage, int> program::expect_failed(std::uint64_t id)
{
  const record got = expect(wire::frame_type::failed, id);
  return {got.as<wire::failed_record>().where, got.as<wire::failed_record>().error};
}

int program::expect_exited(std::uint64_t id)
{
  const record got = expect(wire::frame_type::exited, id);
  const auto& exited = got.as<wire::exited_record>();
  return exited.code == CLD_EXITED ? exited.status : 128 + exited.status;
}

std::string program::children()
{
  wire::frame_header nonsense{};
  nonsense.length = sizeof nonsense;
  nonsense.version = wire::version;
  nonsense.id = ~std::uint64_t{0};
  send_datagram(control(), &nonsense, sizeof nonsense);
  expect_failed(nonsense.id);
  const std::string directory = "/proc/" + std::to_string(pid());
  return read_file(directory + "/task/" + std::to_string(pid()) + "/children");
}

void program::run(int control, int slots, int host)
{
  const int given[] = {control, slots, host};
  int high[3];
  for (int i = 0; i != 3; ++i) high[i] = ::fcntl(given[i], F_DUPFD, 64);
  for (int i = 0; i != 3; ++i) ::dup2(high[i], 3 + i);
  char name[] = "linx-spawner";
  char* const argv[] = {name, nullptr};
  char* const environment[] = {nullptr};
  ::execve(spawner_path().c_str(), argv, environment);
  ::_exit(127);
}

parked_child::parked_child(program& spawner, request wanted, bool wait, made_by maker)
    : spawner_(spawner), id_(wanted.id), slot_(wanted.slot), maker_(maker)
{
  pair checkpoint;
  pair output = make_pipe();
  if (maker == made_by::host) {
    checkpoint = make_checkpoint();
    wanted.give(wire::fd_role::checkpoint, checkpoint.child.get());
  } else {
    wanted.with(wire::spawn_flags::introduce);
  }
  bool has_stdout = false;
  for (const auto& [role, fd] : wanted.roles) has_stdout = has_stdout || role == wire::fd_role::stdout_;
  if (!has_stdout) wanted.give(wire::fd_role::stdout_, output.child.get());
  spawner.send(wanted);
  checkpoint_ = std::move(checkpoint.host);
  output_ = std::move(output.host);
  checkpoint.child.close();
  output.child.close();
  if (wait) {
    accept();
    wait_ready();
  }
}

void parked_child::accept()
{
  spawned_ = spawner_.expect(wire::frame_type::spawned, id_);
  pidfd_ = std::move(spawned_.fds.at(0));
  if (maker_ == made_by::host) return;
  const auto& spawned = spawned_.as<wire::spawned_record>();
  BOOST_TEST_REQUIRE(spawned.flags == static_cast<std::uint32_t>(wire::spawned_flags::checkpoint));
  checkpoint_ = std::move(spawned_.fds.at(1));
  inner_pid_ = pid();
}

void parked_child::wait_ready()
{
  if (maker_ == made_by::child) return; // its introduction says it
  const record ready = receive_one(checkpoint());
  if (ready.is_end()) {
    const wire::status_slot& status = slot();
    BOOST_TEST_REQUIRE(false, "died before READY at stage " << static_cast<int>(status.where) << ": "
                                                            << std::strerror(status.error));
  }
  BOOST_TEST_REQUIRE(static_cast<int>(ready.type()) == static_cast<int>(wire::frame_type::ready));
  inner_pid_ = static_cast<int>(ready.as<wire::ready_record>().pid);
}

void parked_child::send(const std::string& frame, const std::vector<int>& fds)
{
  const int error = send_datagram(checkpoint(), frame.data(), frame.size(), fds);
  if (error != 0) throw std::runtime_error(std::string("send to child: ") + std::strerror(error));
}

record parked_child::ask(steps list, const std::vector<int>& fds)
{
  send(step_frame(wire::frame_type::step, ++last_step_, std::move(list), static_cast<unsigned>(fds.size())),
       fds);
  record answer = receive_one(checkpoint());
  BOOST_TEST_REQUIRE(!answer.is_end());
  BOOST_TEST_REQUIRE(static_cast<int>(answer.type()) == static_cast<int>(wire::frame_type::done));
  BOOST_TEST_REQUIRE(answer.id() == last_step_);
  return answer;
}

int parked_child::step(steps list, const std::vector<int>& fds)
{
  return ask(std::move(list), fds).as<wire::done_record>().error;
}

wire::slot_state parked_child::outcome()
{
  const record end = receive_one(checkpoint());
  BOOST_TEST_REQUIRE(end.is_end());
  return wire::load_state(slot());
}

std::string parked_child::run(steps list, int expected_status)
{
  proceed(std::move(list));
  const wire::slot_state state = outcome();
  if (state == wire::slot_state::failed) {
    BOOST_TEST_MESSAGE("failed at stage " << static_cast<int>(slot().where) << ": "
                                          << std::strerror(slot().error));
  }
  BOOST_TEST(static_cast<int>(state) == static_cast<int>(wire::slot_state::exec));
  const std::string text = output();
  BOOST_TEST(spawner_.expect_exited(id_) == expected_status);
  return text;
}

std::vector<std::string> shell(std::string script)
{
  return {"/bin/sh", "-c", std::move(script)};
}

void kill_pidfd(int pidfd, int signal)
{
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) != 0) fail_errno("pidfd_send_signal");
}

bool process_exists(int pid)
{
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

bool is_closed_to_us(int pid)
{
  if (::geteuid() == 0) return false;
  BOOST_TEST(::access(("/proc/" + std::to_string(pid) + "/fd").c_str(), R_OK) != 0);
  BOOST_TEST_MESSAGE("skipped: it takes root to look into process " << pid);
  return true;
}

} // namespace linx::test::spawner
