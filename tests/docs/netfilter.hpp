// What docs/netfilter.md takes as given.
#pragma once

namespace linx::netfilter {}
namespace nf = linx::netfilter;
