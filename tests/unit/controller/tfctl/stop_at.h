// An output that ends a watch.
#pragma once

#include <semaphore>
#include <sstream>
#include <stop_token>
#include <string>
#include <utility>

namespace tinyforge::tfctl {

// Ends the watch as soon as it shows a text.
class StopAt : public std::stringbuf {
 public:
  StopAt(std::string text, std::stop_source source) : text_(std::move(text)), source_(std::move(source)) {}
  int sync() override {
    if (str().find(text_) != std::string::npos) source_.request_stop();
    shown_.release();
    return 0;
  }
  void AwaitFirst() { shown_.acquire(); }

 private:
  const std::string text_;
  std::stop_source source_;
  std::counting_semaphore<1000> shown_{0};
};

}  // namespace tinyforge::tfctl
