// The door that webhooks come in by: who may, and what they say.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/runtime/guarded.h"
#include "controller/serve/webhook_backend.h"
#include "controller/trigger/trigger_service.h"

namespace tinyforge {

struct HookPorts {
  ConfigReader& config;
  RouteBook& routes;
  SecretReader& secrets;
  HookLedger& ledger;
  TriggerService& triggers;
  const Clock& clock;
};

struct HookOptions {
  std::string digest_key;  // secret: secrets are looked up by their digest under it
  // Writes a new value into a Secret's file; the path of the file.
  std::function<Expected<std::string>(const v1::SecretKeyRef& ref, std::string_view value)> replace_secret;
};

struct RotatedHook {
  std::string file;
  std::string fingerprint;  // of the new one, 8 hex digits
  SysTime old_until{};      // the old one is honoured until then; epoch: it is not
  SysTime ended{};          // one before it that was still honoured until then is not any more; epoch: there was none
};

inline constexpr Duration kUsualGrace = std::chrono::hours(24);
inline constexpr Duration kLongestGrace = std::chrono::hours(30 * 24);

// Thread-safe. Secrets are read when the configuration or a secret changes, not when somebody calls, and are looked up
// by a keyed digest, so that the time it takes says nothing of what is right in them.
class HookDoor : public serve::WebhookBackend {
 public:
  HookDoor(HookPorts ports, HookOptions options);

  // The configuration or a secret changed: from now on those secrets are known that it names. A webhook is served when
  // its trigger has a route, its secret has 16 bytes or more that stand in a URL as they are, no other trigger has the
  // same, it is not that of its signature too (the URL would then say what to sign with), and the secret of its
  // signature, if it has one, can be read. A line feed at the end of a file is no part of either. Until it was called
  // with a revision in force every secret counts as known, and every call is Busy: a sender comes back then.
  void Refresh();
  // Why the webhook of a trigger is not served; empty: it is, or it has none.
  std::string ProblemOf(const std::string& trigger);
  // Makes a new secret, 256 random bits, writes it to the file of the old one, and honours that for `grace`, at most
  // kLongestGrace (else Invalid); 0 revokes it. Of those that were replaced only the last one is honoured: what an
  // earlier call left is at its end, and said to be.
  Expected<RotatedHook> Rotate(const std::string& trigger, Duration grace = kUsualGrace);

  bool Knows(std::string_view secret) override;
  serve::WebhookReceipt Accept(const serve::WebhookCall& call) override;
  Delivery DeliveryOf(const std::string& id) override;
  void AwaitDelivery(const std::string& id, std::function<void()> done) override;

 private:
  struct Hook {
    std::string trigger;
    bool signature_required = false;
    std::optional<std::string> signature_secret;
    std::optional<SysTime> until;  // of a retired secret
  };
  struct Book {
    std::map<std::string, Hook, std::less<>> hooks;  // by digest
    std::map<std::string, std::string> problems;     // by trigger
    ~Book();
  };

  std::string DigestOf(std::string_view secret) const;
  std::string AddHook(const v1::Object& trigger, Book& book);
  Expected<std::string> ReadSecret(const v1::SecretKeyRef& ref);
  static void AddRetired(const RetiredHook& retired, Book& book);
  Expected<void> Replace(const std::string& trigger, const v1::SecretKeyRef& ref, std::string_view secret,
                         RotatedHook& rotated);
  std::string DigestInFile(const v1::SecretKeyRef& ref);  // empty: it cannot be read, or not be served
  Expected<void> Retire(const std::string& trigger, const std::string& digest, RotatedHook& rotated);
  static std::shared_ptr<const Hook> Find(const std::shared_ptr<const Book>& book, const std::string& digest,
                                          SysTime now);
  std::vector<RetiredHook> Retired();

  const HookPorts ports_;
  const HookOptions options_;
  std::mutex refreshing_;                      // one Refresh or Rotate at a time
  Guarded<std::shared_ptr<const Book>> book_;  // null: there was no revision yet
};

}  // namespace tinyforge
