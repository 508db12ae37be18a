// docs/diag.md takes nothing as given.
#pragma once
