// A hook door before a trigger service that is never started, with secrets in memory.
#pragma once

#include "controller/trigger/hook_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api-types/codec/hash.h"
#include "controller/runtime/world_calendar.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_commit_reader.h"
#include "tests/fakes/fake_delivery_log.h"
#include "tests/fakes/fake_logger.h"
#include "tests/fakes/fake_registry.h"
#include "tests/fakes/fake_store.h"
#include "tests/fakes/fake_tree.h"
#include "tests/unit/controller/trigger/trigger_world.h"

namespace tinyforge {

class FakeHookLedger : public HookLedger {
 public:
  std::vector<RetiredHook> Load() override { return retired; }
  Expected<void> Save(const std::vector<RetiredHook>& now) override {
    if (fail) return Error{ErrorKind::Transient, "the disk is full"};
    retired = now;
    return {};
  }
  std::vector<RetiredHook> retired;
  bool fail = false;
};

inline const std::string kSecret = "a-secret-of-32-bytes-in-the-URL_";
inline const std::string kSignatureSecret = "what the vendor signs with";
inline constexpr const char* kHook = "manual: {}, webhook: {secretRef: {name: hooks, key: shop}}";
inline constexpr const char* kSignedHook =
    "manual: {}, webhook: {secretRef: {name: hooks, key: shop}, signature: {required: true, "
    "secretRef: {name: hooks, key: hmac}}}";
inline constexpr const char* kMaySignHook =
    "manual: {}, webhook: {secretRef: {name: hooks, key: shop}, signature: {required: false, "
    "secretRef: {name: hooks, key: hmac}}}";

using Code = serve::WebhookReceipt::Code;

class HookDoorTest : public ::testing::Test {
 protected:
  HookDoorTest() {
    secrets_.values[{"hooks", "shop"}] = kSecret + "\n";
    secrets_.values[{"hooks", "hmac"}] = kSignatureSecret;
    Open();
  }
  // As a new process finds it.
  void Open() {
    door_ = std::make_unique<HookDoor>(
        HookPorts{config_, routes_, secrets_, ledger_, service_, clock_},
        HookOptions{
            .digest_key = "installation",
            .replace_secret = [this](const v1::SecretKeyRef& ref, std::string_view value) -> Expected<std::string> {
              if (read_only_) return Error{ErrorKind::Transient, "read-only file system"};
              secrets_.values[ref] = std::string(value);
              if (fail_replaced_) return Error{ErrorKind::Transient, "sync: input/output error"};
              return "/secrets/" + ref.key;
            }});
    if (config_.Current()) door_->Refresh();
  }
  void Set(const std::string& manifests) {
    config_.Set(ParseManifests(manifests));
    service_.OnRevision();
    door_->Refresh();
  }
  void SetHook(const std::string& spec = kHook) {
    Set(Manifest("Trigger", "name: push", spec) + ImageWorkload("shop") + Bound("b", "push", "shop"));
  }
  void SetSecret(const std::string& value) {
    secrets_.values[{"hooks", "shop"}] = value;
    door_->Refresh();
  }
  serve::WebhookReceipt Call(const std::string& secret, const std::string& body = "", const StringMap& headers = {}) {
    const auto header = [&](std::string_view name) -> std::string_view {
      for (const auto& [key, value] : headers)
        if (std::ranges::equal(key, name, [](char a, char b) { return std::tolower(a) == std::tolower(b); }))
          return value;
      return {};
    };
    return door_->Accept({.secret = secret, .header = header, .body = body, .source = "192.0.2.1"});
  }

  FakeClock clock_;
  FakeConfigReader config_;
  FakeSecrets no_secrets_;
  RouteBook routes_{"", no_secrets_};
  LockedFacts facts_;
  FakeStore store_;
  FakeDeliveryLog log_;
  FakeRegistry registry_;
  FakeSecrets secrets_;
  WorldCalendar calendar_;
  FakeLogger logger_;
  Metrics metrics_;
  FakeCommitReader commits_;
  FakeHookLedger ledger_;
  bool read_only_ = false;
  bool fail_replaced_ = false;
  // Never started: what is accepted stays queued.
  TriggerService service_{
      {config_, routes_, facts_, store_, log_, registry_, secrets_, calendar_, clock_, logger_, metrics_, commits_},
      {.on_accepted = [](const std::string&) {}, .on_news = [](const ObjectKey&) {}}};
  std::unique_ptr<HookDoor> door_;
};

}  // namespace tinyforge
