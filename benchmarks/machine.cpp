#include "machine.hpp"

#include <ctime>
#include <fstream>
#include <thread>

#include <sys/utsname.h>

namespace linx::bench {

namespace {

std::string processor_here()
{
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string now_in_utc()
{
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

} // namespace

machine machine::here()
{
  utsname system{};
  ::uname(&system);
  machine m;
  m.kernel = system.release;
  m.processor = processor_here();
  m.cpus = std::thread::hardware_concurrency();
  m.time = now_in_utc();
  return m;
}

} // namespace linx::bench
