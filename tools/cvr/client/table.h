#ifndef TOOLS_CVR_CLIENT_TABLE_H_
#define TOOLS_CVR_CLIENT_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace cvr {

// Rows of text under aligned columns, for people. Control characters in cells
// are shown as `\n`, `\x1b` and so on: what others wrote must not drive the
// reader's terminal. Not thread-safe.
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns);

  // One cell per column. An empty cell is shown as `-`.
  void AddRow(const std::vector<std::string>& cells);

  // A line of titles, unless all are empty, then a line per row; two spaces
  // between columns and none at the end of a line.
  std::string ToString() const;

 private:
  const std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// The fields of one thing: a name and a value per line.
class FieldTable {
 public:
  FieldTable() : table_({{""}, {""}}) {}
  void Add(absl::string_view name, absl::string_view value);
  std::string ToString() const { return table_.ToString(); }

 private:
  TextTable table_;
};

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_TABLE_H_
