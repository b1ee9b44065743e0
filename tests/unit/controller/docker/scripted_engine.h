// An Engine that answers as a test says, over a real unix socket. One thread; one connection after the other, as many
// requests on each as the client sends.
#pragma once

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "controller/runtime/guarded.h"

namespace tinyforge::docker {

inline std::string Answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class ScriptedEngine {
 public:
  // Raw bytes to send for "METHOD target"; empty: the connection is closed; "hang": nothing until the client goes.
  using Script = std::function<std::string(const std::string& line)>;

  explicit ScriptedEngine(Script script) : script_(std::move(script)) {
    folder_ = mkdtemp(name_);
    path_ = folder_ + "/s";
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{.sun_family = AF_UNIX};
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener_, 16);
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }

  ~ScriptedEngine() {
    thread_.request_stop();
    thread_.join();
    close(listener_);
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }

  std::string host() const { return "unix://" + path_; }
  std::mutex& mutex() { return mutex_; }                             // held while the script runs
  std::vector<std::string> requests() { return *requests_.Lock(); }  // whole, without those for /version
  int connections() { return *connections_.Lock(); }

 private:
  std::string Scripted(const std::string& line) {
    std::lock_guard lock(mutex_);
    return script_(line);
  }

  bool Readable(int fd, const std::stop_token& stop) {
    pollfd waiting{.fd = fd, .events = POLLIN};
    while (!stop.stop_requested()) {
      if (poll(&waiting, 1, 20) > 0) return true;
    }
    return false;
  }

  void Run(const std::stop_token& stop) {
    while (Readable(listener_, stop)) {
      int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      ++*connections_.Lock();
      while (ServeOne(connection, stop)) {
      }
      close(connection);
    }
  }

  bool ServeOne(int connection, const std::stop_token& stop) {
    std::string request;
    while (!Complete(request)) {
      if (!Readable(connection, stop)) return false;
      char buffer[4096];
      auto count = read(connection, buffer, sizeof buffer);
      if (count <= 0) return false;
      request.append(buffer, static_cast<std::size_t>(count));
    }
    auto line = request.substr(0, request.find(" HTTP/"));
    if (line == "GET /version") return Send(connection, Answer(200, R"({"ApiVersion":"1.41","MinAPIVersion":"1.12"})"));
    requests_.Lock()->push_back(request);
    auto answer = Scripted(line);
    if (answer == "hang") {
      Readable(connection, stop);
      return false;
    }
    return !answer.empty() && Send(connection, answer);
  }

  static bool Complete(const std::string& request) {
    auto end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    auto at = request.find("Content-Length: ");
    auto length = at == std::string::npos ? 0 : std::stoul(request.substr(at + 16));
    return request.size() >= end + 4 + length;
  }

  static bool Send(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
      auto count = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  const Script script_;
  std::mutex mutex_;
  char name_[32] = "/tmp/tf-scripted-XXXXXX";
  std::string folder_;
  std::string path_;
  int listener_ = -1;
  Guarded<std::vector<std::string>> requests_;
  Guarded<int> connections_{0};
  std::jthread thread_;
};

}  // namespace tinyforge::docker
