#include "controller/registry/token.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "api-types/doc/json.h"

namespace tinyforge::registry {
namespace {

constexpr std::size_t kMaxTokenBytes = std::size_t{16} << 10;
constexpr doc::Limits kLimits{.bytes = std::size_t{64} << 10, .depth = 8, .nodes = 256};
constexpr std::int64_t kUsualSeconds = 60;
constexpr std::int64_t kLongestSeconds = 3600;
constexpr Duration kMargin = std::chrono::seconds(15);

bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTokenBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

std::string Question(const std::string& service, const std::string& repository) {
  const std::string scope = "scope=" + PercentEncode("repository:" + repository + ":pull");
  return service.empty() ? scope : "service=" + PercentEncode(service) + "&" + scope;
}

Duration LifetimeOf(const doc::Node& answer) {
  const doc::Node* said = answer.Find("expires_in");
  const bool usable = said && said->type == doc::Type::Int && said->integer > 0;
  const std::chrono::seconds whole(usable ? std::min(said->integer, kLongestSeconds) : kUsualSeconds);
  return whole - std::min(kMargin, Duration(whole) / 4);
}

}  // namespace

HttpRequest TokenRequest(const Url& realm, const std::string& service, const std::string& repository,
                         const logins::RegistryLogin* login) {
  HttpRequest request{.url = realm, .accept = "application/json"};
  const std::string question = Question(service, repository);
  if (login && !login->identity_token.empty()) {
    request.method = "POST";
    request.form = "grant_type=refresh_token&client_id=tinyforge&" + question +
                   "&refresh_token=" + PercentEncode(login->identity_token);
    return request;
  }
  request.url.target += (realm.target.find('?') == std::string::npos ? "?" : "&") + question;
  request.basic = login;
  return request;
}

std::optional<Token> ParseToken(std::string& body) {
  auto answer = doc::ParseJson(body, kLimits);
  logins::Wipe(body);
  if (!answer || answer->type != doc::Type::Map) return std::nullopt;
  Token token{.lifetime = LifetimeOf(*answer)};
  for (auto& member : answer->members) {
    const bool named = member.key == "token" || (member.key == "access_token" && token.text.empty());
    if (named && IsToken(member.value.text) && member.value.type == doc::Type::String) token.text = member.value.text;
    logins::Wipe(member.value.text);
  }
  return token.text.empty() ? std::nullopt : std::optional(token);
}

}  // namespace tinyforge::registry
