// What is ours of a network, as a document that the next run reads.
#pragma once

#include "document.hpp"

#include <linx/rtnl/desired.hpp>

#include <map>
#include <string>
#include <utility>

namespace ip_tool {

/// Keeps the entries of documents as they were written, to write those of them that are ours.
class remembered {
public:
  /// A later document's entry takes the place of an earlier one for the same object.
  linx::result<> add(std::string_view document, const std::string& name);
  std::string text(const linx::rtnl::desired& ours) const;

private:
  std::map<std::pair<std::string, std::string>, json> entries_; // by section and by what each is about
};

} // namespace ip_tool
