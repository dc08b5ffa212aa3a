#include "tools/cvr/client/table.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCell) {
  TextTable table({{"ID", TextTable::Align::kRight}, {"NAME"}, {"URL"}});
  table.AddRow({"1", "hub", "https://a"});
  table.AddRow({"1234", "a longer name", "http://b"});
  EXPECT_EQ(table.ToString(),
            "  ID  NAME           URL\n"
            "   1  hub            https://a\n"
            "1234  a longer name  http://b\n");
}

TEST(TextTable, NothingButTitlesWithoutRows) {
  EXPECT_EQ(TextTable({{"ID"}, {"NAME"}}).ToString(), "ID  NAME\n");
}

TEST(TextTable, EmptyCellsAreDashesSoThatLineToolsCountRight) {
  TextTable table({{"A"}, {"B"}, {"C"}});
  table.AddRow({"", "b", ""});
  EXPECT_EQ(table.ToString(), "A  B  C\n-  b  -\n");
}

TEST(TextTable, CellsCannotBreakLinesOrDriveTheTerminal) {
  TextTable table({{"NAME"}});
  table.AddRow({"a\nb\x1b[2J\t\x7f"});
  EXPECT_EQ(table.ToString(), "NAME\na\\nb\\x1b[2J\\t\\x7f\n");
}

TEST(TextTable, AlignsByCharactersNotBytes) {
  TextTable table({{"NAME"}, {"X"}});
  table.AddRow({"gr\u00fcn", "1"});
  table.AddRow({"blau", "2"});
  EXPECT_EQ(table.ToString(), "NAME  X\ngr\u00fcn  1\nblau  2\n");
}

TEST(FieldTable, OneFieldPerLine) {
  FieldTable fields;
  fields.Add("id", "7");
  fields.Add("description", "");
  EXPECT_EQ(fields.ToString(),
            "id:           7\n"
            "description:  -\n");
}

}  // namespace
}  // namespace cvr
