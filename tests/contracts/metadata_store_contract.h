#ifndef TESTS_CONTRACTS_METADATA_STORE_CONTRACT_H_
#define TESTS_CONTRACTS_METADATA_STORE_CONTRACT_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/status_macros.h"
#include "services/concurrency/thread.h"
#include "services/metadata/store/metadata_store.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {

// Makes an empty store, along with what keeps it alive.
using MetadataStoreFactory = std::function<std::shared_ptr<MetadataStore>()>;

// The promises in services/metadata/store/metadata_store.h, as tests. Every
// MetadataStore instantiates this suite.
class MetadataStoreContract
    : public ::testing::TestWithParam<MetadataStoreFactory> {
 protected:
  using Row = std::pair<std::string, std::string>;

  absl::Status Put(Table table, absl::string_view key,
                   absl::string_view value) {
    return store_->Write(
        [&](WriteTransaction& transaction) {
          transaction.Put(table, key, value);
          return absl::OkStatus();
        },
        Durability::kSynced);
  }

  // `(none)` when there is no such key.
  static std::string GetIn(const ReadTransaction& transaction, Table table,
                           absl::string_view key) {
    const auto value = transaction.Get(table, key);
    if (!value.ok()) return value.status().ToString();
    return value->value_or("(none)");
  }

  static std::vector<Row> ScanIn(const ReadTransaction& transaction,
                                 Table table, absl::string_view prefix,
                                 absl::string_view start_after,
                                 size_t rows_max = 1000) {
    std::vector<Row> rows;
    const absl::Status status =
        transaction.Scan(table, prefix, start_after,
                         [&](absl::string_view key,
                             absl::string_view value) -> absl::StatusOr<bool> {
                           rows.emplace_back(key, value);
                           return rows.size() < rows_max;
                         });
    EXPECT_THAT(status, IsOk());
    return rows;
  }

  std::string Get(Table table, absl::string_view key) const {
    std::string value;
    EXPECT_THAT(store_->Read([&](const ReadTransaction& transaction) {
      value = GetIn(transaction, table, key);
      return absl::OkStatus();
    }),
                IsOk());
    return value;
  }

  std::vector<Row> Scan(Table table, absl::string_view prefix,
                        absl::string_view start_after = "",
                        size_t rows_max = 1000) const {
    std::vector<Row> rows;
    EXPECT_THAT(store_->Read([&](const ReadTransaction& transaction) {
      rows = ScanIn(transaction, table, prefix, start_after, rows_max);
      return absl::OkStatus();
    }),
                IsOk());
    return rows;
  }

  const std::shared_ptr<MetadataStore> store_ = GetParam()();
};

TEST_P(MetadataStoreContract, WhatWasPutIsRead) {
  ASSERT_THAT(Put(Table::kGroups, "a", "1"), IsOk());
  EXPECT_EQ(Get(Table::kGroups, "a"), "1");
  EXPECT_EQ(Get(Table::kGroups, "b"), "(none)");
}

TEST_P(MetadataStoreContract, TablesAreApart) {
  ASSERT_THAT(Put(Table::kGroups, "a", "1"), IsOk());
  EXPECT_EQ(Get(Table::kRegistries, "a"), "(none)");
  EXPECT_THAT(Scan(Table::kReachability, ""), ::testing::IsEmpty());
}

TEST_P(MetadataStoreContract, EveryTableCanBeUsed) {
  for (size_t i = 0; i < kTableCount; ++i) {
    const auto table = static_cast<Table>(i);
    ASSERT_THAT(Put(table, "key", TableName(table)), IsOk());
  }
  for (size_t i = 0; i < kTableCount; ++i) {
    const auto table = static_cast<Table>(i);
    EXPECT_EQ(Get(table, "key"), TableName(table));
  }
}

TEST_P(MetadataStoreContract, PutReplacesAndDeleteForgets) {
  ASSERT_THAT(Put(Table::kGroups, "a", "1"), IsOk());
  ASSERT_THAT(Put(Table::kGroups, "a", "2"), IsOk());
  EXPECT_EQ(Get(Table::kGroups, "a"), "2");
  ASSERT_THAT(store_->Write(
                  [](WriteTransaction& transaction) {
                    transaction.Delete(Table::kGroups, "a");
                    transaction.Delete(Table::kGroups, "never there");
                    return absl::OkStatus();
                  },
                  Durability::kBuffered),
              IsOk());
  EXPECT_EQ(Get(Table::kGroups, "a"), "(none)");
}

TEST_P(MetadataStoreContract, KeysAndValuesAreAnyBytes) {
  const std::string odd("\0\xff\n", 3);
  ASSERT_THAT(Put(Table::kGroups, odd, odd), IsOk());
  ASSERT_THAT(Put(Table::kGroups, "empty", ""), IsOk());
  EXPECT_EQ(Get(Table::kGroups, odd), odd);
  EXPECT_EQ(Get(Table::kGroups, "empty"), "");
}

TEST_P(MetadataStoreContract, ScanIsOrderedAndBounded) {
  for (const char* key : {"b2", "a1", "c", "b1", "b", "b3", "\xff"}) {
    ASSERT_THAT(Put(Table::kGroups, key, absl::StrCat("=", key)), IsOk());
  }
  using ::testing::ElementsAre;
  EXPECT_THAT(Scan(Table::kGroups, "b"),
              ElementsAre(Row("b", "=b"), Row("b1", "=b1"), Row("b2", "=b2"),
                          Row("b3", "=b3")));
  EXPECT_THAT(Scan(Table::kGroups, "b", "b1"),
              ElementsAre(Row("b2", "=b2"), Row("b3", "=b3")));
  EXPECT_THAT(Scan(Table::kGroups, "b", "b11"),
              ElementsAre(Row("b2", "=b2"), Row("b3", "=b3")));
  EXPECT_THAT(Scan(Table::kGroups, "b", "a", 1), ElementsAre(Row("b", "=b")));
  EXPECT_THAT(Scan(Table::kGroups, "b", "c"), ElementsAre());
  EXPECT_THAT(Scan(Table::kGroups, "\xff"), ElementsAre(Row("\xff", "=\xff")));
  EXPECT_EQ(Scan(Table::kGroups, "").size(), 7);
}

