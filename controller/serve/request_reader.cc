// The one unit that includes Beast. http::async_read and friends are not used: they cost minutes of compilation.
#include "controller/serve/request_reader.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <optional>

#include "controller/serve/router.h"

namespace tinyforge::serve {
namespace {

namespace http = boost::beast::http;
using Fields = http::request_parser<http::string_body>::value_type;

HttpResponse Malformed(std::string_view message) {
  return ErrorResponse(400, "BadRequest", message);
}

HttpResponse TooLarge() {
  return ErrorResponse(413, "TooLarge", "the request body is larger than allowed");
}

HttpResponse RefusalOf(boost::system::error_code error) {
  if (error == http::error::body_limit) return TooLarge();
  if (error == http::error::header_limit)
    return ErrorResponse(431, "TooLarge", "the request header is larger than allowed");
  if (error == http::error::bad_version)
    return ErrorResponse(505, "BadVersion", "only HTTP/1.0 and HTTP/1.1 are spoken here");
  return Malformed("the request is not well-formed HTTP/1.1");
}

bool HasBadTarget(std::string_view target) {
  if (!target.starts_with('/')) return true;
  if (target.substr(0, target.find('?')).find('%') != std::string_view::npos) return true;
  return target.find('#') != std::string_view::npos;
}

// What is wrong with a complete header; empty: nothing.
std::optional<HttpResponse> CheckFields(const Fields& message, const HttpLimits& limits) {
  std::size_t count = 0;
  for (auto it = message.begin(); it != message.end(); ++it) ++count;
  if (count > limits.header_fields)
    return ErrorResponse(431, "TooLarge", "the request has more header fields than allowed");
  if (message.target().size() > limits.target_bytes)
    return ErrorResponse(414, "TooLarge", "the request target is longer than allowed");
  if (HasBadTarget(message.target()))
    return Malformed("the request target must be a path without percent signs, with or without a query");
  if (message.version() == 11 && message.count(http::field::host) != 1)
    return Malformed("HTTP/1.1 needs one Host field");
  if (message.version() != 11 && message.version() != 10) return RefusalOf(http::error::bad_version);
  if (message.count(http::field::content_encoding) != 0) {
    return ErrorResponse(415, "UnsupportedEncoding", "request bodies must not be compressed");
  }
  // RFC 9112, 6.3: a list of equal lengths may be taken for one; not here, since what is ahead may have read another.
  const auto lengths = message.count(http::field::content_length);
  if (lengths > 1 || message[http::field::content_length].find_first_not_of("0123456789") != std::string_view::npos)
    return Malformed("the length of the body must be said once, in digits");
  // A blank value, or more than one field, is read in different ways by different servers.
  const auto encodings = message.count(http::field::transfer_encoding);
  if (encodings > 1 || (encodings == 1 && message[http::field::transfer_encoding] != "chunked"))
    return ErrorResponse(501, "UnsupportedEncoding", "the only transfer encoding is chunked");
  if (encodings == 1 && message.version() == 10) return Malformed("HTTP/1.0 knows no transfer encoding");
  const auto expect = message[http::field::expect];
  if (!expect.empty() && !boost::beast::iequals(expect, "100-continue")) {
    return ErrorResponse(417, "ExpectationFailed", "the only expectation known is 100-continue");
  }
  return std::nullopt;
}

std::optional<RequestHead> ReadHead(const Fields& message, const HttpLimits& limits) {
  const std::string_view target(message.target());
  const std::size_t question = std::min(target.find('?'), target.size());
  RequestHead head{.method = std::string(message.method_string()), .path = std::string(target.substr(0, question))};
  if (question < target.size() && !ParseQuery(target.substr(question + 1), limits.query_parameters, head.query)) {
    return std::nullopt;
  }
  head.authorization = std::string(message[http::field::authorization]);
  head.keep_alive = message.keep_alive();
  head.http_1_1 = message.version() == 11;
  head.expects_continue = message.count(http::field::expect) != 0;
  head.has_length =
      message.count(http::field::content_length) != 0 || message.count(http::field::transfer_encoding) != 0;
  for (const auto& field : message) head.fields.emplace_back(field.name_string(), field.value());
  return head;
}

}  // namespace

struct RequestReader::Impl {
  explicit Impl(const HttpLimits& the_limits) : limits(the_limits) {
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser.body_limit(boost::none);
    parser.on_chunk_header(check_chunk);
  }

  Progress Refuse(HttpResponse response) {
    refusal = std::move(response);
    return Progress::Refused;
  }

  // What Beast took of the header: all of it, or complete lines ahead of its end.
  Progress TakeHeader(std::string_view taken) {
    // RFC 9112, 5.2: line folding is obsolete; Beast would join the lines.
    if (taken.find("\n ") != std::string_view::npos || taken.find("\n\t") != std::string_view::npos) {
      return Refuse(Malformed("header fields must not be folded"));
    }
    // Beast counts anew with each piece.
    header_bytes += taken.size();
    if (header_bytes > limits.header_bytes) return Refuse(RefusalOf(http::error::header_limit));
    return parser.is_header_done() ? FinishHeader() : Progress::NeedMore;
  }

  Progress FinishHeader() {
    if (auto bad = CheckFields(parser.get(), limits)) return Refuse(std::move(*bad));
    auto read = ReadHead(parser.get(), limits);
    if (!read) return Refuse(Malformed("the query is malformed"));
    head = std::move(*read);
    header_done = true;
    parser.eager(true);
    return Progress::Header;
  }

  const HttpLimits limits;
  std::function<void(std::uint64_t, boost::beast::string_view, boost::system::error_code&)> check_chunk =
      [this](std::uint64_t, boost::beast::string_view extension, boost::system::error_code& error) {
        if (extension.size() > limits.chunk_extension_bytes) error = http::error::bad_chunk_extension;
      };
  http::request_parser<http::string_body> parser;
  std::size_t header_bytes = 0;  // taken so far
  bool header_done = false;
  bool over_limit = false;
  RequestHead head;
  HttpResponse refusal;
};

RequestReader::RequestReader(const HttpLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestReader::~RequestReader() = default;

RequestReader::Progress RequestReader::Put(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  if (impl_->over_limit) return impl_->Refuse(TooLarge());
  if (impl_->header_done && impl_->parser.is_done()) return Progress::Done;
  if (bytes.empty()) return Progress::NeedMore;
  boost::system::error_code error;
  consumed = impl_->parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error && error != http::error::need_more) return impl_->Refuse(RefusalOf(error));
  if (!impl_->header_done) return impl_->TakeHeader(bytes.substr(0, consumed));
  return impl_->parser.is_done() ? Progress::Done : Progress::NeedMore;
}

const RequestHead& RequestReader::head() const {
  return impl_->head;
}

std::vector<std::pair<std::string, std::string>> RequestReader::TakeFields() {
  return std::move(impl_->head.fields);
}

bool RequestReader::LimitBody(std::size_t bytes) {
  const auto length = impl_->parser.content_length();
  impl_->over_limit = length && *length > bytes;
  impl_->parser.body_limit(bytes);
  return !impl_->over_limit;
}

bool RequestReader::header_done() const {
  return impl_->header_done;
}
std::size_t RequestReader::body_size() const {
  return impl_->parser.get().body().size();
}
std::string RequestReader::TakeBody() {
  return std::move(impl_->parser.get().body());
}
const HttpResponse& RequestReader::refusal() const {
  return impl_->refusal;
}

}  // namespace tinyforge::serve
