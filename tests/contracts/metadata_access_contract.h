#ifndef TESTS_CONTRACTS_METADATA_ACCESS_CONTRACT_H_
#define TESTS_CONTRACTS_METADATA_ACCESS_CONTRACT_H_

#include <string>

#include "tests/contracts/metadata_resolution_contract.h"

// More of MetadataResolutionContract: who may pull. AccessPolicy decides; here
// it is seen that the resolver asks it, and that it does not tell strangers
// what exists.
namespace cvr::testing {

// The registries of these tests are of the group "default".
inline Caller ReaderOf(const std::string& group) {
  Caller caller;
  caller.token_id = 5;
  caller.may_pull = true;
  caller.group = group;
  return caller;
}

TEST_P(MetadataResolutionContract, PullsNeedARightToPull) {
  Serve();
  const auto pull = [&](const Caller& caller, int64_t registry) {
    return service_->resolver()
        .Resolve({registry, tag_, false, "", caller})
        .status();
  };
  const auto unknown =
      StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown);
  const auto login =
      StatusIs(absl::StatusCode::kUnauthenticated, Reason::kUnauthenticated);
  EXPECT_THAT(pull(ReaderOf("default"), registry_), IsOk());
  EXPECT_THAT(pull(Caller::System(), registry_), IsOk());
  EXPECT_THAT(pull(ReaderOf("other"), registry_), unknown);
  Caller writer = ReaderOf("default");
  writer.may_pull = false;
  writer.may_manage = true;
  // He sees it, so he is told why.
  EXPECT_THAT(pull(writer, registry_),
              StatusIs(absl::StatusCode::kPermissionDenied));
  Caller elsewhere = ReaderOf("default");
  elsewhere.registry_ids = {registry_ + 1};
  EXPECT_THAT(pull(elsewhere, registry_), unknown);
  elsewhere.registry_ids = {registry_};
  elsewhere.token_id = service_->AddToken(registry_);
  EXPECT_THAT(pull(elsewhere, registry_), IsOk());
  // The same answers as for a registry that does not exist.
  EXPECT_THAT(pull(ReaderOf("other"), 999), unknown);
  EXPECT_THAT(pull(Caller(), registry_), login);
  EXPECT_THAT(pull(Caller(), 999), login);
}

TEST_P(MetadataResolutionContract, RepositoriesOfOthersAreNotListed) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  auto& resolver = service_->resolver();
  EXPECT_EQ(resolver.ListRepositories(ReaderOf("default"), 0, {}, 9)->size(),
            1);
  EXPECT_EQ(resolver.ListRepositories(ReaderOf("other"), 0, {}, 9)->size(), 0);
  EXPECT_EQ(resolver.ListRepositories(Caller(), 0, {}, 9)->size(), 0);
  EXPECT_THAT(resolver.ListRepositories(ReaderOf("other"), registry_, {}, 9),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(resolver.ListRepositories(Caller(), registry_, {}, 9),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_METADATA_ACCESS_CONTRACT_H_
