// Descriptors that belong to the network namespace they are opened in.
#pragma once

#include <linx/ns/handle.hpp>

#include <functional>

namespace linx::ns {

// Runs `open` on a helper thread inside `net`; it returns a descriptor or -1 with errno, and throws nothing.
// `what` says what is wanted in the error for a handle of another kind: "a socket".
//
// Errors: as of `open_socket`.
result<io::unique_fd> open_inside(const handle& net, std::string_view what, const std::function<int()>& open);

} // namespace linx::ns
