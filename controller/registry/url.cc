#include "controller/registry/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace tinyforge::registry {
namespace {

constexpr std::size_t kMaxUrlBytes = 8192;

struct Cleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, Cleanup>;

std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool IsPlain(std::string_view text) {
  return !text.empty() && text.size() <= kMaxUrlBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F && c != '\\'; });
}

// A name or an address; what curl decoded may be anything.
bool IsHost(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("-._:[]").find(c) != std::string::npos;
  });
}

bool Set(CURLU* url, std::string_view text) {
  return curl_url_set(url, CURLUPART_URL, std::string(text).c_str(), CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) ==
         CURLUE_OK;
}

std::optional<Url> Take(CURLU* handle) {
  Url url{.scheme = Part(handle, CURLUPART_SCHEME),
          .host = Part(handle, CURLUPART_HOST),
          .port = Part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT),
          .target = Part(handle, CURLUPART_PATH)};
  for (char& c : url.host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if ((url.scheme != "https" && url.scheme != "http") || !IsHost(url.host)) return std::nullopt;
  if (const std::string query = Part(handle, CURLUPART_QUERY); !query.empty()) url.target += "?" + query;
  if (!url.target.starts_with('/') || !IsPlain(url.target)) return std::nullopt;
  return url;
}

}  // namespace

std::string Url::text() const {
  return scheme + "://" + host + ":" + port + target;
}

std::string Url::place() const {
  return port == (scheme == "https" ? "443" : "80") ? host : host + ":" + port;
}

std::optional<Url> ParseUrl(std::string_view text) {
  const Handle handle(curl_url());
  if (!handle || !IsPlain(text) || !Set(handle.get(), text)) return std::nullopt;
  return Take(handle.get());
}

std::optional<Url> Resolve(const Url& base, std::string_view reference) {
  const Handle handle(curl_url());
  if (!handle || !IsPlain(reference)) return std::nullopt;
  if (!Set(handle.get(), base.text()) || !Set(handle.get(), reference)) return std::nullopt;
  return Take(handle.get());
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr address{};
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kAlso = "-._~";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kAlso.find(c) != kAlso.npos) {
      encoded += c;
    } else {
      encoded.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return encoded;
}

}  // namespace tinyforge::registry
