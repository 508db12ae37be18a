// Work in another namespace, on a thread that ends with it.
#pragma once

#include <linx/core/result.hpp>

#include <functional>

namespace linx::ns {

// Runs `work` on a thread of its own with all signals blocked, and waits for it. What it joins or makes anew
// belongs to that thread and goes with it; the caller's own thread changes nothing. `work` throws nothing.
//
// Errors: stage `clone`, `EAGAIN` if no thread is to be had.
result<> on_helper_thread(const std::function<void()>& work);

} // namespace linx::ns
