#include "services/metadata/admin/attachment_admin.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;

class AttachmentAdminTest : public MetadataFixture {
 protected:
  AttachmentAdminTest() {
    EXPECT_THAT(CreateRegistry("r"), IsOk());
    for (int i = 1; i <= 6; ++i) {
      EXPECT_THAT(CreateUpstream(absl::StrCat("https://h", i)), IsOk());
    }
  }

  void AttachFirst(int count) {
    for (int id = 1; id <= count; ++id) ASSERT_THAT(Attach(1, id), IsOk());
  }
};

TEST_F(AttachmentAdminTest, TheNewestIsLast) {
  AttachFirst(3);
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(1, 2, 3));
  EXPECT_EQ(GetUpstream(2)->attachments(0).position(), 2);
}

TEST_F(AttachmentAdminTest, WhatCannotBeAttached) {
  AttachFirst(1);
  EXPECT_THAT(Attach(1, 1), StatusIs(absl::StatusCode::kAlreadyExists,
                                     Reason::kResourceExists));
  EXPECT_THAT(Attach(2, 1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Attach(1, 99), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Attach(-1, -1), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateRegistry("foreign", "acme"), IsOk());
  EXPECT_THAT(Attach(2, 1), StatusIs(absl::StatusCode::kFailedPrecondition,
                                     Reason::kCrossGroup));
}

TEST_F(AttachmentAdminTest, ARegistryHasAtMostItsLimit) {
  AttachFirst(5);
  EXPECT_THAT(Attach(1, 6), StatusIs(absl::StatusCode::kResourceExhausted));
  ASSERT_THAT(Detach(1, 3), IsOk());
  EXPECT_THAT(Attach(1, 6), IsOk());
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(1, 2, 4, 5, 6));
}

TEST_F(AttachmentAdminTest, MovingShiftsThoseBetween) {
  AttachFirst(5);
  EXPECT_EQ(Move(1, 4, 2)->position(), 2);
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(1, 4, 2, 3, 5));
  ASSERT_THAT(Move(1, 1, 4), IsOk());
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(4, 2, 3, 1, 5));
  ASSERT_THAT(Move(1, 3, 3), IsOk());
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(4, 2, 3, 1, 5));
}

