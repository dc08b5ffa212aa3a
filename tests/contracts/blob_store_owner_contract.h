#ifndef TESTS_CONTRACTS_BLOB_STORE_OWNER_CONTRACT_H_
#define TESTS_CONTRACTS_BLOB_STORE_OWNER_CONTRACT_H_

#include "gtest/gtest.h"
#include "tests/contracts/blob_store_contract.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {

// More of the contract: whose an upload is that is not committed.

TEST_P(BlobStoreContract, SuspendedBytesGoToTheirOwnerOnly) {
  const Digest digest = Digest::OfBytes(large_);
  (*Begin(large_))->Suspend();
  EXPECT_EQ((*store().Create(digest, 2))->readable_size(), 0);
  EXPECT_EQ((*store().Create(digest, 0))->readable_size(), 0);
  // That others store the blob is nothing to the owner.
  const auto other = *store().Create(digest, 2);
  ASSERT_THAT(AppendAll(*other, large_), IsOk());
  ASSERT_THAT(other->Commit(), IsOk());
  EXPECT_GT((*store().Create(digest, 1))->readable_size(), 0);
}

TEST_P(BlobStoreContract, DisownedUploadLeavesNothing) {
  const auto writer = *Begin(large_);
  writer->Disown();
  writer->Suspend();
  EXPECT_EQ((*store().Create(Digest::OfBytes(large_), 1))->readable_size(), 0);
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_BLOB_STORE_OWNER_CONTRACT_H_