TEST_P(MetadataStoreContract, VisitorsErrorEndsTheScanUnchanged) {
  ASSERT_THAT(Put(Table::kGroups, "a", "1"), IsOk());
  ASSERT_THAT(Put(Table::kGroups, "b", "2"), IsOk());
  int visited = 0;
  const absl::Status status =
      store_->Read([&](const ReadTransaction& transaction) {
        return transaction.Scan(
            Table::kGroups, "", "",
            [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
              ++visited;
              return absl::AbortedError("enough");
            });
      });
  EXPECT_EQ(status, absl::AbortedError("enough"));
  EXPECT_EQ(visited, 1);
}

TEST_P(MetadataStoreContract, WriterSeesItsOwnWrites) {
  ASSERT_THAT(Put(Table::kGroups, "a", "1"), IsOk());
  ASSERT_THAT(Put(Table::kGroups, "b", "2"), IsOk());
  const absl::Status status = store_->Write(
      [](WriteTransaction& transaction) {
        transaction.Put(Table::kGroups, "c", "3");
        transaction.Put(Table::kGroups, "b", "two");
        transaction.Put(Table::kGroups, "d", "4");
        transaction.Delete(Table::kGroups, "a");
        transaction.Delete(Table::kGroups, "d");
        EXPECT_EQ(GetIn(transaction, Table::kGroups, "a"), "(none)");
        EXPECT_EQ(GetIn(transaction, Table::kGroups, "b"), "two");
        EXPECT_EQ(GetIn(transaction, Table::kGroups, "d"), "(none)");
        EXPECT_THAT(ScanIn(transaction, Table::kGroups, "", ""),
                    ::testing::ElementsAre(Row("b", "two"), Row("c", "3")));
        EXPECT_THAT(ScanIn(transaction, Table::kGroups, "", "b"),
                    ::testing::ElementsAre(Row("c", "3")));
        return absl::OkStatus();
      },
      Durability::kSynced);
  EXPECT_THAT(status, IsOk());
  EXPECT_THAT(Scan(Table::kGroups, ""),
              ::testing::ElementsAre(Row("b", "two"), Row("c", "3")));
}

TEST_P(MetadataStoreContract, AnErrorDropsAllWritesAndComesBackUnchanged) {
  ASSERT_THAT(Put(Table::kGroups, "a", "1"), IsOk());
  const absl::Status status = store_->Write(
      [](WriteTransaction& transaction) {
        transaction.Delete(Table::kGroups, "a");
        transaction.Put(Table::kRegistries, "b", "2");
        return absl::FailedPreconditionError("no");
      },
      Durability::kSynced);
  EXPECT_EQ(status, absl::FailedPreconditionError("no"));
  EXPECT_EQ(Get(Table::kGroups, "a"), "1");
  EXPECT_EQ(Get(Table::kRegistries, "b"), "(none)");
}

TEST_P(MetadataStoreContract, ReadersKeepTheirStateWhileOthersWrite) {
  ASSERT_THAT(Put(Table::kGroups, "a", "old"), IsOk());
  ASSERT_THAT(Put(Table::kRegistries, "a", "old"), IsOk());
  const auto status = store_->Read([&](const ReadTransaction& transaction) {
    EXPECT_EQ(GetIn(transaction, Table::kGroups, "a"), "old");
    // Its destructor waits for the write, which must not wait for this reader.
    Thread("writer", [&] {
      EXPECT_THAT(Put(Table::kGroups, "a", "new"), IsOk());
      EXPECT_THAT(Put(Table::kRegistries, "b", "new"), IsOk());
    });
    EXPECT_EQ(GetIn(transaction, Table::kGroups, "a"), "old");
    EXPECT_THAT(ScanIn(transaction, Table::kRegistries, "", ""),
                ::testing::ElementsAre(Row("a", "old")));
    return absl::OkStatus();
  });
  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(Get(Table::kGroups, "a"), "new");
}

TEST_P(MetadataStoreContract, ReadReturnsWhatItsFunctionReturns) {
  EXPECT_EQ(store_->Read(
                [](const ReadTransaction&) { return absl::AbortedError("x"); }),
            absl::AbortedError("x"));
}

TEST_P(MetadataStoreContract, WritesAreSerialised) {
  constexpr int kThreads = 4;
  constexpr int kWritesEach = 50;
  {
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.push_back(std::make_unique<Thread>("writer", [&] {
        for (int n = 0; n < kWritesEach; ++n) {
          EXPECT_THAT(store_->Write(
                          [](WriteTransaction& transaction) {
                            // Reads and writes back: lost updates would show.
                            const std::string before =
                                GetIn(transaction, Table::kSequences, "n");
                            const size_t count =
                                before == "(none)" ? 0 : before.size();
                            transaction.Put(Table::kSequences, "n",
                                            std::string(count + 1, 'x'));
                            return absl::OkStatus();
                          },
                          Durability::kBuffered),
                      IsOk());
        }
      }));
    }
  }
  EXPECT_EQ(Get(Table::kSequences, "n").size(), kThreads * kWritesEach);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MetadataStoreContract);

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_METADATA_STORE_CONTRACT_H_
