#include "services/metadata/tables/name_tables.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "services/common/limits.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

stored::Upstream Named(int64_t id, const std::string& group,
                       const std::string& name) {
  stored::Upstream row;
  row.mutable_upstream()->set_id(id);
  row.mutable_upstream()->set_group(group);
  row.mutable_upstream()->set_name(name);
  return row;
}

class NameTablesTest : public ::testing::Test {
 protected:
  template <typename Fn>
  void Write(Fn&& fn) {
    ASSERT_THAT(store_.Write(
                    [&](WriteTransaction& transaction) {
                      fn(transaction);
                      return absl::OkStatus();
                    },
                    Durability::kSynced),
                IsOk());
  }
  // 0 = there is none.
  int64_t Find(const std::string& group, const std::string& name) {
    const auto id = ReadValue<std::optional<int64_t>>(
        store_, [&](const ReadTransaction& transaction) {
          return tables::FindUpstreamByName(transaction, group, name);
        });
    EXPECT_THAT(id, IsOk());
    return id.ok() ? id->value_or(0) : 0;
  }
  stored::UpstreamResource Upstream(int64_t id) {
    const auto row = ReadValue<std::optional<stored::Upstream>>(
        store_, [&](const ReadTransaction& transaction) {
          return tables::FindUpstream(transaction, id);
        });
    EXPECT_TRUE(row.ok() && row->has_value()) << id;
    return row.ok() && *row ? (*row)->upstream() : stored::UpstreamResource();
  }

  InMemoryMetadataStore store_;
};

TEST_F(NameTablesTest, NamesAreThoseOfAGroup) {
  Write([](WriteTransaction& transaction) {
    tables::PutUpstream(transaction, Named(1, "acme", "hub"));
    tables::PutUpstream(transaction, Named(2, "other", "hub"));
  });
  EXPECT_EQ(Find("acme", "hub"), 1);
  EXPECT_EQ(Find("other", "hub"), 2);
  EXPECT_EQ(Find("acme", "Hub"), 0);
  EXPECT_EQ(Find("acm", "ehub"), 0);
}

TEST_F(NameTablesTest, ANameGoesWithARenamingAndADeletion) {
  Write([](WriteTransaction& transaction) {
    tables::PutUpstream(transaction, Named(1, "acme", "hub"));
  });
  Write([](WriteTransaction& transaction) {
    tables::DeleteUpstreamName(transaction, Named(1, "acme", "hub").upstream());
    tables::PutUpstream(transaction, Named(1, "acme", "docker"));
  });
  EXPECT_EQ(Find("acme", "hub"), 0);
  EXPECT_EQ(Find("acme", "docker"), 1);
  Write([](WriteTransaction& transaction) {
    tables::DeleteUpstream(transaction, Named(1, "acme", "docker").upstream());
  });
  EXPECT_EQ(Find("acme", "docker"), 0);
}

// A renaming that has left its row behind.
TEST_F(NameTablesTest, AStaleRowDoesNoHarm) {
  Write([](WriteTransaction& transaction) {
    tables::PutUpstream(transaction, Named(1, "acme", "hub"));
    tables::PutUpstream(transaction, Named(1, "acme", "docker"));
  });
  EXPECT_EQ(Find("acme", "hub"), 0);
  Write([](WriteTransaction& transaction) {
    tables::PutUpstream(transaction, Named(2, "acme", "hub"));
  });
  EXPECT_EQ(Find("acme", "hub"), 2);
}

TEST_F(NameTablesTest, NamesOfAnOlderStoreAreEnteredAndMadeUnique) {
  const std::string longest(limits::kNameCharsMax, 'x');
  Write([&](WriteTransaction& transaction) {
    for (const auto& row :
         {Named(1, "acme", "hub"), Named(2, "acme", "hub"),
          Named(3, "acme", "hub-2"), Named(4, "other", "hub"),
          Named(5, "acme", longest), Named(6, "acme", longest)}) {
      tables::PutUpstream(transaction, row);
    }
    // The index is not there yet.
    for (const auto* const name : {"hub", "hub-2"}) {
      tables::DeleteUpstreamName(transaction,
                                 Named(1, "acme", name).upstream());
    }
    tables::DeleteUpstreamName(transaction,
                               Named(4, "other", "hub").upstream());
    tables::DeleteUpstreamName(transaction,
                               Named(5, "acme", longest).upstream());
  });
  ASSERT_THAT(tables::EnterUpstreamNames(store_), IsOk());
  EXPECT_EQ(Find("acme", "hub"), 1);
  EXPECT_EQ(Upstream(1).display_name(), "");
  EXPECT_EQ(Upstream(2).name(), "hub-2");
  EXPECT_EQ(Upstream(2).display_name(), "hub");
  EXPECT_EQ(Find("acme", "hub-2"), 2);
  EXPECT_EQ(Upstream(3).name(), "hub-2-3");
  EXPECT_EQ(Upstream(3).display_name(), "hub-2");
  EXPECT_EQ(Find("other", "hub"), 4);
  EXPECT_EQ(Find("acme", longest), 5);
  EXPECT_EQ(Upstream(6).name().size(), limits::kNameCharsMax);
  EXPECT_EQ(Find("acme", Upstream(6).name()), 6);
  // Once.
  const auto before = store_.Snapshot();
  ASSERT_THAT(tables::EnterUpstreamNames(store_), IsOk());
  for (size_t i = 0; i < kTableCount; ++i) {
    EXPECT_EQ(*store_.Snapshot()[i], *before[i]);
  }
}

}  // namespace
}  // namespace cvr::testing
