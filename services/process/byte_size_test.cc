#include "services/process/byte_size.h"

#include <string>

#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(ByteSizeTest, UnitsAreThoseThatPeopleWrite) {
  const struct {
    const char* text;
    uint64_t bytes;
  } kCases[] = {
      {"0", 0},
      {"1000", 1000},
      {"512B", 512},
      {"10G", uint64_t{10} << 30},
      {"10g", uint64_t{10} << 30},
      {"10Gi", uint64_t{10} << 30},
      {"10GiB", uint64_t{10} << 30},
      {"10 GiB", uint64_t{10} << 30},
      {"10GB", 10'000'000'000},
      {"512MiB", uint64_t{512} << 20},
      {"64k", 64 << 10},
      {"1.5T", (uint64_t{3} << 40) / 2},
      {"2P", uint64_t{2} << 50},
      {"15E", uint64_t{15} << 60},
      {"18446744073709551615", UINT64_MAX},
  };
  for (const auto& c : kCases) EXPECT_EQ(ParseByteSize(c.text), c.bytes);
}

TEST(ByteSizeTest, WhatIsNoSizeIsRefused) {
  for (const char* text :
       {"", "G", "-1", "+1", "1e9", "10X", "10GGB", "10Gb/s", "1.", ".5G",
        "1.2.3G", "1.5", "0x10", "16E", "18446744073709551616", "10 G B"}) {
    EXPECT_EQ(ParseByteSize(text), std::nullopt) << text;
  }
}

TEST(ByteSizeTest, FlagsAreShownInTheLargestUnitThatIsExact) {
  EXPECT_EQ(AbslUnparseFlag({0}), "0");
  EXPECT_EQ(AbslUnparseFlag({1000}), "1000");
  EXPECT_EQ(AbslUnparseFlag({1024}), "1KiB");
  EXPECT_EQ(AbslUnparseFlag({uint64_t{10} << 30}), "10GiB");
  EXPECT_EQ(AbslUnparseFlag({(uint64_t{3} << 40) / 2}), "1536GiB");
  for (const uint64_t bytes : {uint64_t{1}, uint64_t{5} << 60, UINT64_MAX}) {
    ByteSize size;
    std::string error;
    EXPECT_TRUE(AbslParseFlag(AbslUnparseFlag({bytes}), &size, &error));
    EXPECT_EQ(size.bytes, bytes);
  }
  ByteSize size;
  std::string error;
  EXPECT_FALSE(AbslParseFlag("ten", &size, &error));
  EXPECT_NE(error.find("512MiB"), error.npos);
}

}  // namespace
}  // namespace cvr