TEST_F(AttachmentAdminTest, PastTheLastIsTheLast) {
  AttachFirst(3);
  EXPECT_EQ(Move(1, 1, 2'000'000'000)->position(), 3);
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(2, 3, 1));
}

TEST_F(AttachmentAdminTest, WhatCannotBeMoved) {
  AttachFirst(2);
  EXPECT_THAT(Move(1, 1, 0), StatusIs(absl::StatusCode::kInvalidArgument,
                                      Reason::kFieldInvalid));
  EXPECT_THAT(Move(1, 1, -3), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Move(1, 3, 1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Move(9, 1, 1), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(AttachmentAdminTest, WhatIsNotAttachedIsNotFoundUnlessThatIsFine) {
  AttachFirst(2);
  EXPECT_THAT(Detach(1, 1), IsOk());
  const auto missing =
      StatusIs(absl::StatusCode::kNotFound, Reason::kResourceNotFound);
  EXPECT_THAT(Detach(1, 1), missing);
  EXPECT_THAT(Detach(9, 9), missing);
  v1::DeleteAttachmentRequest request;
  request.set_registry_id(1);
  request.set_upstream_id(1);
  request.set_allow_missing(true);
  EXPECT_THAT(stack_->attachments().Delete(request), IsOk());
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(2));
  EXPECT_THAT(GetUpstream(1), IsOk());
  EXPECT_EQ(GetUpstream(1)->attachments_size(), 0);
}

TEST_F(AttachmentAdminTest, AnAttachmentKeepsItsIdWhereverItMoves) {
  AttachFirst(2);
  const int64_t id = GetUpstream(1)->attachments(0).id();
  ASSERT_THAT(Move(1, 1, 2), IsOk());
  EXPECT_EQ(GetUpstream(1)->attachments(0).id(), id);
}

class SetAttachmentsTest : public AttachmentAdminTest {
 protected:
  absl::StatusOr<v1::SetAttachmentsResponse> Set(
      const std::vector<int64_t>& upstream_ids, const std::string& etag = "",
      bool validate_only = false) {
    v1::SetAttachmentsRequest request;
    request.set_registry_id(1);
    request.mutable_upstream_ids()->Assign(upstream_ids.begin(),
                                           upstream_ids.end());
    request.set_etag(etag);
    request.set_validate_only(validate_only);
    return stack_->attachments().Set(request);
  }
  std::string Etag(int64_t registry_id = 1) {
    v1::ListAttachmentsRequest request;
    request.set_registry_id(registry_id);
    const auto list = stack_->attachments().List(request);
    EXPECT_THAT(list, IsOk());
    return list.ok() ? list->etag() : "";
  }
};

TEST_F(SetAttachmentsTest, AttachesDetachesAndOrdersInOneStep) {
  AttachFirst(3);
  const int64_t kept = GetUpstream(3)->attachments(0).id();
  const auto set = Set({3, 5, 1});
  ASSERT_THAT(set, IsOk());
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(3, 5, 1));
  EXPECT_EQ(GetUpstream(3)->attachments(0).id(), kept);
  ASSERT_EQ(set->attachments_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(set->attachments(i).position(), i + 1);
    EXPECT_GT(set->attachments(i).id(), 0);
  }
  EXPECT_EQ(set->etag(), Etag());
  EXPECT_THAT(Set({}), IsOk());
  EXPECT_THAT(UpstreamsOf(1), ElementsAre());
}

TEST_F(SetAttachmentsTest, IsDoneAsAWholeOrNotAtAll) {
  AttachFirst(2);
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  const auto foreign = CreateUpstream(NewUpstream("https://f", "acme"));
  ASSERT_THAT(foreign, IsOk());
  EXPECT_THAT(
      Set({3, foreign->id()}),
      StatusIs(absl::StatusCode::kFailedPrecondition, Reason::kCrossGroup));
  EXPECT_THAT(Set({3, 99}), StatusIs(absl::StatusCode::kNotFound));
  const auto twice = Set({3, 4, 3});
  EXPECT_THAT(twice, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(FieldViolationsOf(twice.status())[0].field, "upstream_ids[2]");
  const auto many = Set({1, 2, 3, 4, 5, 6});
  EXPECT_THAT(many, StatusIs(absl::StatusCode::kResourceExhausted,
                             Reason::kLimitReached));
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(1, 2));
  v1::SetAttachmentsRequest nowhere;
  nowhere.set_registry_id(9);
  EXPECT_THAT(stack_->attachments().Set(nowhere),
              StatusIs(absl::StatusCode::kNotFound));
}

// Two who order at the same time: the second has not seen what the first did.
TEST_F(SetAttachmentsTest, TheEtagIsOfTheWholeList) {
  AttachFirst(3);
  std::vector<std::string> etags = {Etag()};
  const auto note_new_etag = [&] {
    for (const std::string& earlier : etags) EXPECT_NE(Etag(), earlier);
    etags.push_back(Etag());
  };
  ASSERT_THAT(Move(1, 3, 1), IsOk());
  note_new_etag();
  // As it was, and yet another version.
  ASSERT_THAT(Move(1, 3, 3), IsOk());
  note_new_etag();
  ASSERT_THAT(Detach(1, 2), IsOk());
  note_new_etag();
  ASSERT_THAT(DeleteUpstream(1), IsOk());
  note_new_etag();
  EXPECT_THAT(Set({4}, etags[0]),
              StatusIs(absl::StatusCode::kAborted, Reason::kEtagMismatch));
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(3));
  ASSERT_THAT(Set({4}, Etag()), IsOk());
  note_new_etag();
  // What changes nothing, and a change of the registry itself.
  ASSERT_THAT(Set({4}), IsOk());
  v1::UpdateRegistryRequest update;
  update.set_id(1);
  update.mutable_registry()->set_description("d");
  ASSERT_THAT(stack_->registries().Update(update), IsOk());
  EXPECT_EQ(Etag(), etags.back());
}

TEST_F(SetAttachmentsTest, CanBeTried) {
  AttachFirst(2);
  const std::string etag = Etag();
  const auto tried = Set({5, 2}, etag, /*validate_only=*/true);
  ASSERT_THAT(tried, IsOk());
  ASSERT_EQ(tried->attachments_size(), 2);
  EXPECT_EQ(tried->attachments(0).upstream_id(), 5);
  EXPECT_EQ(tried->attachments(0).id(), 0);
  EXPECT_GT(tried->attachments(1).id(), 0);
  EXPECT_EQ(tried->etag(), etag);
  EXPECT_EQ(Etag(), etag);
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(1, 2));
  EXPECT_THAT(Set({5, 99}, "", /*validate_only=*/true),
              StatusIs(absl::StatusCode::kNotFound));
}

