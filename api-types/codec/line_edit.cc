#include "api-types/codec/line_edit.h"

#include <algorithm>

namespace tinyforge::codec {
namespace {

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The line that `at` stands on, without its end.
Span LineAround(std::string_view text, std::size_t at) {
  const std::size_t feed = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  Span line{feed == std::string_view::npos ? 0 : feed + 1, std::min(text.find('\n', at), text.size())};
  if (line.end > line.begin && text[line.end - 1] == '\r') --line.end;
  return line;
}

// Where the line of that number begins; npos: there is none.
std::size_t StartOfLine(std::string_view text, std::uint32_t number) {
  std::size_t at = 0;
  for (std::uint32_t line = 1; line < number; ++line) {
    const std::size_t feed = text.find('\n', at);
    if (feed == std::string_view::npos) return feed;
    at = feed + 1;
  }
  return at;
}

Error Fault(ErrorKind kind, const LinePlace& place, std::string_view what) {
  return {kind, "line " + std::to_string(place.line) + " " + std::string(what)};
}

Expected<Span> Find(std::string_view text, const LinePlace& place) {
  const std::size_t start = StartOfLine(text, place.line);
  if (place.line == 0 || start == std::string_view::npos)
    return Fault(ErrorKind::NotFound, place, "is not there any more");
  const Span line = LineAround(text, start);
  const std::string_view all = text.substr(line.begin, line.end - line.begin);
  const bool fits = all.size() >= place.before.size() + place.behind.size() && all.starts_with(place.before) &&
                    all.ends_with(place.behind);
  if (!fits) return Fault(ErrorKind::Conflict, place, "is not what it was any more; somebody changed the file");
  return Span{line.begin + place.before.size(), line.end - place.behind.size()};
}

}  // namespace

std::optional<LinePlace> PlaceOf(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin > end || end > text.size()) return std::nullopt;
  const Span line = LineAround(text, begin);
  if (end > line.end) return std::nullopt;
  const auto feeds = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
  return LinePlace{static_cast<std::uint32_t>(feeds + 1), std::string(text.substr(line.begin, begin - line.begin)),
                   std::string(text.substr(end, line.end - end))};
}

Expected<std::string> ReadOnLine(std::string_view text, const LinePlace& place) {
  const auto span = Find(text, place);
  if (!span) return span.error();
  return std::string(text.substr(span->begin, span->end - span->begin));
}

Expected<std::string> EditOnLine(std::string_view text, const LineEdit& edit) {
  const auto span = Find(text, edit.place);
  if (!span) return span.error();
  if (edit.to.find_first_of("\r\n") != std::string::npos)
    return Fault(ErrorKind::Invalid, edit.place, "cannot take a value of several lines");
  if (edit.from && text.substr(span->begin, span->end - span->begin) != *edit.from)
    return Fault(ErrorKind::Conflict, edit.place, "says another value by now");
  return std::string(text.substr(0, span->begin)) + edit.to + std::string(text.substr(span->end));
}

}  // namespace tinyforge::codec
