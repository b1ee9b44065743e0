#include <nlohmann/json.hpp>

#include "api-types/doc/json.h"
#include "api-types/doc/tree_builder.h"

namespace tinyforge::doc {
namespace {

// Tells how far the parser has read. Copies share the mark.
class Cursor {
 public:
  using difference_type = std::ptrdiff_t;
  using value_type = char;
  using pointer = const char*;
  using reference = const char&;
  using iterator_category = std::input_iterator_tag;

  Cursor(const char* at, Mark* mark) : at_(at), mark_(mark) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    if (*at_ == '\n') *mark_ = {mark_->line + 1, 0};
    ++mark_->column;
    ++at_;
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }
  bool operator!=(const Cursor& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Mark* mark_;
};

class Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Handler(TreeBuilder& builder) : builder_(builder) {}

  bool null() override { return builder_.Scalar({}); }
  bool boolean(bool value) override { return builder_.Scalar(Node::Of(value)); }
  bool number_integer(number_integer_t value) override { return builder_.Scalar(Node::Of(std::int64_t(value))); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= INT64_MAX) return number_integer(number_integer_t(value));
    return number_float(static_cast<double>(value), std::to_string(value));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    Node node;
    node.type = Type::Float;
    node.number = value;
    node.text = text;
    return builder_.Scalar(std::move(node));
  }
  bool string(string_t& value) override { return builder_.Scalar(Node::Of(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return builder_.Open(Type::Map, {}); }
  bool key(string_t& value) override { return builder_.Key(std::move(value), {}); }
  bool end_object() override { return builder_.Close(); }
  bool start_array(std::size_t) override { return builder_.Open(Type::List, {}); }
  bool end_array() override { return builder_.Close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) override {
    const std::string text = e.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while …": the place is ours.
    const std::size_t detail = text.find(": ");
    return builder_.Fail({}, "not valid JSON: " + (detail == std::string::npos ? text : text.substr(detail + 2)));
  }

 private:
  TreeBuilder& builder_;
};

}  // namespace

Expected<Node> ParseJson(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes)
    return Error{ErrorKind::Invalid, "the JSON text has " + std::to_string(text.size()) + " bytes; at most " +
                                         std::to_string(limits.bytes) + " are read"};
  TreeBuilder builder(limits);
  Handler handler(builder);
  Mark mark{1, 1};
  try {
    if (nlohmann::json::sax_parse(Cursor(text.data(), &mark), Cursor(text.data() + text.size(), &mark), &handler))
      return builder.Take();
  } catch (const std::exception& e) {
    builder.Fail({}, std::string("not valid JSON: ") + e.what());
  }
  return Error{ErrorKind::Invalid,
               std::to_string(mark.line) + ":" + std::to_string(mark.column) + ": " + builder.error().message};
}

}  // namespace tinyforge::doc
