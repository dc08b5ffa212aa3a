// Keys that are replaced by real processes, really killed meanwhile.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/metadata/metadata_stack.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

constexpr int kUpstreams = 20;
constexpr int kRounds = 20;

// This process stays without threads, so that it can fork.
pid_t InChild(absl::FunctionRef<int()> body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  return child;
}

absl::StatusOr<std::unique_ptr<MetadataStack>> Open(const std::string& path) {
  MetadataStack::Options options;
  options.data_dir = path + "/metadata";
  options.secret_key_file = path + "/key";
  return MetadataStack::Open(options);
}

std::string PasswordOf(int64_t id) { return absl::StrCat("pw", id); }

int MakeUpstreams(const std::string& path) {
  const auto stack = Open(path);
  if (!stack.ok()) return 1;
  for (int i = 1; i <= kUpstreams; ++i) {
    v1::CreateUpstreamRequest request;
    auto& upstream = *request.mutable_upstream();
    upstream.set_group("default");
    upstream.set_name(absl::StrCat("u", i));
    upstream.set_url(absl::StrCat("https://h", i));
    auto& login = *upstream.mutable_credentials()->mutable_basic();
    login.set_username("robot");
    login.set_password(PasswordOf(i));
    if (!(*stack)->upstreams().Create(request).ok()) return 2;
  }
  return (*stack)->auth().IssueToken("", "gw", {}).ok() ? 0 : 3;
}

// Until killed; says each that is done.
int Rotate(const std::string& path, int say_to) {
  const auto stack = Open(path);
  if (!stack.ok()) return 1;
  while (true) {
    const auto rotated = (*stack)->secret_rotation().RotateNow();
    if (!rotated.ok() || rotated->secret_count() != kUpstreams + 1) return 2;
    if (write(say_to, "x", 1) != 1) return 3;
  }
}

int CheckUpstreams(const std::string& path) {
  const auto stack = Open(path);
  if (!stack.ok()) {
    std::fprintf(stderr, "%s\n", stack.status().ToString().c_str());
    return 1;
  }
  for (int i = 1; i <= kUpstreams; ++i) {
    const auto access = (*stack)->client().GetUpstreamAccess(i);
    if (!access.ok() || access->password != PasswordOf(i)) return 2;
  }
  return (*stack)->auth().IssueToken("", "gw", {}).ok() ? 0 : 3;
}

TEST(SecretRotationKillTest, EverySecretSurvivesKill9) {
  const TemporaryDirectory directory;
  int status = 0;
  ASSERT_EQ(waitpid(InChild([&] { return MakeUpstreams(directory.path()); }),
                    &status, 0) > 0,
            true);
  ASSERT_EQ(status, 0);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t rotating =
        InChild([&] { return Rotate(directory.path(), ends[1]); });
    close(ends[1]);
    char said = 0;
    int rotations = 0;
    absl::Time before = absl::Now();
    while (read(ends[0], &said, 1) == 1) {
      const absl::Duration took = absl::Now() - before;
      before = absl::Now();
      if (++rotations != 3) continue;
      // It is at the next one meanwhile: a little further in each round.
      const absl::Time moment = before + took * round / kRounds;
      while (absl::Now() < moment) {
      }
      kill(rotating, SIGKILL);
    }
    close(ends[0]);
    ASSERT_EQ(waitpid(rotating, &status, 0), rotating);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended with " << status;
    EXPECT_GE(rotations, 3);

    const pid_t checker =
        InChild([&] { return CheckUpstreams(directory.path()); });
    ASSERT_EQ(waitpid(checker, &status, 0), checker);
    EXPECT_EQ(status, 0);
  }
}

}  // namespace
}  // namespace cvr::testing
