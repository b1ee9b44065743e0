#include "controller/serve/response_head.h"

#include <algorithm>
#include <charconv>
#include <ctime>

namespace tinyforge::serve {
namespace {

bool IsClean(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
}

void AddField(std::string& out, std::string_view name, std::string_view value) {
  if (!IsClean(name) || !IsClean(value)) return;
  out.append(name).append(": ").append(value).append("\r\n");
}

// IMF-fixdate of RFC 9110, 5.6.7.
std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace

std::string ResponseHead(const HttpResponse& response, const HeadOptions& options) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(ReasonPhrase(response.status)).append("\r\n");
  AddField(head, "Date", HttpDate());
  AddField(head, "Content-Type", response.content_type);
  AddField(head, "Cache-Control", "no-store");
  AddField(head, "X-Content-Type-Options", "nosniff");
  AddField(head, "Referrer-Policy", "no-referrer");
  for (const auto& [name, value] : response.headers) AddField(head, name, value);
  if (options.length) AddField(head, "Content-Length", std::to_string(*options.length));
  if (options.chunked) AddField(head, "Transfer-Encoding", "chunked");
  if (!options.keep_alive) AddField(head, "Connection", "close");
  return head + "\r\n";
}

std::string Chunk(std::string_view bytes) {
  char size[20];
  const auto end = std::to_chars(size, size + sizeof(size), bytes.size(), 16).ptr;
  std::string chunk(size, end);
  return chunk.append("\r\n").append(bytes).append("\r\n");
}

}  // namespace tinyforge::serve
