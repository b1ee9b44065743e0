// The text is read by RapidJSON, in a copy of ours in which it decodes the strings (a copy costs less than a buffer
// that grows). What the version of Debian 12, 1.1.0, does not do is done here:
// - It asks for up to three bytes more than there are when the text ends inside a character: the copy has them.
// - A zero byte is its end of the text: Read asks whether that was the end.
// - It lets pass the second half of a surrogate pair that stands alone: HasSurrogate.
// - Its conversion of numbers is not exact: Number. What it refuses as too large is said in json.h.
// Its SIMD is left out: it reads beyond the end, and takes some control characters for plain ones.
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "api-types/doc/json.h"
#include "api-types/doc/unique_keys.h"

namespace tinyforge::doc {
namespace {

constexpr std::string_view kTooLarge = "not valid JSON: a number of 64 bits cannot be so large";

// Of a string that was decoded from valid UTF-8. Half a pair, written \uDC00 to \uDFFF, became what is no UTF-8.
bool HasSurrogate(std::string_view text) {
  for (auto at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1))
    if (static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  return false;
}

// Takes the events of RapidJSON and puts each value into its place in the tree. What is open is bounded by the depth,
// and with it the recursion of RapidJSON: it ends when a handler answers false.
class TreeHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TreeHandler> {
 public:
  using Size = rapidjson::SizeType;

  TreeHandler(Node& root, const Limits& limits) : root_(root), limits_(limits) {}

  bool Null() { return Value(Type::Null) != nullptr; }
  bool Bool(bool value) {
    Node* node = Value(Type::Bool);
    if (node != nullptr) node->boolean = value;
    return node != nullptr;
  }
  bool String(const char* text, Size size, bool) {
    Node* node = Value(Type::String);
    return node != nullptr && Text({text, size}, node->text);
  }
  bool RawNumber(const char* text, Size size, bool) {
    Node* node = Value(Type::Float);
    return node != nullptr && Number({text, size}, *node);
  }
  bool Key(const char* text, Size size, bool) { return Text({text, size}, open_.back()->members.emplace_back().key); }
  bool StartObject() { return Open(Type::Map); }
  bool StartArray() { return Open(Type::List); }
  bool EndObject(Size) {
    const Node::Member* twice = FindRepeatedKey(*open_.back()).second;
    open_.pop_back();
    return twice == nullptr || Fail("the key \"" + twice->key + "\" stands twice in one mapping");
  }
  bool EndArray(Size) {
    open_.pop_back();
    return true;
  }

  // After an event that was answered with false.
  const std::string& problem() const { return problem_; }
  // How far RapidJSON is beyond what problem() is about.
  std::size_t passed() const { return passed_; }

 private:
  // The place of the next value; null: there are too many.
  Node* Value(Type type) {
    if (++nodes_ > limits_.nodes) {
      Fail("the document has more than " + std::to_string(limits_.nodes) + " values; split it");
      return nullptr;
    }
    Node& node = open_.empty()                      ? root_
                 : open_.back()->type == Type::List ? open_.back()->items.emplace_back()
                                                    : open_.back()->members.back().value;
    node.type = type;
    return &node;
  }

  bool Open(Type type) {
    passed_ = 1;
    Node* node = Value(type);
    if (node == nullptr) return false;
    if (open_.size() >= limits_.depth)
      return Fail("the document is nested deeper than " + std::to_string(limits_.depth) + " levels");
    open_.push_back(node);
    passed_ = 0;
    return true;
  }

  bool Text(std::string_view text, std::string& out) {
    if (HasSurrogate(text)) return Fail("not valid JSON: half of a surrogate pair in a string");
    out.assign(text);
    return true;
  }

  // Int when it is a whole number of 64 bits, else Float.
  bool Number(std::string_view literal, Node& out) {
    const char* const end = literal.data() + literal.size();
    const auto read = std::from_chars(literal.data(), end, out.integer);
    if (read.ec != std::errc() || read.ptr != end) return Float(literal, out);
    out.type = Type::Int;
    out.text = out.integer == 0 ? "0" : literal;
    return true;
  }

  // One that is too small for a double is 0.
  bool Float(std::string_view literal, Node& out) {
    out.integer = 0;
    out.text = literal;
    const auto read = std::from_chars(literal.data(), literal.data() + literal.size(), out.number);
    if (read.ec != std::errc()) out.number = std::strtod(out.text.c_str(), nullptr);
    return std::isfinite(out.number) || Fail(std::string(kTooLarge));
  }

