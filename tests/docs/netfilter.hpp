// What docs/netfilter.md takes as given.
#pragma once

namespace nf = linx::netfilter;
