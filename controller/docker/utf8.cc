#include "controller/docker/utf8.h"

namespace tinyforge::docker {

std::size_t Utf8SequenceLength(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  bool outside = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
  return overlong || outside ? 0 : length;
}

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

}  // namespace tinyforge::docker
