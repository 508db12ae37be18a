#include "parking.hpp"

#include "descriptors.hpp"
#include "exit_file.hpp"
#include "kill_scope.hpp"
#include "reaping.hpp"
#include "signals.hpp"
#include "visitor.hpp"
#include "watch.hpp"

#include "process/protocol_init.hpp"

#include <asm/errno.h>
#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/wait.h>

namespace linx::spawner {

namespace {

constexpr bool is_init(std::uint32_t flags) noexcept
{
  return (flags & static_cast<std::uint32_t>(wire::parked_flags::init)) != 0;
}

bool is_name(const char* text, std::size_t size) noexcept
{
  for (std::size_t i = 0; i != size; ++i)
    if (text[i] == '\0' || text[i] == '/') return false;
  return size != 0 && size <= wire::longest_parked_name && text[0] != '.';
}

bool has_ended(std::uint32_t pid) noexcept
{
  siginfo_t info{};
  constexpr int look = WEXITED | WNOHANG | WNOWAIT | __WALL;
  return sys::call(__NR_waitid, P_PID, pid, &info, look, nullptr) != 0 || info.si_pid != 0;
}

/// Nobody else makes, removes or renames anything in it.
bool is_ours_alone(const state& state, int directory) noexcept
{
  struct statx about {};
  if (sys::call(__NR_statx, directory, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE | STATX_UID, &about) != 0)
    return false;
  constexpr unsigned others = 077;
  return (about.stx_mode & abi::s_ifmt) == abi::s_ifdir && (about.stx_mode & others) == 0 &&
         about.stx_uid == state.self.euid;
}

/// Of a socket of that name.
file_identity socket_at(int directory, const char* name) noexcept
{
  struct statx about {};
  constexpr unsigned mask = STATX_TYPE | STATX_INO;
  const bool found = sys::call(__NR_statx, directory, name, AT_SYMLINK_NOFOLLOW, mask, &about) == 0;
  if (!found || (about.stx_mode & abi::s_ifmt) != abi::s_ifsock) return {};
  return {about.stx_ino, about.stx_dev_major, about.stx_dev_minor};
}

/// By now another child may be parked under that name.
void remove_socket(const parked_child& child) noexcept
{
  const file_identity now = socket_at(fd::directory, child.name);
  if (now.inode == 0 || now.inode != child.socket.inode || now.major != child.socket.major ||
      now.minor != child.socket.minor)
    return;
  sys::call(__NR_unlinkat, fd::directory, child.name, 0);
}

/// 0, EINVAL for what breaks a rule of the protocol, ESTALE for a host that is not who it was, EPERM for a
/// directory that is not this user's alone, EBUSY beside other children, ESRCH if there is no such child any
/// more.
int check_request(state& state, bytes frame, int first_fd) noexcept
{
  if (frame.size < sizeof(wire::park_request)) return EINVAL;
  const auto& wanted = frame.as<wire::park_request>();
  if (wanted.header.fds != (is_init(wanted.flags) ? 5 : 4)) return EINVAL;
  if (wanted.arguments_length > wire::most_parked_arguments) return EINVAL;
  if (frame.size != sizeof wanted + wire::padded(wanted.name_length) + wire::padded(wanted.arguments_length))
    return EINVAL;
  frame.take(sizeof wanted);
  if (!is_name(reinterpret_cast<const char*>(frame.data), wanted.name_length)) return EINVAL;
  constexpr std::uint32_t process = 0;
  if (const int error = check_host(state, process, state.control.from()); error != 0) return error;
  if (!is_ours_alone(state, first_fd + 2)) return EPERM;
  const child_record* const child = state.children.find(wanted.pid);
  if (child == nullptr || child->id != wanted.header.id || has_ended(wanted.pid)) return ESRCH;
  return state.children.count() == 1 && !somebody_hangs(state) ? 0 : EBUSY;
}

void take_over(state& state, bytes frame, int first_fd) noexcept
{
  const auto& wanted = frame.take(sizeof(wire::park_request)).as<wire::park_request>();
  parked_child& child = state.parked;
  child.pid = wanted.pid;
  child.child_pid = wanted.child_pid;
  child.namespaces = wanted.namespaces;
  child.entered = wanted.entered;
  child.has_report = is_init(wanted.flags);
  if (child.has_report) child.flags |= static_cast<std::uint32_t>(wire::parked_flags::init);
  if (!state.children.find(wanted.pid)->tied)
    child.flags |= static_cast<std::uint32_t>(wire::parked_flags::outlives);
  child.name_length = wanted.name_length;
  __builtin_memcpy(child.name, frame.take(wire::padded(wanted.name_length)).data, wanted.name_length);
  child.name[child.name_length] = '\0';
  child.arguments_length = wanted.arguments_length;
  __builtin_memcpy(child.arguments, frame.data, wanted.arguments_length);

  sys::call(__NR_fcntl, first_fd + 1, F_SETFL, O_NONBLOCK);
  constexpr int places[] = {fd::checkpoint, fd::listener, fd::directory, fd::page, fd::report};
  for (int i = 0; i != wanted.header.fds; ++i) sys::call(__NR_dup3, first_fd + i, places[i], O_CLOEXEC);
  child.socket = socket_at(fd::directory, child.name);
  child.is_kept = true;
}

/// What `parked` says must reach the host; half a minute is for one that is stopped.
void leave_the_host(state& state) noexcept
{
  for (int attempt = 0; state.control.blocked() && attempt != 6000; ++attempt) {
    sys::sleep_us(room_pause_ms * 1000);
    state.control.flush();
  }
  state.control.abandon();
  sys::call(__NR_close, fd::control);
  close_between(fd::received, last_descriptor);
}

child_record& entry_of(state& state) noexcept
{
  return *state.children.find(state.parked.pid);
}

wire::frame_header head(std::size_t size, wire::frame_type type, std::uint8_t fds = 0) noexcept
{
  return {static_cast<std::uint32_t>(size), wire::version, fds, type, 0};
}

void read_page(parked_child& child) noexcept
{
  sys::call(__NR_pread64, fd::page, &child.page, sizeof child.page, 0);
  child.slot = {wire::load_state(child.page), child.page.error, child.page.where, child.page.step, 0};
}

// ------------------------------------------------------------------------------------------ the controller

bool is_there(const parked_child& child) noexcept
{
  pollfd end{fd::controller, 0, 0};
  return child.has_controller && (sys::poll(&end, 1, 0) <= 0 || end.revents == 0);
}

/// Whether the controller has read the end of the child. Nothing lies unread in its socket, by the kernel's
/// count; or it is gone, which empties that as well, and then the kernel says by a reset, before anything
/// else, that something was unread.
bool has_read_end(const parked_child& child) noexcept
{
  if (!child.has_controller || !child.is_sent) return false;
  int unread = 0;
  if (sys::call(__NR_ioctl, fd::controller, TIOCOUTQ, &unread) != 0 || unread != 0) return false;
  if (is_there(child)) return true;
  int reset = 0;
  std::uint32_t size = sizeof reset;
  return sys::call(__NR_getsockopt, fd::controller, abi::sol_socket, abi::so_error, &reset, &size) == 0 &&
         reset == 0;
}

void forget_controller(parked_child& child) noexcept
{
  if (!child.has_controller) return;
  child.has_controller = false;
  child.is_sent = false;
  sys::call(__NR_close, fd::controller);
}

void drop_controller(parked_child& child) noexcept
{
  child.is_told = child.is_told || has_read_end(child);
  forget_controller(child);
}

template <class Record>
bool tell(parked_child& child, const Record& record) noexcept
{
  if (!child.has_controller) return false;
  int error = ENOBUFS;
  while (lacks_room(error)) error = send_patiently(fd::controller, &record, sizeof record, nullptr, 0);
  if (error == 0) return true;
  forget_controller(child);
  return false;
}

void tell_end(parked_child& child) noexcept
{
  child.is_sent = tell(child, child.end);
}

void note_left(parked_child& child) noexcept
{
  if (child.has_left) return;
  child.has_left = true;
  sys::call(__NR_close, fd::checkpoint);
  read_page(child);
  wire::left_record record{};
  record.header = head(sizeof record, wire::frame_type::left);
  record.slot = child.slot;
  tell(child, record);
}

/// What the child's page says of its steps follows the arguments.
std::size_t write_answer(state& state, std::uint8_t fds) noexcept
{
  parked_child& child = state.parked;
  read_page(child);
  wire::attached_record record{};
  record.pid = child.pid;
  record.child_pid = child.child_pid;
  record.namespaces = child.namespaces;
  record.entered = child.entered;
  record.flags = child.flags;
  if (child.has_left) {
    record.flags |= static_cast<std::uint32_t>(wire::parked_flags::left);
    record.slot = child.slot;
  }
  record.scope = entry_of(state).scope;
  record.arguments_length = static_cast<std::uint16_t>(child.arguments_length);
  const std::uint32_t taken = child.page.taken_count;
  record.steps = static_cast<std::uint16_t>(
      taken < wire::status_slot::most_taken ? taken : wire::status_slot::most_taken);
  record.spawner = state.pid;

  const std::size_t arguments = wire::padded(child.arguments_length);
  const std::size_t steps = wire::padded(record.steps * sizeof(wire::stage));
  const std::size_t size = sizeof record + arguments + steps;
  record.header = head(size, wire::frame_type::attached, fds);
  record.header.id = std::uint64_t{++child.attachments} << 32;
  __builtin_memset(child.answer, 0, size);
  __builtin_memcpy(child.answer, &record, sizeof record);
  __builtin_memcpy(child.answer + sizeof record, child.arguments, child.arguments_length);
  __builtin_memcpy(child.answer + sizeof record + arguments, child.page.taken,
                   record.steps * sizeof(wire::stage));
  return size;
}

int send_answer(state& state) noexcept
{
  parked_child& child = state.parked;
  const long pidfd = sys::call(__NR_pidfd_open, child.pid, 0);
  if (pidfd < 0) return sys::error_of(pidfd);
  const int fds[] = {static_cast<int>(pidfd), fd::checkpoint};
  const unsigned count = child.has_left ? 1 : 2;
  const std::size_t size = write_answer(state, static_cast<std::uint8_t>(count));
  const int error = send_patiently(fd::controller, child.answer, size, fds, count);
  sys::call(__NR_close, pidfd);
  return error;
}

void refuse_visitor(int connection, int error) noexcept
{
  wire::refused_record record{};
  record.header = head(sizeof record, wire::frame_type::refused);
  record.error = error;
  send_message(connection, &record, sizeof record, nullptr, 0, abi::msg_dontwait);
  sys::call(__NR_close, connection);
}

void admit(state& state) noexcept
{
  parked_child& child = state.parked;
  const long accepted = sys::call(__NR_accept4, fd::listener, nullptr, nullptr, O_CLOEXEC);
  if (accepted == -EAGAIN || accepted == -EINTR || accepted == -ECONNABORTED) return;
  if (accepted < 0) return sys::sleep_us(room_pause_ms * 1000);
  const int connection = static_cast<int>(accepted);
  if (!is_there(child)) drop_controller(child);
  int error = check_visitor(state, connection);
  if (error == 0 && child.has_controller) error = EBUSY;
  if (error != 0) return refuse_visitor(connection, error);
  if (connection != fd::controller) {
    sys::call(__NR_dup3, connection, fd::controller, O_CLOEXEC);
    sys::call(__NR_close, connection);
  }
  child.has_controller = true;
  child.is_sent = false;
  error = send_answer(state);
  if (error != 0) {
    child.has_controller = false;
    return refuse_visitor(fd::controller, error);
  }
  if (child.has_ended) tell_end(child);
}

void obey(state& state, bytes frame) noexcept
{
  if (frame.size < sizeof(wire::frame_header)) return;
  const auto& header = frame.as<wire::frame_header>();
  if (!wire::is_neighbour(header.version) || state.parked.has_ended) return;
  if (header.type == wire::frame_type::kill) end_scope(entry_of(state));
  if (header.type == wire::frame_type::kill_rest) entry_of(state).kill_rest = true;
}

/// One frame, or the end of the connection. All other errors pass: who is dropped while it is there takes
/// this spawner for dead, and ends the child.
void hear_controller(state& state) noexcept
{
  alignas(8) std::byte room[sizeof(wire::frame_header)];
  rights control;
  iovec whole[] = {{room, sizeof room}};
  const received_message message = receive_message(fd::controller, whole, control, abi::msg_dontwait);
  for (unsigned i = 0; i != message.fds; ++i) sys::call(__NR_close, message.first_fd[i]);
  if (message.size > 0) return obey(state, {room, static_cast<std::size_t>(message.size)});
  if (message.size == 0) return drop_controller(state.parked);
  if (message.size == -ECONNRESET) return forget_controller(state.parked); // has not read all
  if (message.size != -EAGAIN && message.size != -EINTR) sys::sleep_us(room_pause_ms * 1000);
}

// ------------------------------------------------------------------------------------------------- the end

/// The end of the workload, where process 1 has said so.
void take_report(wire::exited_record& end) noexcept
{
  std::byte report[sizeof(wire::init_report) + 1];
  const long size = sys::call(__NR_read, fd::report, report, sizeof report);
  wire::take_init_report(end.code, end.status, report, size > 0 ? static_cast<std::size_t>(size) : 0);
}

void conclude(state& state, const siginfo_t& info, const rusage& usage) noexcept
{
  parked_child& child = state.parked;
  child_record& record = entry_of(state);
  if (record.kill_rest) end_scope(record);
  note_left(child);
  child.end = record_of(record, info, usage);
  if (child.has_report) take_report(child.end);
  child.has_ended = true;
}

/// Others may come to a spawner whose child has a tree.
void look_for_ends(state& state) noexcept
{
  while (!state.parked.has_ended) {
    siginfo_t info{};
    rusage usage{};
    constexpr int look = WEXITED | WNOHANG | WNOWAIT | __WALL;
    const long found = sys::call(__NR_waitid, P_ALL, 0, &info, look, &usage);
    if (found < 0) sys::exit(1); // there is that child, and it is not reaped
    if (info.si_pid == 0) return;
    if (static_cast<std::uint32_t>(info.si_pid) == state.parked.pid) return conclude(state, info, usage);
    sys::call(__NR_waitid, P_PID, info.si_pid, nullptr, WEXITED | WNOHANG | __WALL, nullptr);
  }
}

/// Whether all is done. Without room for the record somebody has to have heard of it; without the directory
/// nobody will come.
bool is_over(parked_child& child) noexcept
{
  if (!child.has_ended) return false;
  if (!child.is_recorded) {
    const int error = write_exit_file(fd::directory, child);
    child.is_recorded = error == 0 || error == ENOENT;
  }
  if (!child.is_sent) tell_end(child); // read or not, it stays in the controller's socket
  if (!child.is_recorded && !child.is_told && !has_read_end(child)) return false;
  remove_socket(child);
  sys::call(__NR_waitid, P_PID, child.pid, nullptr, WEXITED | WNOHANG | __WALL, nullptr);
  return true;
}

} // namespace

void park(state& state, const frame& frame) noexcept
{
  const int error = check_request(state, frame.data, frame.first_fd);
  wire::parked_record record{};
  record.header = head(sizeof record, wire::frame_type::parked);
  record.header.id = frame.data.as<wire::frame_header>().id;
  record.error = error;
  if (error == 0) take_over(state, frame.data, frame.first_fd);
  state.control.send(&record);
}

void keep_parked(state& state) noexcept
{
  constexpr long next_attempt_ms = 1000; // at the record
  parked_child& child = state.parked;
  leave_the_host(state);
  look_for_ends(state);
  while (!is_over(child)) {
    pollfd set[] = {{fd::signals, POLLIN, 0},
                    {fd::listener, POLLIN, 0},
                    {child.has_controller ? fd::controller : -1, POLLIN, 0},
                    {child.has_left ? -1 : fd::checkpoint, 0, 0}};
    if (sys::poll(set, 4, child.has_ended ? next_attempt_ms : sys::for_ever) < 0) {
      sys::sleep_us(pause_without_poll_us);
      set[3].revents = 0;
      set[0].revents = set[1].revents = set[2].revents = POLLIN; // none of these waits
    }
    if (set[0].revents != 0) forget_signals();
    if (set[3].revents != 0) note_left(child);
    if (set[2].revents != 0 && child.has_controller) hear_controller(state);
    if (set[1].revents != 0) admit(state);
    look_for_ends(state);
  }
}

} // namespace linx::spawner
