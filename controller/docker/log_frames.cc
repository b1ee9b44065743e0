#include "controller/docker/log_frames.h"

#include <algorithm>

#include "api-types/meta/utf8.h"

namespace tinyforge::docker {
namespace {

constexpr std::size_t kHeaderBytes = 8;

// `text` with "?" for each byte that is no UTF-8 and " " for control characters other than tab and newline.
std::string PrintableText(std::string_view text) {
  std::string printable;
  while (!text.empty()) {
    auto length = Utf8SequenceLength(text);
    auto first = static_cast<unsigned char>(text[0]);
    bool control = (first < 0x20 && first != '\t' && first != '\n') || first == 0x7F;
    if (length == 0) {
      printable += '?';
      length = 1;
    } else if (control) {
      printable += ' ';
    } else {
      printable += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return printable;
}

}  // namespace

bool LogDemultiplexer::Feed(std::string_view bytes) {
  while (!bytes.empty() && !failed_) {
    if (left_ == 0 && !TakeHeader(bytes)) break;
    auto piece = bytes.substr(0, left_);
    if (!piece.empty() && !sink_(stream_, piece)) failed_ = true;
    left_ -= static_cast<std::uint32_t>(piece.size());
    bytes.remove_prefix(piece.size());
  }
  return !failed_;
}

// False when more bytes are needed, or these are no header.
bool LogDemultiplexer::TakeHeader(std::string_view& bytes) {
  auto taken = std::min(kHeaderBytes - header_.size(), bytes.size());
  header_.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  if (header_.size() < kHeaderBytes) return false;
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(header_[i]); };
  failed_ = byte(0) > 2 || byte(1) || byte(2) || byte(3);
  stream_ = byte(0) == 2 ? LogStream::Stderr : LogStream::Stdout;
  left_ = std::uint32_t{byte(4)} << 24 | std::uint32_t{byte(5)} << 16 | std::uint32_t{byte(6)} << 8 | byte(7);
  header_.clear();
  return !failed_;
}

void LogTail::Feed(std::string_view bytes) {
  kept_.append(bytes);
  if (kept_.size() > 2 * max_bytes_) Shorten();
}

// A line is kept whole or not at all: of a part of a secret nothing could tell what it is.
void LogTail::Shorten() {
  const std::size_t end = kept_.find('\n', kept_.size() - max_bytes_);
  kept_.erase(0, end == std::string::npos ? kept_.size() : end + 1);
  in_long_line_ = end == std::string::npos;
}

std::string LogTail::Text(const Redact& redact) const {
  std::string_view text = kept_;
  if (in_long_line_) text.remove_prefix(std::min(text.size(), text.find('\n')));
  while (text.starts_with('\n')) text.remove_prefix(1);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  auto start = text.size();
  for (std::size_t lines = 0; start > 0; --start) {
    if (text[start - 1] == '\n' && ++lines == max_lines_) break;
  }
  text.remove_prefix(start);
  return PrintableText(redact(text));
}

}  // namespace tinyforge::docker
