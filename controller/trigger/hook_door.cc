#include "controller/trigger/hook_door.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api-types/codec/hash.h"
#include "controller/runtime/file.h"
#include "controller/runtime/plain_text.h"
#include "controller/serve/webhook_signature.h"
#include "reconcilers/inbound/webhook.h"

namespace tinyforge {
namespace {

constexpr std::size_t kShortest = 16;
constexpr std::size_t kLongest = 512;
constexpr std::size_t kFingerprint = 8;
constexpr std::size_t kHeaderShown = 200;
// What explains a delivery and holds no secret.
constexpr std::array kShownHeaders = {"Content-Type",  "User-Agent",     "X-GitHub-Event",      "X-GitHub-Delivery",
                                      "X-Gitea-Event", "X-Gogs-Event",   "X-Forgejo-Event",     "X-Gitlab-Event",
                                      "X-Event-Key",   "X-Request-UUID", "X-Gitlab-Event-UUID", "X-Gitea-Delivery"};

// RFC 3986: what needs no percent-encoding.
bool StandsInUrl(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

std::string WhyUnusable(std::string_view secret) {
  if (secret.size() < kShortest)
    return "is shorter than 16 bytes and could be guessed; to make one: head -c 32 /dev/urandom | base64 | tr +/ -_ | "
           "tr -d =";
  if (secret.size() > kLongest) return "is longer than 512 bytes";
  if (!std::ranges::all_of(secret, StandsInUrl))
    return "has characters that cannot stand in a URL; expected letters, digits and - _ . ~";
  return {};
}

std::string NameOf(const v1::SecretKeyRef& ref) {
  return "secret " + ref.name + "/" + ref.key;
}

std::string RandomSecret() {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, 43> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return {};
  std::string secret;
  for (const unsigned char byte : bytes) secret += kDigits[byte % kDigits.size()];
  return secret;
}

StringMap ShownHeaders(const serve::WebhookCall& call) {
  StringMap shown;
  for (const char* name : kShownHeaders)
    if (const auto value = call.header(name); !value.empty()) shown[name] = PlainText(std::string(value), kHeaderShown);
  return shown;
}

}  // namespace

HookDoor::Book::~Book() {
  for (auto& [digest, hook] : hooks)
    if (hook.signature_secret) Clear(*hook.signature_secret);
}

HookDoor::HookDoor(HookPorts ports, HookOptions options)
    : ports_(ports), options_(std::move(options)), book_(nullptr) {}

std::string HookDoor::DigestOf(std::string_view secret) const {
  std::string text = "webhook ";
  text += secret;
  std::string digest = HmacSha256Hex(options_.digest_key, text);
  Clear(text);
  return digest;
}

Expected<std::string> HookDoor::ReadSecret(const v1::SecretKeyRef& ref) {
  auto handle = ports_.secrets.Find(ref);
  if (!handle) return std::move(handle).error();
  auto value = ports_.secrets.Reveal(*handle);
  if (!value) return value;
  while (value->ends_with('\n') || value->ends_with('\r')) value->pop_back();
  return value;
}

std::vector<RetiredHook> HookDoor::Retired() {
  std::vector<RetiredHook> retired = ports_.ledger.Load();
  const SysTime now = ports_.clock.SystemNow();
  std::erase_if(retired, [&](const RetiredHook& hook) { return hook.until <= now; });
  return retired;
}

void HookDoor::Refresh() {
  const std::lock_guard one_at_a_time(refreshing_);
  const auto snapshot = ports_.config.Current();
  if (!snapshot) return;
  const auto table = ports_.routes.Of(*snapshot);
  auto book = std::make_shared<Book>();
  for (const auto& [name, routes] : table->by_trigger) {
    const v1::Object* trigger = snapshot->objects->Find({Kind::Trigger, name});
    if (!trigger || routes.empty() || !std::get<v1::TriggerSpec>(trigger->spec).webhook) continue;
    if (std::string problem = AddHook(*trigger, *book); !problem.empty())
      book->problems[name] = "spec.webhook: " + std::move(problem);
  }
  for (const RetiredHook& retired : Retired()) AddRetired(retired, *book);
  *book_.Lock() = std::move(book);
}

// As the hook that is served now, if it is, and until its time.
void HookDoor::AddRetired(const RetiredHook& retired, Book& book) {
  const auto served = std::ranges::find_if(
      book.hooks, [&](const auto& entry) { return entry.second.trigger == retired.trigger && !entry.second.until; });
  if (served == book.hooks.end()) return;
  Hook old = served->second;
  old.until = retired.until;
  book.hooks.try_emplace(retired.digest, std::move(old));
}

std::string HookDoor::AddHook(const v1::Object& trigger, Book& book) {
  const v1::Webhook& webhook = *std::get<v1::TriggerSpec>(trigger.spec).webhook;
  if (webhook.signature && webhook.signature->secret_ref == webhook.secret_ref)
    return NameOf(webhook.secret_ref) + " is in the URL and cannot sign too; give signature.secretRef another key";
  auto secret = ReadSecret(webhook.secret_ref);
  if (!secret) return secret.error().message;
  std::string problem = WhyUnusable(*secret);
  const std::string digest = DigestOf(*secret);
  Clear(*secret);
  if (!problem.empty()) return NameOf(webhook.secret_ref) + " " + problem;
  Hook hook{.trigger = trigger.key.name};
  if (const auto& signature = webhook.signature) {
    hook.signature_required = signature->required;
    auto key = ReadSecret(signature->secret_ref);
    if (!key) return "signature: " + key.error().message;
    const bool is_short = key->size() < serve::kShortestSignatureSecret;
    hook.signature_secret = std::move(*key);
    if (is_short) {
      Clear(*hook.signature_secret);
      return "signature: " + NameOf(signature->secret_ref) + " is shorter than 16 bytes";
    }
  }
  const auto [found, added] = book.hooks.try_emplace(digest, std::move(hook));
  if (!added && hook.signature_secret) Clear(*hook.signature_secret);
  return added ? "" : NameOf(webhook.secret_ref) + " is that of trigger/" + found->second.trigger + " as well";
}

std::string HookDoor::ProblemOf(const std::string& trigger) {
  const auto book = *book_.Lock();
  if (!book) return {};
  const auto found = book->problems.find(trigger);
  return found == book->problems.end() ? std::string() : found->second;
}

Expected<RotatedHook> HookDoor::Rotate(const std::string& trigger, Duration grace) {
  if (grace > kLongestGrace) return Error{ErrorKind::Invalid, "grace: expected at most 720h"};
  const auto snapshot = ports_.config.Current();
  const v1::Object* object = snapshot ? snapshot->objects->Find({Kind::Trigger, trigger}) : nullptr;
  if (!object) return Error{ErrorKind::NotFound, "trigger/" + trigger + " does not exist"};
  const auto& webhook = std::get<v1::TriggerSpec>(object->spec).webhook;
  if (!webhook) return Error{ErrorKind::Invalid, "trigger/" + trigger + " has no spec.webhook"};
  std::string secret = RandomSecret();
  if (secret.empty()) return Error{ErrorKind::Transient, "this host has no random bytes to give"};
  RotatedHook rotated{.fingerprint = DigestOf(secret).substr(0, kFingerprint)};
  if (grace > Duration(0)) rotated.old_until = ports_.clock.SystemNow() + grace;
  std::optional<Error> failure;
  {
    const std::lock_guard one_at_a_time(refreshing_);
    if (auto replaced = Replace(trigger, webhook->secret_ref, secret, rotated); !replaced)
      failure = std::move(replaced).error();
    Clear(secret);
  }
  Refresh();
  if (failure) return *std::move(failure);
  return rotated;
}

// A failure may come after the file was replaced: then the old one is honoured all the same.
Expected<void> HookDoor::Replace(const std::string& trigger, const v1::SecretKeyRef& ref, std::string_view secret,
                                 RotatedHook& rotated) {
  const std::vector<RetiredHook> before = ports_.ledger.Load();
  const std::string old = DigestInFile(ref);
  if (auto retired = Retire(trigger, old, rotated); !retired) return retired;
  auto file = options_.replace_secret(ref, secret);
  if (!file) {
    if (DigestInFile(ref) == old) (void)ports_.ledger.Save(before);
    return std::move(file).error();
  }
  rotated.file = std::move(*file);
  return {};
}

std::string HookDoor::DigestInFile(const v1::SecretKeyRef& ref) {
  std::string digest;
  if (auto secret = ReadSecret(ref)) {
    if (WhyUnusable(*secret).empty()) digest = DigestOf(*secret);
    Clear(*secret);
  }
  return digest;
}

// `digest` is the old one's. What could not be served is not honoured either.
Expected<void> HookDoor::Retire(const std::string& trigger, const std::string& digest, RotatedHook& rotated) {
  if (digest.empty()) rotated.old_until = {};
  std::vector<RetiredHook> retired = Retired();
  // One whose rotation was not finished is still the one in the file.
  for (const RetiredHook& hook : retired)
    if (hook.trigger == trigger && hook.digest != digest) rotated.ended = hook.until;
  std::erase_if(retired, [&](const RetiredHook& hook) { return hook.trigger == trigger; });
  if (rotated.old_until != SysTime{}) retired.push_back({trigger, digest, rotated.old_until});
  return ports_.ledger.Save(retired);
}

std::shared_ptr<const HookDoor::Hook> HookDoor::Find(const std::shared_ptr<const Book>& book, const std::string& digest,
                                                     SysTime now) {
  const auto found = book->hooks.find(digest);
  if (found == book->hooks.end()) return nullptr;
  const Hook& hook = found->second;
  if (hook.until && *hook.until <= now) return nullptr;
  return {book, &hook};
}

bool HookDoor::Knows(std::string_view secret) {
  const auto book = *book_.Lock();
  return !book || Find(book, DigestOf(secret), ports_.clock.SystemNow()) != nullptr;
}

serve::WebhookReceipt HookDoor::Accept(const serve::WebhookCall& call) {
  using Code = serve::WebhookReceipt::Code;
  const auto book = *book_.Lock();
  if (!book) return {.code = Code::Busy, .reason = "Starting", .message = "no configuration is in force yet"};
  const std::string digest = DigestOf(call.secret);
  const auto hook = Find(book, digest, ports_.clock.SystemNow());
  if (!hook) return {.code = Code::NotFound};
  if (hook->signature_secret) {
    const auto check = serve::CheckSignature(call.header, call.body, *hook->signature_secret);
    const bool may_lack = check == serve::SignatureCheck::Missing && !hook->signature_required;
    if (check != serve::SignatureCheck::Valid && !may_lack) return {.code = Code::Unauthorized};
  }
  auto said = inbound::ReadWebhook({call.header, call.body});
  if (!said) return {.code = Code::Invalid, .reason = "InvalidPayload", .message = said.error().message};
  Delivery delivery{.trigger = hook->trigger,
                    .cause = "webhook",
                    .vendor = std::string(said->vendor),
                    .event = std::move(said->event),
                    .vendor_id = std::move(said->id),
                    .source = std::string(call.source),
                    .secret = digest.substr(0, kFingerprint),
                    .headers = ShownHeaders(call),
                    .events = std::move(said->events)};
  if (SizeOf(delivery) > kLargestDelivery)
    return {.code = Code::Invalid,
            .reason = "InvalidPayload",
            .message = "it tells of more than can be kept: expected less than 1.5 MiB of names, refs and files"};
  if (!ports_.triggers.HasRoom(delivery))
    return {.code = Code::Busy, .reason = "Overloaded", .message = "too many deliveries are under way"};
  serve::WebhookReceipt receipt{.code = Code::Accepted};
  receipt.delivery = ports_.triggers.Accept(std::move(delivery), &receipt.repeated);
  return receipt;
}

Delivery HookDoor::DeliveryOf(const std::string& id) {
  return ports_.triggers.desk().Find(id).value_or(Delivery{.id = id});
}

void HookDoor::AwaitDelivery(const std::string& id, std::function<void()> done) {
  ports_.triggers.desk().Await(id, std::move(done));
}

}  // namespace tinyforge
