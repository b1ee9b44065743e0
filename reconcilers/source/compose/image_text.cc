#include "reconcilers/source/compose/image_text.h"

#include <utility>

#include "reconcilers/core/source_images.h"
#include "reconcilers/source/compose/variable_text.h"

namespace tinyforge::compose {
namespace {

// Bytes of a value, and what is to stand there.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string to;
};

// What stands behind "repository:" or "repository@"; behind a bare repository the colon is added.
Span VersionIn(const std::string& reference, const std::string& version) {
  const std::size_t repository = ParseImageReference(reference).repository.size();
  const bool by_digest = version.starts_with("sha256:");
  if (repository == reference.size()) return {repository, repository, (by_digest ? "@" : ":") + version};
  const bool same = (reference[repository] == '@') == by_digest;
  if (same) return {repository + 1, reference.size(), version};
  return {repository, reference.size(), (by_digest ? "@" : ":") + version};
}

std::string Spliced(std::string_view text, const Span& span) {
  return std::string(text.substr(0, span.begin)) + span.to + std::string(text.substr(span.end));
}

bool Holds(std::size_t begin, std::size_t end, const Span& span) {
  const bool within = span.begin >= begin && span.end <= end;
  return within && (span.begin < span.end || span.begin > begin);
}

// `offset`: where `text` stands in the whole one.
Expected<ImageChange> Change(std::string_view text, std::size_t offset, const VariableLookup& lookup, Span span) {
  std::size_t at = 0;
  for (const VariablePart& part : SplitVariables(text, lookup)) {
    const std::size_t end = at + part.value.size();
    if (!Holds(at, end, span)) {
      at = end;
      continue;
    }
    Span inner{span.begin - at, span.end - at, std::move(span.to)};
    if (part.by_text)
      return Change(text.substr(part.text_begin, part.text_end - part.text_begin), offset + part.text_begin, lookup,
                    std::move(inner));
    if (!part.name.empty())
      return ImageChange{.variable = part.name, .from = part.value, .to = Spliced(part.value, inner)};
    const std::size_t begin = offset + part.begin;
    return ImageChange{.begin = begin + inner.begin,
                       .end = begin + inner.end,
                       .from = part.value.substr(inner.begin, inner.end - inner.begin),
                       .to = std::move(inner.to)};
  }
  return Error{ErrorKind::Invalid, "its version is put together from several parts, so no one of them can be changed"};
}

}  // namespace

Expected<ImageChange> ChangeVersion(std::string_view text, const VariableLookup& lookup, const std::string& version) {
  Interpolation with{lookup};
  auto reference = Interpolate(text, with);
  if (!reference) return std::move(reference).error();
  return Change(text, 0, lookup, VersionIn(*reference, version));
}

}  // namespace tinyforge::compose
