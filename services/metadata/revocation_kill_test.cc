// Tokens that are revoked by real processes, really killed meanwhile.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/metadata/metadata_stack.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

constexpr int kRounds = 5;

// This process stays without threads, so that it can fork.
pid_t InChild(absl::FunctionRef<int()> body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  return child;
}

absl::StatusOr<std::unique_ptr<MetadataStack>> Open(const std::string& path) {
  MetadataStack::Options options;
  options.data_dir = path;
  // Longer than any test.
  options.signing.token_lifetime = absl::Hours(24);
  return MetadataStack::Open(options);
}

// Until killed; says the id of each that is revoked, every other one with its
// group.
int RevokeTokens(const std::string& path, int say_to) {
  const auto stack = Open(path);
  if (!stack.ok()) return 1;
  for (int i = 0;; ++i) {
    const std::string group = absl::StrCat("g", absl::GetCurrentTimeNanos());
    v1::CreateGroupRequest make_group;
    make_group.mutable_group()->set_name(group);
    if (!(*stack)->groups().Create(make_group).ok()) return 2;
    v1::CreateAccessTokenRequest make;
    make.mutable_access_token()->set_name("t");
    make.mutable_access_token()->set_group(group);
    make.mutable_access_token()->add_scopes(
        v1::AccessToken::READ_VIRTUAL_REGISTRY);
    const auto token = (*stack)->access_tokens().Create(make);
    if (!token.ok()) return 3;
    if (i % 2 == 0) {
      v1::RevokeAccessTokenRequest request;
      request.set_id(token->access_token().id());
      if (!(*stack)->access_tokens().Revoke(request).ok()) return 4;
    } else {
      v1::DeleteGroupRequest request;
      request.set_name(group);
      if (!(*stack)->groups().Delete(request).ok()) return 5;
    }
    const int64_t id = token->access_token().id();
    if (write(say_to, &id, sizeof(id)) != sizeof(id)) return 6;
  }
}

// 0 when each is known to be revoked, and no token is good and revoked.
int CheckRevoked(const std::string& path, const std::set<int64_t>& ids) {
  const auto stack = Open(path);
  if (!stack.ok()) return 1;
  const auto trust = (*stack)->auth().GetTrust(0, absl::ZeroDuration());
  if (!trust.ok()) return 2;
  for (const int64_t id : ids) {
    if (!absl::c_linear_search(trust->revoked_token_ids, id)) return 3;
  }
  for (const int64_t id : trust->revoked_token_ids) {
    const auto is_good = (*stack)->access_tokens().IsGood(id);
    if (!is_good.ok() || *is_good) return 4;
  }
  return 0;
}

TEST(RevocationKillTest, WhatWasRevokedStaysSoAfterKill9) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/metadata";
  std::set<int64_t> revoked;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t revoking = InChild([&] { return RevokeTokens(path, ends[1]); });
    close(ends[1]);
    int64_t id = 0;
    for (int i = 0; read(ends[0], &id, sizeof(id)) == sizeof(id); ++i) {
      EXPECT_TRUE(revoked.insert(id).second);
      if (i == 4 + round * 3) kill(revoking, SIGKILL);
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(revoking, &status, 0), revoking);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended with " << status;

    const pid_t checker = InChild([&] { return CheckRevoked(path, revoked); });
    ASSERT_EQ(waitpid(checker, &status, 0), checker);
    EXPECT_EQ(status, 0);
  }
  EXPECT_GE(revoked.size(), kRounds * 5);
}

}  // namespace
}  // namespace cvr::testing
