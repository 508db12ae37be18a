// docs/io.md takes nothing as given.
#pragma once
