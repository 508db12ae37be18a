// A host of the spawner in its barest form: raw sockets and blocking reads with a deadline. It shares nothing
// with src/process, so that it tests the program and not one side's idea of it.
#pragma once

#include "process/protocol.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linx::test::spawner {

// Longer than anything here takes under a sanitizer; only a failure waits for it.
inline constexpr int deadline_ms = 20'000;

[[noreturn]] inline void fail_errno(const std::string& what)
{
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd)
  {
    if (fd < 0) fail_errno("descriptor");
  }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept
  {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() { close(); }
  int get() const { return fd_; }
  void close()
  {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

private:
  int fd_ = -1;
};

struct pair {
  descriptor host, child;
};

inline pair make_checkpoint()
{
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) fail_errno("socketpair");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

inline pair make_pipe()
{
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail_errno("pipe2");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

inline bool wait_readable(int fd, int timeout_ms = deadline_ms)
{
  pollfd set{fd, POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&set, 1, timeout_ms)) < 0 && errno == EINTR) {
  }
  return ready > 0;
}

inline std::string read_all(int fd)
{
  std::string text;
  char buffer[4096];
  while (wait_readable(fd)) {
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
  }
  throw std::runtime_error("no end of file, read so far: " + text);
}

inline std::string read_file(const std::string& path)
{
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const descriptor file(fd);
  return read_all(fd);
}

// A datagram sent or received, with its descriptors.
inline int send_datagram(int socket, const void* data, std::size_t size, const std::vector<int>& fds = {})
{
  iovec part{const_cast<void*>(data), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * wire::max_fds)];
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    std::memset(control, 0, sizeof control);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

struct record {
  std::vector<std::uint64_t> words; // aligned for every frame
  std::vector<descriptor> fds;

  bool is_end() const { return words.empty(); }
  template <class T>
  const T& as() const
  {
    BOOST_TEST_REQUIRE(words.size() * 8 >= sizeof(T));
    return *reinterpret_cast<const T*>(words.data());
  }
  wire::frame_type type() const { return as<wire::frame_header>().type; }
  std::uint64_t id() const { return as<wire::frame_header>().id; }
};

