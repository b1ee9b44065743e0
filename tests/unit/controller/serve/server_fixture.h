// A server on a unix socket with a few routes and limits that a test can wait for.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <semaphore>
#include <string>

#include "controller/serve/http_server.h"
#include "tests/unit/controller/serve/null_logger.h"
#include "tests/unit/controller/serve/raw_client.h"
#include "tests/unit/controller/serve/temp_dir.h"

namespace tinyforge::serve {

class ServerTest : public testing::Test {
 protected:
  // What a GET of a path says, over a connection of its own.
  static std::string Request(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
  }

  void Route(std::string method, std::string pattern, Lane lane, Handler handler, std::size_t body_bytes = 0) {
    router_->Add({std::move(method), std::move(pattern), lane, std::move(handler), body_bytes});
  }

  void Start() {
    Route("GET", "/hello", Lane::Pool,
          [](const ExchangePtr& e) { e->Send({.content_type = "text/plain", .body = "hello"}); });
    Route("POST", "/echo", Lane::Pool,
          [](const ExchangePtr& e) { e->Send({.content_type = "text/plain", .body = e->request().body}); });
    Route("GET", "/healthz", Lane::Io, [](const ExchangePtr& e) { e->Send({.body = "ok"}); });
    server_ = std::make_unique<HttpServer>(limits_, log_);
    ASSERT_TRUE(server_->ListenUnix(Socket(), 0660, router_));
    server_->Start();
  }

  std::string Socket() const { return dir_ / "s"; }
  RawClient Connect() const { return RawClient(Socket()); }

  // The answer to bytes after which the client sends no more.
  std::string Answer(const std::string& bytes) const {
    RawClient client = Connect();
    client.Send(bytes);
    client.HalfClose();
    return client.ReadAll();
  }

  TempDir dir_;
  NullLogger log_;
  HttpLimits limits_;
  std::shared_ptr<Router> router_ = std::make_shared<Router>();
  std::unique_ptr<HttpServer> server_;
};

}  // namespace tinyforge::serve
