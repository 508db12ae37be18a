// A program that embeds linx: one io_context on one thread, which runs tasks to their end.
#pragma once

#include <linx/core/spawn.hpp>

#include <boost/asio/io_context.hpp>

#include <stdexcept>
#include <utility>
#include <vector>

namespace linx::bench {

class host {
public:
  boost::asio::io_context& context() noexcept { return context_; }

  // Runs the tasks concurrently; throws the first error as a std::runtime_error.
  void run(std::vector<task<>> all)
  {
    result<> outcome = success();
    for (auto& one : all) {
      linx::spawn(context_, std::move(one), [&outcome](result<> yielded) {
        if (!yielded && outcome) outcome = std::move(yielded);
      });
    }
    finish();
    if (!outcome) throw std::runtime_error(outcome.assume_error().message());
  }

  void run(task<> only)
  {
    std::vector<task<>> all;
    all.push_back(std::move(only));
    run(std::move(all));
  }

  // What the task yields.
  template <class T>
  T value(task<T> only)
  {
    result<T> outcome;
    linx::spawn(context_, std::move(only), [&outcome](result<T> yielded) { outcome = std::move(yielded); });
    finish();
    if (!outcome) throw std::runtime_error(outcome.assume_error().message());
    return std::move(outcome).assume_value();
  }

private:
  void finish()
  {
    context_.restart();
    context_.run();
  }

  boost::asio::io_context context_{1};
};

} // namespace linx::bench
