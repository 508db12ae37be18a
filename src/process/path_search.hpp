/// A program by its name, as execvp(3) finds it.
#pragma once

#include <linx/process/options.hpp>

#include <string>
#include <string_view>

namespace linx::detail {

/// The value of PATH in the environment that a child of these options gets; what execvp(3) takes without it.
///
/// \param environment as `environ`.
std::string path_of_child(const process_options&, char** environment);

/// The first file of that name that the caller may execute in the directories of `path`.
/// Errors: as of `process_options::search_path`.
result<std::string> find_in_path(const std::string& name, std::string_view path);

/// With `search_path()`, gives a program without a '/' in its name the path at which it was found.
result<> find_program(process_options&);

} // namespace linx::detail
