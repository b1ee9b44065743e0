#include "controller/runtime/log_line.h"

#include <cstddef>
#include <cstdint>

#include "api-types/meta/utf8.h"

namespace tinyforge {
namespace {

constexpr std::size_t kMaxValue = 4096;
constexpr std::string_view kCut = "…";
constexpr std::string_view kHex = "0123456789abcdef";

std::string_view UpperName(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return "DEBUG";
    case LogLevel::Info: return "INFO";
    case LogLevel::Warning: return "WARN";
    case LogLevel::Error: return "ERROR";
  }
  return "";
}

std::string_view LowerName(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warning: return "warn";
    case LogLevel::Error: return "error";
  }
  return "";
}

// C0 and C1 control characters, DEL, and the line and paragraph separators: all that may act on a terminal or end a
// line.
bool IsControl(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  if (character.size() == 2) return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  return character == "\u2028" || character == "\u2029";
}

void AppendEscapedByte(std::string& out, char c, LogFormat format) {
  switch (c) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += format == LogFormat::Json ? "\\u00" : "\\x";
  out += {kHex[byte >> 4], kHex[byte & 15]};
}

// What is not UTF-8 stays readable as bytes in text; JSON has no word for it but U+FFFD.
void AppendInvalid(std::string& out, char c, LogFormat format) {
  if (format == LogFormat::Json) {
    out += "\uFFFD";
  } else {
    AppendEscapedByte(out, c, format);
  }
}

void AppendControl(std::string& out, std::string_view character, LogFormat format) {
  if (format == LogFormat::Text) {
    for (const char c : character) AppendEscapedByte(out, c, format);
  } else if (character.size() == 1) {
    AppendEscapedByte(out, character[0], format);
  } else if (character.size() == 2) {
    AppendEscapedByte(out, character[1], format);  // U+0080 to U+009F: the second byte is the code point
  } else {
    out += character == "\u2028" ? "\\u2028" : "\\u2029";
  }
}

void AppendEscaped(std::string& out, std::string_view text, LogFormat format) {
  const bool cut = text.size() > kMaxValue;
  if (cut) text = text.substr(0, kMaxValue);
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    if (length == 0) {
      if (!cut || text.size() > 3) AppendInvalid(out, text[0], format);  // the cut may have split the last character
    } else if (IsControl(character)) {
      AppendControl(out, character, format);
    } else if (character == "\"" || character == "\\") {
      AppendEscapedByte(out, character[0], format);
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  if (cut) out += kCut;
}

bool IsBareWord(std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || c == '"' || c == '\\' || c == '=') return false;
  }
  return !value.empty() && value.size() <= kMaxValue;
}

std::string TextLine(const LogRecord& record) {
  std::string line = FormatRfc3339(record.time);
  line.append(" ").append(UpperName(record.level)).append(" ");
  AppendEscaped(line, record.message, LogFormat::Text);
  for (const LogField& field : record.fields) {
    line.append(" ").append(field.key).append("=");
    if (IsBareWord(field.value)) {
      line += field.value;
    } else {
      line += '"';
      AppendEscaped(line, field.value, LogFormat::Text);
      line += '"';
    }
  }
  return line + "\n";
}

void AppendMember(std::string& line, std::string_view key, std::string_view value) {
  line += line.empty() ? "{\"" : ",\"";
  line.append(key).append("\":\"");
  AppendEscaped(line, value, LogFormat::Json);
  line += '"';
}

std::string JsonLine(const LogRecord& record) {
  std::string line;
  AppendMember(line, "time", FormatRfc3339(record.time));
  AppendMember(line, "level", LowerName(record.level));
  AppendMember(line, "message", record.message);
  for (const LogField& field : record.fields) AppendMember(line, field.key, field.value);
  return line + "}\n";
}

}  // namespace

std::string FormatLine(const LogRecord& record, LogFormat format) {
  return format == LogFormat::Json ? JsonLine(record) : TextLine(record);
}

}  // namespace tinyforge
