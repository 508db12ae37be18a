// What docs/process.md takes as given.
#pragma once

#include <linx/core/spawn.hpp>
#include <linx/process/process.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/resource.h>

namespace asio = boost::asio;

extern linx::process_options options;
extern linx::process child;
extern linx::io::unique_fd lock, listener;
extern std::array<char, 4096> bytes;
extern std::vector<linx::ns::handle> handles;
extern int directory;