  bool Fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  Node& root_;
  const Limits& limits_;
  std::vector<Node*> open_;  // a node stays where it is while it is open: the one that it is in does not grow
  std::size_t nodes_ = 0;
  std::size_t passed_ = 0;
  std::string problem_;
};

// --- errors ---

std::string_view Expectation(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentRootNotSingular: return "expected the end of the text";
    case rapidjson::kParseErrorObjectMissName: return "expected a key, in quotation marks";
    case rapidjson::kParseErrorObjectMissColon: return "expected \":\" after a key";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket: return "expected \",\" or \"}\" after a value";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket: return "expected \",\" or \"]\" after a value";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex: return "\\u needs four hexadecimal digits";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid: return "half of a surrogate pair in a string";
    case rapidjson::kParseErrorStringInvalidEncoding: return "the bytes are no UTF-8";
    case rapidjson::kParseErrorNumberMissFraction:
    case rapidjson::kParseErrorNumberMissExponent: return "expected a digit";
    default: return "expected a value";
  }
}

// By what stands there: RapidJSON has one code for an unknown escape sequence and a control character.
std::string_view StringProblem(std::string_view rest) {
  if (rest.empty()) return "the text ends inside a string";
  return rest.front() == '\\' ? "there is no such escape sequence in a string"
                              : "a control character in a string must be escaped";
}

std::string Problem(std::string_view text, const rapidjson::ParseResult& result, const TreeHandler& handler) {
  constexpr std::string_view kPrefix = "not valid JSON: ";
  std::string_view expectation = Expectation(result.Code());
  switch (result.Code()) {
    case rapidjson::kParseErrorTermination: return handler.problem();
    case rapidjson::kParseErrorNumberTooBig: return std::string(kTooLarge);
    case rapidjson::kParseErrorStringMissQuotationMark:
    case rapidjson::kParseErrorStringEscapeInvalid: expectation = StringProblem(text.substr(result.Offset())); break;
    case rapidjson::kParseErrorValueInvalid:
      if (text.substr(0, result.Offset()).ends_with('-')) expectation = "expected a digit";
      break;
    default: break;
  }
  return std::string(kPrefix).append(expectation);
}

// Where RapidJSON stopped, but after a number that is too large, and before a word that is wrong or one value too many:
// no letter stands before a value.
std::size_t Offset(std::string_view text, const rapidjson::ParseResult& result, const TreeHandler& handler) {
  std::size_t at = result.Offset();
  const bool refused = result.Code() == rapidjson::kParseErrorTermination;
  if (result.Code() == rapidjson::kParseErrorNumberTooBig || (refused && handler.problem() == kTooLarge))
    return std::min(text.find_first_not_of("0123456789.eE+-", at), text.size());
  if (refused || result.Code() == rapidjson::kParseErrorValueInvalid)
    while (at > 0 && text[at - 1] >= 'a' && text[at - 1] <= 'z') --at;
  return at - handler.passed();
}

std::string Place(std::string_view before) {
  const auto line_break = before.rfind('\n');
  const std::size_t column = line_break == std::string_view::npos ? before.size() + 1 : before.size() - line_break;
  return std::to_string(std::ranges::count(before, '\n') + 1) + ":" + std::to_string(column);
}

rapidjson::ParseResult Read(std::string_view text, TreeHandler& handler) {
  constexpr unsigned kFlags =
      rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  constexpr std::size_t kSlack = 4;  // of zeros
  const std::size_t begin = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  std::string copy;
  copy.reserve(text.size() + kSlack);
  copy.append(text).append(kSlack, '\0');
  rapidjson::InsituStringStream stream(copy.data());
  stream.src_ += begin;
  rapidjson::ParseResult result = rapidjson::Reader().Parse<kFlags>(stream, handler);
  if (!result.IsError() && stream.Tell() < text.size())
    result.Set(rapidjson::kParseErrorDocumentRootNotSingular, stream.Tell());
  return result;
}

}  // namespace

Expected<Node> ParseJson(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes)
    return Error{ErrorKind::Invalid, "the JSON text has " + std::to_string(text.size()) + " bytes; at most " +
                                         std::to_string(limits.bytes) + " are read"};
  Node root;
  TreeHandler handler(root, limits);
  const rapidjson::ParseResult result = Read(text, handler);
  if (!result.IsError()) return root;
  const std::string problem = Problem(text, result, handler);
  return Error{ErrorKind::Invalid, Place(text.substr(0, Offset(text, result, handler))) + ": " + problem};
}

}  // namespace tinyforge::doc
