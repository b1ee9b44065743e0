// A RegistryClient with a clock that stands still, aimed at scripted registries on loopback.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controller/registry/manifest.h"
#include "controller/registry/registry_client.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_tree.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/unit/controller/registry/scripted_registry.h"

namespace tinyforge::registry {

class RegistryClientTest : public testing::Test {
 protected:
  RegistryClientTest() {
    options_.endpoints.certificates = directory_ / "certs.d";
    options_.docker_config = directory_ / "config.json";
    options_.platform = {.architecture = "amd64"};
    options_.pace.backoff.jitter = 0;
    options_.on_secret = [this](std::string_view secret) { told_.emplace_back(secret); };
  }

  // Made at the first use.
  RegistryClient& client() {
    if (!client_) client_ = std::make_unique<RegistryClient>(secrets_, clock_, options_);
    return *client_;
  }

  Expected<std::vector<std::string>> Tags(const ScriptedRegistry& server, const std::string& path = "team/shop") {
    return client().Tags({server.host() + "/" + path, pull_secret_}, stop_.get_token());
  }
  Expected<std::string> Digest(const ScriptedRegistry& server, std::string_view reference = "1.4") {
    return client().Digest({server.host() + "/team/shop", pull_secret_}, reference, stop_.get_token());
  }
  Expected<SysTime> Created(const ScriptedRegistry& server, std::string_view digest) {
    return client().Created({server.host() + "/team/shop", pull_secret_}, digest, stop_.get_token());
  }

  // The login "user" with `password` for `registry` in Secret shop/login.
  void UseSecret(const std::string& registry, const std::string& password) {
    UseSecretText(R"({"auths":{")" + registry + R"(":{"username":"user","password":")" + password + "\"}}}");
  }
  void UseSecretText(const std::string& config) {
    secrets_.values[{"shop", "login"}] = config;
    pull_secret_ = *secrets_.Find({"shop", "login"});
  }

  // The error's sentence, with its kind before it: "Waiting: …".
  template <class T>
  static std::string Said(const Expected<T>& result) {
    if (result) return "no error";
    return std::string(ToString(result.error().kind)) + ": " + result.error().message;
  }

  TemporaryDirectory directory_;
  FakeClock clock_;
  FakeSecrets secrets_;
  RegistryClientOptions options_;
  std::optional<SecretHandle> pull_secret_;
  std::stop_source stop_;
  std::vector<std::string> told_;
  std::unique_ptr<RegistryClient> client_;
};

}  // namespace tinyforge::registry
