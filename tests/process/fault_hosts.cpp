#include "process/fault_hosts.hpp"

#include <fstream>

namespace linx::test {

void host_farm::start(std::string name, const body& what, bool killed)
{
  void* shared =
      ::mmap(nullptr, sizeof(host_record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  BOOST_REQUIRE(shared != MAP_FAILED);
  auto* record = new (shared) host_record;
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  BOOST_REQUIRE(pid >= 0);
  if (pid == 0) {
    std::string wrong = "an exception";
    try {
      wrong = what(*record);
    } catch (const std::exception& e) {
      wrong = e.what();
    }
    std::strncpy(record->complaint, wrong.c_str(), sizeof record->complaint - 1);
    record->ended = true;
    ::_exit(0);
  }
  hosts_.push_back({std::move(name), pid, record, killed});
}

void host_farm::finish()
{
  const auto deadline = clock::now() + patience;
  while (!nobody_left()) {
    continue_the_stopped();
    if (clock::now() > deadline) {
      complain_about_the_rest();
      break;
    }
    ::usleep(2000);
  }
  for (auto& h : hosts_) ::munmap(h.record, sizeof(host_record));
  hosts_.clear();
}

host_farm::host* host_farm::find(pid_t pid)
{
  for (auto& h : hosts_)
    if (h.pid == pid) return &h;
  return nullptr;
}

bool host_farm::nobody_left()
{
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED);
    if (pid < 0) return errno == ECHILD;
    if (pid == 0) return false;
    host* const h = find(pid);
    if (h && WIFSTOPPED(status))
      h->stopped = clock::now();
    else if (h)
      check(*h, status);
    else if (WIFSTOPPED(status))
      stopped_others_.push_back(pid);
  }
}

void host_farm::check(host& h, int status)
{
  h.pid = 0;
  // A host that died at a stage where the spawner or the child was stopped.
  for (const pid_t pid : {h.record->child, h.record->spawner})
    if (pid > 0) ::kill(pid, SIGCONT);
  if (h.killed) {
    BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !h.record->ended),
               h.name + ": " + h.record->complaint);
    return;
  }
  BOOST_TEST(h.record->ended, h.name + ": died, status " + std::to_string(status));
  BOOST_TEST(std::string(h.record->complaint) == "", h.name + ": " + h.record->complaint);
}

void host_farm::continue_the_stopped()
{
  const bool over = std::none_of(hosts_.begin(), hosts_.end(), [](const host& h) { return h.pid > 0; });
  for (const pid_t pid : over ? std::exchange(stopped_others_, {}) : std::vector<pid_t>())
    ::kill(pid, SIGCONT);
  for (auto& h : hosts_) {
    if (!h.stopped || clock::now() < *h.stopped + pause) continue;
    h.stopped.reset();
    ::kill(h.pid, SIGCONT);
  }
}

void host_farm::complain_about_the_rest()
{
  for (int generation = 0; generation != 4 && !nobody_left(); ++generation) {
    for (const pid_t pid : children_of(::getpid())) {
      std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
      std::string command;
      std::getline(file, command);
      for (char& c : command)
        if (c == 0) c = ' ';
      const host* const h = find(pid);
      BOOST_ERROR((h ? "still running: host of " + h->name : "left behind: " + command) + ", pid " +
                  std::to_string(pid) + ", state " + status_field(pid, "State"));
      ::kill(pid, SIGKILL);
    }
    ::usleep(100'000);
  }
}

} // namespace linx::test