// Random changes, held against a model that is nothing but lists.
class PositionsTest : public MetadataFixture,
                      public ::testing::WithParamInterface<unsigned> {
 protected:
  static constexpr int kRegistries = 3;
  static constexpr int kUpstreams = 8;
  using List = std::vector<int64_t>;

  PositionsTest() : random_(GetParam()) {}

  void SetUp() override {
    SCOPED_TRACE(absl::StrCat("seed ", GetParam()));
    for (int i = 0; i < kRegistries; ++i) {
      const auto registry = CreateRegistry(absl::StrCat("r", i));
      ASSERT_THAT(registry, IsOk());
      model_[registry->id()];
    }
    for (int i = 0; i < kUpstreams; ++i) AddUpstream();
  }

  void AddUpstream() {
    const auto upstream =
        CreateUpstream(absl::StrCat("https://h", ++upstreams_made_));
    ASSERT_THAT(upstream, IsOk());
    upstreams_.push_back(upstream->id());
  }

  int64_t Pick(const List& from) { return from[random_() % from.size()]; }

  void Step() {
    auto registry = model_.begin();
    std::advance(registry, random_() % model_.size());
    auto& [registry_id, list] = *registry;
    const int64_t upstream_id = Pick(upstreams_);
    const auto it = std::find(list.begin(), list.end(), upstream_id);
    const bool attached = it != list.end();
    switch (random_() % 9) {
      case 0:
        ASSERT_EQ(Detach(registry_id, upstream_id).ok(), attached);
        if (attached) list.erase(it);
        break;
      case 8: {
        List wanted = upstreams_;
        std::shuffle(wanted.begin(), wanted.end(), random_);
        wanted.resize(random_() % 6);
        v1::SetAttachmentsRequest request;
        request.set_registry_id(registry_id);
        request.mutable_upstream_ids()->Assign(wanted.begin(), wanted.end());
        ASSERT_THAT(stack_->attachments().Set(request), IsOk());
        list = wanted;
        break;
      }
      case 1:
        ASSERT_THAT(DeleteUpstream(upstream_id), IsOk());
        for (auto& [id, others] : model_) {
          others.erase(std::remove(others.begin(), others.end(), upstream_id),
                       others.end());
        }
        upstreams_.erase(
            std::find(upstreams_.begin(), upstreams_.end(), upstream_id));
        AddUpstream();
        break;
      case 2:
      case 3:
      case 4: {
        const size_t position = 1 + random_() % 7;
        const auto moved = Move(registry_id, upstream_id, position);
        ASSERT_EQ(moved.ok(), attached);
        if (!attached) break;
        list.erase(it);
        const size_t place = std::min(position - 1, list.size());
        list.insert(list.begin() + place, upstream_id);
        ASSERT_EQ(moved->position(), place + 1);
        break;
      }
      default:
        ASSERT_EQ(Attach(registry_id, upstream_id).ok(),
                  !attached && list.size() < 5);
        if (!attached && list.size() < 5) list.push_back(upstream_id);
    }
  }

  std::mt19937 random_;
  std::map<int64_t, List> model_;
  List upstreams_;
  int upstreams_made_ = 0;
};

TEST_P(PositionsTest, AreAlwaysThoseOfTheModel) {
  for (int step = 0; step < 300; ++step) {
    SCOPED_TRACE(absl::StrCat("seed ", GetParam(), ", step ", step));
    Step();
    for (const auto& [registry_id, list] : model_) {
      ASSERT_EQ(UpstreamsOf(registry_id), list);
    }
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PositionsTest, ::testing::Range(1u, 9u));

TEST_F(AttachmentAdminTest, AnAttachmentIsFoundByItsIdWhereverItMoves) {
  ASSERT_THAT(CreateRegistry("s"), IsOk());
  AttachFirst(2);
  const auto attachment = Attach(2, 1);
  ASSERT_THAT(attachment, IsOk());
  ASSERT_THAT(Attach(2, 2), IsOk());
  ASSERT_THAT(Move(2, 1, 2), IsOk());
  v1::GetAttachmentRequest request;
  request.set_id(attachment->id());
  const auto found = stack_->attachments().Get(request);
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->registry_id(), 2);
  EXPECT_EQ(found->upstream_id(), 1);
  EXPECT_EQ(found->position(), 2);
  ASSERT_THAT(Detach(2, 1), IsOk());
  EXPECT_THAT(stack_->attachments().Get(request),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace cvr::testing
