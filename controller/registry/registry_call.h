// The requests that answer one question to a registry: one login, one deadline, one account of what came back.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "controller/logins/registry_logins.h"
#include "controller/registry/client_state.h"
#include "controller/registry/fault.h"
#include "controller/runtime/redactor.h"

namespace tinyforge::registry {

// Of one thread. A failure of the registry is told to the pace with the Error that says so.
class RegistryCall {
 public:
  struct Question {
    Endpoint endpoint;
    logins::FoundLogin login;
    std::string what;     // see Asked
    std::string missing;  // likewise
  };
  struct Answer {
    HttpAnswer http;
    Url url;  // that gave it, after redirects
  };

  // `state` must outlive the call.
  RegistryCall(ClientState& state, Question question, std::stop_token stop);

  // GET or HEAD. An answer of any status, but for redirects, of which at most five are followed: over https (MayLead),
  // without login and, when the registry is outside of this network, to the outside alone. Asks again with a login or
  // a token where the registry itself wants one.
  Expected<Answer> Ask(std::string_view method, const Url& url, const std::string& accept);
  // The same, where all but 200 is an Error.
  Expected<Answer> Get(const Url& url, const std::string& accept);

  // The Error of an answer that is no success, or not what the API says ("registry.example.com …").
  Error Refusal(const Answer& answer);
  Error Nonsense(const Url& url, const std::string& why);

  // At the end: tells the pace that the registry did its part, unless it failed or the call was cancelled.
  void Settle();

  const Endpoint& endpoint() const { return question_.endpoint; }
  const std::string& what() const { return question_.what; }

 private:
  // What a request to the registry is sent with; neither: as nobody.
  struct Credential {
    std::string token;
    bool basic = false;
    ~Credential() { logins::Wipe(token); }
  };

  Expected<HttpAnswer> AskOnce(std::string_view method, const Url& url, const std::string& accept);
  Expected<HttpAnswer> AskRegistry(HttpRequest request);
  Expected<HttpAnswer> Exchange(HttpRequest request, const Peer& peer);
  HttpRequest With(const HttpRequest& request, const Credential& credential) const;
  Expected<Url> Redirected(const Url& url, const std::string& location);

  Expected<Credential> CredentialFor(const Challenge& challenge);
  Expected<Token> FetchToken(const Challenge& challenge);
  std::string TokenKey() const;

  Peer PeerAt(const Url& url) const;
  bool OutsideOnly(const Url& url) const;
  Asked Describe() const;
  Error Report(Fault fault, const std::string& retry_after = {});
  Error ReportStatus(const Peer& peer, const HttpAnswer& answer);
  const logins::RegistryLogin* login() const;

  ClientState& state_;
  Question question_;
  const std::stop_token stop_;
  const SteadyTime deadline_;
  Redactor redactor_;  // knows the secrets of this call
  bool failed_ = false;
  bool inside_ = false;  // the registry's address is AddressScope::Inside
};

}  // namespace tinyforge::registry
