// docs/ns.md takes nothing as given.
#pragma once
