// What docs/uevent.md takes as given.
#pragma once

#include <iostream>
