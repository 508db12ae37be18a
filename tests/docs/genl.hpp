// docs/genl.md takes nothing as given.
#pragma once
