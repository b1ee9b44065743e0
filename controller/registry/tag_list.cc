#include "controller/registry/tag_list.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "api-types/codec/field.h"
#include "api-types/codec/formats.h"

namespace tinyforge::registry {
namespace {

using Json = nlohmann::json;

// Receives the events of the parser, whose names these are. False ends the parse.
class PageReader {
 public:
  explicit PageReader(std::set<std::string, std::less<>>& tags) : tags_(tags) {}

  bool complete() const { return found_ && depth_ == 0; }

  bool null() { return Value(at_tags()); }
  bool boolean(bool) { return Value(false); }
  bool number_integer(Json::number_integer_t) { return Value(false); }
  bool number_unsigned(Json::number_unsigned_t) { return Value(false); }
  bool number_float(Json::number_float_t, const std::string&) { return Value(false); }
  bool binary(Json::binary_t&) { return Value(false); }
  bool string(std::string& text) {
    if (in_tags() && codec::format::kImageTag.valid(text)) tags_.insert(std::move(text));
    return Value(in_tags());
  }
  bool start_object(std::size_t) { return Open(false); }
  bool end_object() { return Close(); }
  bool start_array(std::size_t) { return Open(at_tags()); }
  bool end_array() { return Close(); }
  bool key(std::string& name) {
    if (depth_ == 1) named_ = name == "tags";
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) { return false; }

 private:
  bool at_tags() const { return depth_ == 1 && named_; }
  bool in_tags() const { return depth_ == 2 && named_; }
  // A value that opens nothing; the page is none where the tags should be and this is not one.
  bool Value(bool fits) {
    found_ = found_ || at_tags();
    return depth_ > 0 && (fits || !(at_tags() || in_tags()));
  }
  bool Open(bool fits) {
    const bool wrong = (at_tags() || in_tags()) && !fits;
    found_ = found_ || at_tags();
    ++depth_;
    return !wrong;
  }
  bool Close() {
    --depth_;
    return true;
  }

  std::set<std::string, std::less<>>& tags_;
  std::size_t depth_ = 0;
  bool named_ = false;  // the member of the outermost object that is being read is "tags"
  bool found_ = false;
};

}  // namespace

bool TagList::Add(std::string_view page) {
  PageReader reader(tags_);
  return Json::sax_parse(page, &reader) && reader.complete();
}

std::vector<std::string> TagList::Take() {
  std::vector<std::string> tags;
  tags.reserve(tags_.size());
  while (!tags_.empty()) tags.push_back(std::move(tags_.extract(tags_.begin()).value()));
  return tags;
}

}  // namespace tinyforge::registry
