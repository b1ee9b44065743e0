// The reader of HTTP requests: the same bytes are the same request, in however many pieces they come; a refusal repeats
// nothing of them; a route's captures are parts of the path.
//
// Input: a byte, the size of the pieces; then the bytes of a connection.
#include "controller/serve/request_reader.h"

#include "controller/serve/router.h"
#include "tests/fuzz/overlap.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;
using namespace tinyforge::serve;

namespace {

// Small ones, so that an input can reach them.
constexpr HttpLimits kLimits = {
    .target_bytes = 256, .header_bytes = 1024, .header_fields = 8, .body_bytes = 512, .query_parameters = 4};

struct Outcome {
  bool headed = false;
  RequestReader::Progress progress = RequestReader::Progress::NeedMore;
  std::string said;  // all that was read, or the refusal
  std::size_t used = 0;
};

std::string Describe(const RequestHead& head) {
  std::string text = head.method + " " + head.path;
  for (const auto& [key, value] : head.query) text += " " + key + "=" + value;
  text += " authorization " + head.authorization;
  for (const auto& [name, value] : head.fields) text += "\n" + name + ": " + value;
  return text + (head.has_length ? " length" : "") + (head.keep_alive ? " keep" : "") + (head.http_1_1 ? " 1.1" : "") +
         (head.expects_continue ? " continue" : "");
}

// As a session does it: what is not taken is offered again, with what came meanwhile.
Outcome Read(std::string_view bytes, std::size_t piece) {
  RequestReader reader(kLimits);
  Outcome outcome;
  std::size_t have = 0;
  while (true) {
    std::size_t consumed = 0;
    const std::string_view in = bytes.substr(outcome.used, have - outcome.used);
    outcome.progress = reader.Put(in, consumed);
    fuzz::Require(consumed <= in.size(), "no more is taken than there is");
    outcome.used += consumed;
    if (outcome.progress == RequestReader::Progress::Header) {
      fuzz::Require(!outcome.headed && reader.header_done(), "the header is complete once");
      outcome.headed = true;
      outcome.said = Describe(reader.head());
      reader.LimitBody(kLimits.body_bytes);
    } else if (outcome.progress != RequestReader::Progress::NeedMore) {
      break;
    } else if (have == bytes.size()) {
      return outcome;
    } else {
      have = std::min(bytes.size(), have + piece);
    }
  }
  if (outcome.progress == RequestReader::Progress::Done) {
    const std::string body = reader.TakeBody();
    fuzz::Require(body.size() <= kLimits.body_bytes, "a body is within its limit");
    outcome.said += "\n" + body;
  } else {
    outcome.said = std::to_string(reader.refusal().status) + " " + reader.refusal().body;
  }
  return outcome;
}

void CheckHead(const RequestHead& head) {
  fuzz::Require(!head.method.empty() && head.path.starts_with('/'), "a request has a method and a path",
                Describe(head));
  fuzz::Require(head.path.size() <= kLimits.target_bytes && head.query.size() <= kLimits.query_parameters,
                "a request is within its limits", Describe(head));
  fuzz::Require(head.path.find_first_of("?#%") == std::string::npos, "a path is plain", head.path);
}

Router MakeRouter() {
  Router router;
  for (const char* pattern : {"/", "/healthz", "/api/workloads/{name}", "/api/workloads/{name}/plan",
                              "/api/webhook/triggers/{secret}", "/api/{kind}/all"})
    router.Add({.method = "GET", .pattern = pattern, .lane = Lane::Io, .handler = {}});
  router.Add({.method = "POST", .pattern = "/api/webhook/triggers/{secret}", .lane = Lane::Io, .handler = {}});
  return router;
}

void CheckRoute(const RequestHead& head) {
  static const Router kRouter = MakeRouter();
  const RouteMatch match = kRouter.Match(head.method, head.path);
  if (match.route == nullptr) return;
  const bool known = head.method == match.route->method || (head.method == "HEAD" && match.route->method == "GET");
  fuzz::Require(known && match.allow.empty(), "a route knows the method", head.method);
  std::string path = match.route->pattern;
  for (const auto& [name, value] : match.captures) {
    fuzz::Require(!value.empty() && value.find('/') == std::string::npos, "a capture is one segment", value);
    path.replace(path.find("{" + name + "}"), name.size() + 2, value);
  }
  fuzz::RequireSame(path, head.path, "the captures make the path");
}

void CheckOne(std::string_view bytes) {
  RequestReader reader(kLimits);
  std::size_t consumed = 0;
  const auto progress = reader.Put(bytes, consumed);
  if (progress == RequestReader::Progress::Header) {
    CheckHead(reader.head());
    CheckRoute(reader.head());
  } else if (progress == RequestReader::Progress::Refused) {
    const HttpResponse& refusal = reader.refusal();
    fuzz::Require(refusal.status >= 400 && refusal.status < 600, "a refusal is an error", refusal.body);
    fuzz::Require(fuzz::Overlap(refusal.body, bytes, 16).empty(), "a refusal repeats nothing", refusal.body);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t piece = std::size_t{1} + input.Byte();
  CheckOne(input.Rest());
  const Outcome whole = Read(input.Rest(), std::max<std::size_t>(input.Rest().size(), 1));
  const Outcome pieces = Read(input.Rest(), piece);
  // Of a header that came in pieces Beast looks at nothing more before its end.
  const bool early = whole.progress == RequestReader::Progress::Refused && !pieces.headed &&
                     pieces.progress == RequestReader::Progress::NeedMore;
  if (early) return 0;
  fuzz::Require(pieces.progress == whole.progress, "pieces end as the whole does", whole.said + "\n" + pieces.said);
  // Of two reasons for a refusal either one may be found first.
  if (whole.progress == RequestReader::Progress::Refused) return 0;
  fuzz::RequireSame(pieces.said, whole.said, "pieces say what the whole does");
  if (whole.progress == RequestReader::Progress::Done)
    fuzz::Require(pieces.used == whole.used, "the next request begins at the same place");
  return 0;
}
