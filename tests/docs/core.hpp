// docs/core.md takes nothing as given.
#pragma once
