// What docs/io.md takes as given.
#pragma once

#include <sys/types.h>

pid_t start_worker();
