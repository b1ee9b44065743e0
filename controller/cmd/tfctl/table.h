// Rows under headers, as wide as what stands in them.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace tinyforge::tfctl {

enum class Tone { Plain, Good, Bad, Dim };

struct Cell {
  std::string text;
  Tone tone = Tone::Plain;
};

struct TableStyle {
  bool headers = true;
  bool colour = false;
  std::size_t width = 0;  // the last column is cut so that a row fits, but never below 20 columns; 0: uncut
};

// Cells are written on one line each. Columns that are wide enough once stay so for later Prints of the same Table.
class Table {
 public:
  explicit Table(std::vector<std::string> headers);
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  // Writes headers (the first time only) and rows, and forgets the rows.
  void Print(std::ostream& out, const TableStyle& style);

 private:
  void Grow(const std::vector<Cell>& row);
  std::string Line(const std::vector<Cell>& row, const TableStyle& style) const;

  std::vector<std::string> headers_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<Cell>> rows_;
  bool printed_headers_ = false;
};

}  // namespace tinyforge::tfctl