// The frames of one datagram; one record that is_end() at the end of file.
inline std::vector<record> receive_datagram(int socket)
{
  if (!wait_readable(socket)) throw std::runtime_error("no answer within the deadline");
  std::vector<std::uint64_t> buffer(wire::max_datagram / 8);
  iovec part{buffer.data(), wire::max_datagram};
  msghdr message{};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * wire::max_fds)];
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  std::vector<record> records;
  if (size <= 0) {
    records.emplace_back();
    return records;
  }
  std::deque<descriptor> fds;
  if (cmsghdr* const header = CMSG_FIRSTHDR(&message)) {
    for (std::size_t i = 0; i != (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
  for (std::size_t offset = 0; offset < static_cast<std::size_t>(size);) {
    const auto& header = *reinterpret_cast<const wire::frame_header*>(buffer.data() + offset / 8);
    if (header.length < sizeof header || header.length % 8 != 0) throw std::runtime_error("bad frame length");
    record& next = records.emplace_back();
    next.words.assign(buffer.begin() + static_cast<long>(offset / 8),
                      buffer.begin() + static_cast<long>((offset + header.length) / 8));
    for (unsigned i = 0; i != header.fds; ++i) {
      if (fds.empty()) throw std::runtime_error("a frame claims descriptors that did not come");
      next.fds.push_back(std::move(fds.front()));
      fds.pop_front();
    }
    offset += header.length;
  }
  return records;
}

// Receives one record from a checkpoint socket.
inline record receive_one(int socket)
{
  std::vector<record> records = receive_datagram(socket);
  if (records.size() != 1) throw std::runtime_error("more than one frame on a checkpoint socket");
  return std::move(records.front());
}

class byte_writer {
public:
  template <class T>
  byte_writer& put(const T& value)
  {
    const auto* begin = reinterpret_cast<const char*>(&value);
    data_.append(begin, sizeof value);
    return *this;
  }
  byte_writer& put_text(std::string_view text)
  {
    data_.append(text);
    return *this;
  }
  byte_writer& pad()
  {
    data_.resize(wire::padded(data_.size()), '\0');
    return *this;
  }
  std::string& data() { return data_; }

private:
  std::string data_;
};

// A list of steps.
class steps {
public:
  steps& add(wire::stage what, std::string_view payload = {}, bool after_marker = false, unsigned fds = 0)
  {
    wire::step_header header{};
    header.what = what;
    header.flags = after_marker ? static_cast<std::uint8_t>(wire::step_flags::after_marker) : 0;
    header.fds = static_cast<std::uint8_t>(fds);
    header.length = static_cast<std::uint32_t>(payload.size());
    out_.put(header).put_text(payload).pad();
    return *this;
  }
  template <class T>
  steps& add_value(wire::stage what, const T& value)
  {
    return add(what, {reinterpret_cast<const char*>(&value), sizeof value});
  }
  const std::string& bytes() { return out_.data(); }

private:
  byte_writer out_;
};

inline std::string step_frame(wire::frame_type type, std::uint64_t id, steps list = {}, unsigned fds = 0)
{
  byte_writer out;
  wire::frame_header header{};
  header.length = static_cast<std::uint32_t>(sizeof header + list.bytes().size());
  header.version = wire::version;
  header.fds = static_cast<std::uint8_t>(fds);
  header.type = type;
  header.id = id;
  return out.put(header).put_text(list.bytes()).data();
}

// What this process is, as a host has to say it.
inline wire::credentials own_credentials()
{
  wire::credentials self{};
  ::getresuid(&self.ruid, &self.euid, &self.suid);
  ::getresgid(&self.rgid, &self.egid, &self.sgid);
  std::vector<gid_t> groups(65536);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  self.groups = wire::groups_hash(groups.data(), static_cast<std::size_t>(count));
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  ::syscall(SYS_capget, &header, data);
  self.permitted = (std::uint64_t{data[1].permitted} << 32) | data[0].permitted;
  self.no_new_privs = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  self.seccomp = static_cast<std::uint8_t>(::prctl(PR_GET_SECCOMP));
  return self;
}

// A spawn request under construction. `arguments` is argv; the program is its first unless `path` says
// otherwise.
struct request {
  explicit request(std::uint64_t number, std::vector<std::string> argv = {"/bin/true"})
      : id(number), arguments(std::move(argv)), path(arguments.front())
  {}

  request& give(wire::fd_role role, int fd)
  {
    roles.emplace_back(role, fd);
    return *this;
  }
  request& extra(int fd, std::uint32_t target)
  {
    extra_fds.push_back(fd);
    targets.push_back(target);
    return *this;
  }
  request& with(wire::spawn_flags flag)
  {
    flags |= static_cast<std::uint32_t>(flag);
    return *this;
  }

  std::string body() const
  {
    byte_writer out;
    for (const std::uint32_t target : targets) out.put(target);
    out.pad().put_text(steps_bytes);
    for (const std::string& text : strings()) out.put_text(text).put('\0');
    return out.pad().data();
  }
  std::vector<std::string> strings() const
  {
    std::vector<std::string> all{path};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.insert(all.end(), environment.begin(), environment.end());
    return all;
  }

  // The frame; its descriptors in order are in `out_fds`.
  std::string frame(std::vector<int>& out_fds) const
  {
    wire::spawn_request head{};
    std::vector<std::pair<wire::fd_role, int>> ordered = roles;
    std::sort(ordered.begin(), ordered.end());
    for (const auto& [role, fd] : ordered) {
      head.fd_roles |= static_cast<std::uint32_t>(role);
      out_fds.push_back(fd);
    }
    out_fds.insert(out_fds.end(), extra_fds.begin(), extra_fds.end());
    out_fds.insert(out_fds.end(), step_fds.begin(), step_fds.end());
    const bool in_file = (head.fd_roles & static_cast<std::uint32_t>(wire::fd_role::body)) != 0;
    const std::string rest = in_file ? std::string() : body();
    std::size_t strings_length = 0;
    for (const std::string& text : strings()) strings_length += text.size() + 1;

    head.header.length = static_cast<std::uint32_t>(sizeof head + rest.size());
    head.header.version = wire::version;
    head.header.fds = static_cast<std::uint8_t>(roles.size() + extra_fds.size() + step_fds.size());
    head.header.type = wire::frame_type::spawn;
    head.header.id = id;
    head.flags = flags;
    head.namespaces = namespaces;
    head.slot = slot;
    head.extra_fds = static_cast<std::uint16_t>(extra_fds.size());
    head.step_fds = static_cast<std::uint16_t>(step_fds.size());
    head.orphan = orphan;
    head.grace_ms = grace_ms;
    head.argc = static_cast<std::uint32_t>(arguments.size());
    head.envc = static_cast<std::uint32_t>(environment.size());
    head.steps_length = static_cast<std::uint32_t>(steps_bytes.size());
    head.strings_length = static_cast<std::uint32_t>(strings_length);
    head.host = host;
    head.monotonic = monotonic;
    head.boottime = boottime;
    return byte_writer().put(head).put_text(rest).data();
  }

  std::uint64_t id;
  std::vector<std::string> arguments;
  std::string path;
  std::vector<std::string> environment{"PATH=/usr/bin:/bin:/usr/sbin:/sbin"};
  std::vector<std::pair<wire::fd_role, int>> roles;
  std::vector<int> extra_fds, step_fds;
  std::vector<std::uint32_t> targets;
  std::string steps_bytes;
  std::uint32_t flags = 0, namespaces = 0, slot = 0;
  wire::orphan_policy orphan = wire::orphan_policy::kill;
  std::uint32_t grace_ms = 0;
  wire::credentials host = own_credentials();
  wire::timens_offset monotonic{}, boottime{};
};

// A running spawner, double-forked as a host does it.
class program {
public:
  explicit program(std::size_t slot_count = 256) : slot_count_(slot_count)
  {
    pair control = make_checkpoint();
    const descriptor slots(::memfd_create("slots", MFD_CLOEXEC));
    const std::size_t size = slot_count * sizeof(wire::status_slot);
    if (::ftruncate(slots.get(), static_cast<off_t>(size)) != 0) fail_errno("ftruncate");
    slots_ = static_cast<wire::status_slot*>(
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, slots.get(), 0));
    if (slots_ == MAP_FAILED) fail_errno("mmap");
    const descriptor host(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));

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
  ~program()
  {
    control_.close();
    if (pidfd_.get() >= 0) wait_readable(pidfd_.get());
    ::munmap(slots_, slot_count_ * sizeof(wire::status_slot));
  }
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  int control() const { return control_.get(); }
  void close_control() { control_.close(); }
  int pidfd() const { return pidfd_.get(); }
  int pid() const { return static_cast<int>(hello_.as<wire::hello_record>().pid); }
  const record& hello() const { return hello_; }
  wire::status_slot& slot(std::size_t index) { return slots_[index]; }

  void send(const request& wanted)
  {
    if (wanted.slot < slot_count_) slots_[wanted.slot] = {};
    std::vector<int> fds;
    const std::string frame = wanted.frame(fds);
    const int error = send_datagram(control(), frame.data(), frame.size(), fds);
    if (error != 0) throw std::runtime_error(std::string("send: ") + std::strerror(error));
  }

  record next()
  {
    while (waiting_.empty()) {
      for (record& each : receive_datagram(control())) waiting_.push_back(std::move(each));
    }
    record first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
  }
  record expect(wire::frame_type type, std::uint64_t id)
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
  // What `failed` says: stage and errno.
  std::pair<wire::stage, int> expect_failed(std::uint64_t id)
  {
    const record got = expect(wire::frame_type::failed, id);
    return {got.as<wire::failed_record>().where, got.as<wire::failed_record>().error};
  }
  // The exit status, or 128 + signal.
  int expect_exited(std::uint64_t id)
  {
    const record got = expect(wire::frame_type::exited, id);
    const auto& exited = got.as<wire::exited_record>();
    return exited.code == CLD_EXITED ? exited.status : 128 + exited.status;
  }

  // The pids of its children, dead ones too. A record is sent before the child is reaped, so this first makes
  // sure that the spawner is done with what it has sent.
  std::string children()
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

private:
  [[noreturn]] static void run(int control, int slots, int host)
  {
    const int given[] = {control, slots, host};
    int high[3];
    for (int i = 0; i != 3; ++i) high[i] = ::fcntl(given[i], F_DUPFD, 64);
    for (int i = 0; i != 3; ++i) ::dup2(high[i], 3 + i);
    char name[] = "linx-spawner";
    char* const argv[] = {name, nullptr};
    char* const environment[] = {nullptr};
    ::execve(LINX_SPAWNER_PATH, argv, environment);
    ::_exit(127);
  }

  std::size_t slot_count_;
  wire::status_slot* slots_ = nullptr;
  descriptor control_;
  descriptor pidfd_;
  record hello_;
  std::deque<record> waiting_;
};

// A child at its checkpoint.
class parked_child {
public:
  // Sends the request with a checkpoint and the pipe of its output, and waits for READY unless told
  // otherwise.
  parked_child(program& spawner, request wanted, bool wait = true)
      : spawner_(spawner), id_(wanted.id), slot_(wanted.slot)
  {
    pair checkpoint = make_checkpoint();
    pair output = make_pipe();
    wanted.give(wire::fd_role::checkpoint, checkpoint.child.get());
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

  void accept()
  {
    spawned_ = spawner_.expect(wire::frame_type::spawned, id_);
    pidfd_ = std::move(spawned_.fds.at(0));
  }
  void wait_ready()
  {
    const record ready = receive_one(checkpoint());
    if (ready.is_end()) {
      const wire::status_slot& status = slot();
      BOOST_TEST_REQUIRE(false, "died before READY at stage " << static_cast<int>(status.where) << ": "
                                                              << std::strerror(status.error));
    }
    BOOST_TEST_REQUIRE(static_cast<int>(ready.type()) == static_cast<int>(wire::frame_type::ready));
    inner_pid_ = static_cast<int>(ready.as<wire::ready_record>().pid);
  }

  void send(const std::string& frame, const std::vector<int>& fds = {})
  {
    const int error = send_datagram(checkpoint(), frame.data(), frame.size(), fds);
    if (error != 0) throw std::runtime_error(std::string("send to child: ") + std::strerror(error));
  }
  record ask(steps list, const std::vector<int>& fds = {})
  {
    send(step_frame(wire::frame_type::step, ++last_step_, std::move(list), static_cast<unsigned>(fds.size())),
         fds);
    record answer = receive_one(checkpoint());
    BOOST_TEST_REQUIRE(!answer.is_end());
    BOOST_TEST_REQUIRE(static_cast<int>(answer.type()) == static_cast<int>(wire::frame_type::done));
    BOOST_TEST_REQUIRE(answer.id() == last_step_);
    return answer;
  }
  int step(steps list, const std::vector<int>& fds = {})
  {
    return ask(std::move(list), fds).as<wire::done_record>().error;
  }
  void proceed(steps list = {}) { send(step_frame(wire::frame_type::proceed, 0, std::move(list))); }

  // Waits for the end of file and reads the slot.
  wire::slot_state outcome()
  {
    const record end = receive_one(checkpoint());
    BOOST_TEST_REQUIRE(end.is_end());
    return wire::load_state(slot());
  }
  wire::status_slot& slot() { return spawner_.slot(slot_); }
  std::string output() { return read_all(output_.get()); }
  // Proceeds, waits for the exit and returns what it printed.
  std::string run(steps list = {}, int expected_status = 0)
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

  int checkpoint() const { return checkpoint_.get(); }
  void abort() { checkpoint_.close(); }
  int pid() const { return static_cast<int>(spawned_.as<wire::spawned_record>().pid); }
  int pidfd() const { return pidfd_.get(); }
  const record& spawned() const { return spawned_; }
  int inner_pid() const { return inner_pid_; }

private:
  program& spawner_;
  std::uint64_t id_;
  std::uint32_t slot_;
  descriptor checkpoint_, output_, pidfd_;
  record spawned_;
  int inner_pid_ = 0;
  std::uint64_t last_step_ = 0;
};

inline std::vector<std::string> shell(std::string script)
{
  return {"/bin/sh", "-c", std::move(script)};
}

inline void kill_pidfd(int pidfd, int signal)
{
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) != 0) fail_errno("pidfd_send_signal");
}

inline bool process_exists(int pid)
{
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

} // namespace linx::test::spawner
