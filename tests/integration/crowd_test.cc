// A crowd on one cold layer, end to end: one download for all of them.
//
// CVR_CROWD_CLIENTS=50 and CVR_CROWD_LAYER_MIB=200 are what the design
// promises; the layer is smaller by default.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "tests/integration/system_test.h"
#include "tests/support/http_client.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

size_t FromEnvironment(const char* name, size_t otherwise) {
  const char* const text = std::getenv(name);
  size_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

class CrowdTest : public SystemTest {};

TEST_P(CrowdTest, ACrowdOnAColdLayerIsOneRequestUpstream) {
  const size_t clients = FromEnvironment("CVR_CROWD_CLIENTS", 50);
  const size_t mib = FromEnvironment("CVR_CROWD_LAYER_MIB", 32);
  const Image image = AddImage(upstream_, "library/big", "1", {mib << 20});
  ASSERT_EQ(system_.Get("library/big/manifests/1").status, 200);
  const std::string digest = image.BlobDigests()[1].ToString();
  const std::string target =
      System::Target(absl::StrCat("library/big/blobs/", digest));

  const absl::Time start = absl::Now();
  std::vector<std::string> got(clients);
  {
    std::vector<std::unique_ptr<Thread>> threads;
    for (std::string& one : got) {
      threads.push_back(std::make_unique<Thread>(
          "client", [&] { one = HttpGetDigest(system_.http(), target); }));
    }
  }
  std::cout << clients << " clients on " << mib
            << " MiB: " << absl::FormatDuration(absl::Now() - start) << "\n";
  for (const std::string& one : got) EXPECT_EQ(one, digest);
  EXPECT_EQ(upstream_.CountRequests({"GET", digest}), 1);
}

INSTANTIATE_TEST_SUITE_P(Shapes, CrowdTest, AllShapes(), ShapeName);

}  // namespace
}  // namespace cvr::testing
