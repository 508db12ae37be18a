// A program that embeds linx: one io_context on one thread, which runs tasks to their end.
#pragma once

#include <linx/core/spawn.hpp>

#include <boost/asio/io_context.hpp>

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace linx::bench {

class host {
public:
  boost::asio::io_context& context() noexcept { return context_; }

  // Runs the tasks concurrently; throws the first error as a std::runtime_error.
  template <class T>
  void run(std::vector<task<T>> all)
  {
    std::optional<error> failed;
    for (auto& one : all) {
      linx::spawn(context_, std::move(one), [&failed](result<T> yielded) {
        if (!yielded && !failed) failed = yielded.assume_error();
      });
    }
    context_.restart();
    context_.run();
    if (failed) throw std::runtime_error(failed->message());
  }

  template <class T>
  void run(task<T> only)
  {
    std::vector<task<T>> all;
    all.push_back(std::move(only));
    run(std::move(all));
  }

private:
  boost::asio::io_context context_{1};
};

} // namespace linx::bench
