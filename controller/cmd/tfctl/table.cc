#include "controller/cmd/tfctl/table.h"

#include <algorithm>

#include "controller/cmd/tfctl/text.h"

namespace tinyforge::tfctl {
namespace {

constexpr std::size_t kGap = 3;
constexpr std::size_t kNarrowest = 20;

std::string Painted(const std::string& text, Tone tone) {
  switch (tone) {
    case Tone::Good: return "\033[32m" + text + "\033[0m";
    case Tone::Bad: return "\033[31m" + text + "\033[0m";
    case Tone::Dim: return "\033[2m" + text + "\033[0m";
    case Tone::Plain: break;
  }
  return text;
}

}  // namespace

Table::Table(std::vector<std::string> headers) : headers_(std::move(headers)), widths_(headers_.size()) {
  for (std::size_t i = 0; i < headers_.size(); ++i) widths_[i] = DisplayWidth(headers_[i]);
}

void Table::Grow(const std::vector<Cell>& row) {
  for (std::size_t i = 0; i < std::min(row.size(), widths_.size()); ++i) {
    widths_[i] = std::max(widths_[i], DisplayWidth(row[i].text));
  }
}

std::string Table::Line(const std::vector<Cell>& row, const TableStyle& style) const {
  std::string line;
  std::size_t column = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool last = i + 1 == row.size();
    std::string text = OneLine(row[i].text);
    if (last && style.width != 0)
      text = Cut(text, std::max(kNarrowest, style.width > column ? style.width - column : 0));
    line += style.colour ? Painted(text, row[i].tone) : text;
    if (last) break;
    line.append(widths_[i] + kGap - DisplayWidth(text), ' ');
    column += widths_[i] + kGap;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

void Table::Print(std::ostream& out, const TableStyle& style) {
  for (const auto& row : rows_) Grow(row);
  if (style.headers && !printed_headers_) {
    std::vector<Cell> header;
    for (const auto& text : headers_) header.push_back({text});
    out << Line(header, style);
    printed_headers_ = true;
  }
  for (const auto& row : rows_) out << Line(row, style);
  rows_.clear();
}

}  // namespace tinyforge::tfctl
