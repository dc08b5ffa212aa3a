#ifndef TESTS_CONTRACTS_METADATA_LOCATION_CONTRACT_H_
#define TESTS_CONTRACTS_METADATA_LOCATION_CONTRACT_H_

#include <string>

#include "tests/contracts/metadata_access_contract.h"

// More of MetadataResolutionContract: registries by group and name.
namespace cvr::testing {

TEST_P(MetadataResolutionContract, RegistriesAreLocatedByGroupAndName) {
  service_->NameNextRegistry("team");
  Serve();
  Resolver& resolver = service_->resolver();
  for (const char* const path :
       {"default/team", "default/team/alpine", "default/team/library/alpine"}) {
    const auto found = resolver.Locate(path);
    ASSERT_THAT(found, IsOk()) << path;
    EXPECT_EQ(found->id, registry_);
    EXPECT_EQ(found->path_parts, 2);
  }
  EXPECT_THAT(resolver.Locate("default/other/alpine"),
              StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown));
  EXPECT_THAT(resolver.Locate("default/Team/alpine"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// What is not there, and what the caller may not see, by the same path.
TEST_P(MetadataResolutionContract, ErrorsSayThePathThatWasAskedFor) {
  Serve();
  const auto pull = [&](const Caller& caller, int64_t registry) {
    ResolveRequest request{registry, tag_, false, "", caller};
    request.registry_path = "default/team/library/alpine";
    return service_->resolver().Resolve(request).status();
  };
  const absl::Status hidden = pull(ReaderOf("other"), registry_);
  EXPECT_EQ(ReasonOf(hidden), Reason::kNameUnknown);
  EXPECT_EQ(hidden, pull(ReaderOf("other"), kNoRegistry));
  EXPECT_THAT(std::string(hidden.message()),
              ::testing::HasSubstr("'default/team/library/alpine'"));
  EXPECT_EQ(pull(Caller(), registry_), pull(Caller(), kNoRegistry));
  Caller writer = ReaderOf("default");
  writer.may_pull = false;
  EXPECT_THAT(std::string(pull(writer, registry_).message()),
              ::testing::HasSubstr("virtual registry 'default/team'"));
}

// Until the access token says something else: its row counts, not what was
// written down of it when it was shown.
TEST_P(MetadataResolutionContract, WhatATokenIsRestrictedToIsReadAnew) {
  Serve();
  Caller caller = ReaderOf("default");
  caller.token_id = service_->AddToken(registry_);
  caller.registry_ids = {registry_};
  const auto pull = [&] {
    return service_->resolver()
        .Resolve({registry_, tag_, false, "", caller})
        .status();
  };
  const auto unknown =
      StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown);
  EXPECT_THAT(pull(), IsOk());
  EXPECT_THAT(service_->resolver().ListRepositories(caller, registry_, {}, 9),
              IsOk());
  service_->ForgetRegistryInTokens(registry_);
  EXPECT_THAT(pull(), unknown);
  EXPECT_THAT(service_->resolver().ListRepositories(caller, registry_, {}, 9),
              unknown);
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_METADATA_LOCATION_CONTRACT_H_
