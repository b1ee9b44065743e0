#include "controller/registry/registry_call.h"

#include <utility>
#include <variant>

#include "api-types/codec/hash.h"
#include "controller/registry/manifest.h"

namespace tinyforge::registry {
namespace {

constexpr int kMaxRedirects = 5;

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

RegistryCall::RegistryCall(ClientState& state, Question question, std::stop_token stop)
    : state_(state),
      question_(std::move(question)),
      stop_(std::move(stop)),
      deadline_(state.clock.Now() + state.call_timeout) {
  if (login()) redactor_.Register(login()->secret());
}

Expected<RegistryCall::Answer> RegistryCall::Get(const Url& url, const std::string& accept) {
  auto answer = Ask("GET", url, accept);
  if (answer && answer->http.status != 200) return Refusal(*answer);
  return answer;
}

Expected<RegistryCall::Answer> RegistryCall::Ask(std::string_view method, const Url& url, const std::string& accept) {
  Url asked = url;
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    auto answer = AskOnce(method, asked, accept);
    if (!answer) return std::move(answer).error();
    if (!IsRedirect(answer->status)) return Answer{std::move(*answer), std::move(asked)};
    auto next = Redirected(asked, answer->head.location);
    if (!next) return std::move(next).error();
    asked = std::move(*next);
  }
  return Nonsense(asked, "leads on after " + std::to_string(kMaxRedirects) + " redirects");
}

Expected<HttpAnswer> RegistryCall::AskOnce(std::string_view method, const Url& url, const std::string& accept) {
  HttpRequest request{.method = method, .url = url, .accept = accept, .outside_only = OutsideOnly(url)};
  if (url.SameOrigin(endpoint().base)) return AskRegistry(std::move(request));
  return Exchange(std::move(request), PeerAt(url));
}

// With what is known of its last challenge at once; a challenge is answered, once.
Expected<HttpAnswer> RegistryCall::AskRegistry(HttpRequest request) {
  const Peer peer = PeerAt(request.url);
  Credential credential;
  if (const auto known = state_.registries.Find(endpoint().image.host)) {
    inside_ = known->inside;
    auto found = CredentialFor(known->challenge);
    if (!found) {
      state_.registries.Drop(endpoint().image.host);  // it may name another token server by now
      return std::move(found).error();
    }
    credential = std::move(*found);
  }
  auto answer = Exchange(With(request, credential), peer);
  if (!answer) return answer;
  inside_ = answer->inside;
  if (answer->status != 401) return answer;
  const auto challenge = ParseChallenges(answer->head.challenges);
  if (!challenge && login()) return Nonsense(request.url, "wants a login, and neither by Basic nor by Bearer (401)");
  if (!challenge) return answer;
  state_.registries.Put(endpoint().image.host, {*challenge, inside_});
  if (credential.basic && challenge->scheme == Challenge::Scheme::Basic) return answer;
  if (!credential.token.empty()) state_.tokens.Drop(TokenKey());
  auto renewed = CredentialFor(*challenge);
  if (!renewed) return std::move(renewed).error();
  if (!renewed->basic && renewed->token.empty()) return answer;
  return Exchange(With(request, *renewed), peer);
}

HttpRequest RegistryCall::With(const HttpRequest& request, const Credential& credential) const {
  HttpRequest sent = request;
  sent.bearer = credential.token;
  sent.basic = credential.basic ? login() : nullptr;
  return sent;
}

Expected<HttpAnswer> RegistryCall::Exchange(HttpRequest request, const Peer& peer) {
  request.registry = endpoint().image.host;
  request.ca_file = endpoint().ca_file;
  request.timeout = std::chrono::duration_cast<Duration>(deadline_ - state_.clock.Now());
  if (request.timeout <= Duration(0)) return Report(ExplainFailure(Describe(), peer, {HttpFault::Timeout, {}}));
  state_.pace.Spend(endpoint().image);
  auto outcome = state_.http.Send(request, stop_);
  logins::Wipe(request.bearer);
  logins::Wipe(request.form);
  if (const auto* failure = std::get_if<HttpFailure>(&outcome))
    return Report(ExplainFailure(Describe(), peer, *failure));
  return std::get<HttpAnswer>(std::move(outcome));
}

Expected<Url> RegistryCall::Redirected(const Url& url, const std::string& location) {
  auto next = Resolve(url, location);
  if (!next) return Nonsense(url, "redirects to something that is no URL of http or https");
  if (!MayLead(url, *next, state_.endpoints)) return Nonsense(url, "redirects to " + next->place() + " without TLS");
  return std::move(*next);
}

Expected<RegistryCall::Credential> RegistryCall::CredentialFor(const Challenge& challenge) {
  Credential credential;
  if (challenge.scheme == Challenge::Scheme::Basic) {
    credential.basic = login() && !login()->user.empty();
    return credential;
  }
  const std::string key = TokenKey();
  const auto kept = state_.tokens.Find(key);
  if (kept && kept->valid_until > state_.clock.Now()) {
    credential.token = kept->text;
  } else {
    auto token = FetchToken(challenge);
    if (!token) return std::move(token).error();
    token->valid_until = state_.clock.Now() + token->lifetime;
    credential.token = token->text;
    state_.tokens.Put(key, std::move(*token));
  }
  redactor_.Register(credential.token);
  return credential;
}

Expected<Token> RegistryCall::FetchToken(const Challenge& challenge) {
  const auto realm = ParseUrl(challenge.realm);
  if (!realm || !MayLead(endpoint().base, *realm, state_.endpoints))
    return Nonsense(endpoint().base, "names a token server that is no https URL");
  if (login() && !MayTrust(endpoint(), *realm, state_.endpoints))
    return Nonsense(endpoint().base, "names a token server of another domain, " + realm->place() +
                                         ", which does not get the login of " + question_.login.source +
                                         "; if it is to get it, say --registry-token-server " + endpoint().image.host +
                                         "=" + realm->place());
  HttpRequest request = TokenRequest(*realm, challenge.service, endpoint().image.path, login());
  request.outside_only = OutsideOnly(*realm);
  const Peer peer{.place = "the token server " + realm->place() + " of " + endpoint().base.place()};
  auto answer = Exchange(std::move(request), peer);
  if (!answer) return std::move(answer).error();
  if (answer->status == 404) return Report(ExplainNonsense(Describe(), peer, "is none (404)"));
  if (answer->status != 200) return ReportStatus(peer, *answer);
  auto token = ParseToken(answer->body);
  if (!token) return Report(ExplainNonsense(Describe(), peer, "gave no token"));
  return std::move(*token);
}

// The login is part of it, so that nobody is served with the token of somebody else's.
std::string RegistryCall::TokenKey() const {
  std::string who;
  if (login()) who = login()->user + '\0' + login()->password + '\0' + login()->identity_token;
  std::string key = endpoint().image.host + "/" + endpoint().image.path + " " + Sha256Hex(who);
  logins::Wipe(who);
  return key;
}

Error RegistryCall::Refusal(const Answer& answer) {
  return ReportStatus(PeerAt(answer.url), answer.http);
}

Error RegistryCall::Nonsense(const Url& url, const std::string& why) {
  return Report(ExplainNonsense(Describe(), PeerAt(url), why));
}

Error RegistryCall::ReportStatus(const Peer& peer, const HttpAnswer& answer) {
  const std::string excerpt = Excerpt(redactor_.Redact(FirstError(answer.body)));
  return Report(ExplainStatus(Describe(), peer, answer.status, excerpt), answer.head.retry_after);
}

Error RegistryCall::Report(Fault fault, const std::string& retry_after) {
  failed_ = failed_ || fault.failure.has_value() || stop_.stop_requested();
  if (fault.failure) {
    fault.failure->retry_after = ParseRetryAfter(retry_after, state_.clock.SystemNow());
    state_.pace.Failed(endpoint().image, *fault.failure);
  }
  return std::move(fault.error);
}

void RegistryCall::Settle() {
  if (!failed_) state_.pace.Succeeded(endpoint().image);
}

Peer RegistryCall::PeerAt(const Url& url) const {
  return {.place = url.place(), .is_registry = url.SameOrigin(endpoint().base)};
}

// The registry itself may be anywhere; what it leads to, no nearer than it is.
bool RegistryCall::OutsideOnly(const Url& url) const {
  return !inside_ && url.host != endpoint().base.host;
}

Asked RegistryCall::Describe() const {
  return {.what = question_.what,
          .missing = question_.missing,
          .registry = endpoint().image.host,
          .source = question_.login.source,
          .lacking = question_.login.lacking,
          .authorities = state_.endpoints.certificates};
}

const logins::RegistryLogin* RegistryCall::login() const {
  return question_.login.login ? &*question_.login.login : nullptr;
}

}  // namespace tinyforge::registry
