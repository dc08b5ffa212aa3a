#include "tools/cvr/client/table.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/utf8.h"

namespace cvr {
namespace {

constexpr absl::string_view kGap = "  ";

std::string Printable(absl::string_view text) {
  std::string printable;
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      printable += absl::CHexEscape(absl::string_view(&c, 1));
    } else {
      printable += c;
    }
  }
  return printable;
}

// Characters, not bytes: UTF-8 continuation bytes take no place of their own.
size_t Width(absl::string_view text) { return Utf8Length(text); }

std::string Padded(const std::string& text, size_t width,
                   TextTable::Align align) {
  const std::string spaces(width - Width(text), ' ');
  return align == TextTable::Align::kLeft ? text + spaces : spaces + text;
}

}  // namespace

TextTable::TextTable(std::vector<Column> columns)
    : columns_(std::move(columns)) {
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  const bool titled =
      std::any_of(titles.begin(), titles.end(),
                  [](const std::string& title) { return !title.empty(); });
  if (titled) rows_.push_back(std::move(titles));
}

void TextTable::AddRow(const std::vector<std::string>& cells) {
  assert(cells.size() == columns_.size());
  std::vector<std::string> row;
  for (const std::string& cell : cells) {
    row.push_back(cell.empty() ? "-" : Printable(cell));
  }
  rows_.push_back(std::move(row));
}

std::string TextTable::ToString() const {
  std::vector<size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, i == 0 ? "" : kGap,
                      Padded(row[i], widths[i], columns_[i].align));
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

void FieldTable::Add(absl::string_view name, absl::string_view value) {
  table_.AddRow({absl::StrCat(name, ":"), std::string(value)});
}

}  // namespace cvr
