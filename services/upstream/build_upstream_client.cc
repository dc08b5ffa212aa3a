#include "services/upstream/build_upstream_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/process/version.h"
#include "services/upstream/http_upstream_client.h"

namespace cvr {

std::unique_ptr<UpstreamClient> BuildUpstreamClient(
    CurlTransport::Options options, const Clock& clock,
    AnswerObserver* observer, MemoryBudget* memory) {
  if (options.user_agent.empty()) {
    options.user_agent = absl::StrCat("container-virtual-registry/", kVersion);
  }
  return std::make_unique<HttpUpstreamClient>(
      std::make_unique<CurlTransport>(std::move(options)), &clock, observer,
      memory);
}

std::unique_ptr<UpstreamGate> BuildUpstreamGate(CurlTransport::Options options,
                                                const Clock& clock,
                                                MemoryBudget* memory) {
  UpstreamGate::Options gate_options;
  gate_options.stop = options.stop;
  const auto make_client = [&](AnswerObserver* observer) {
    return BuildUpstreamClient(std::move(options), clock, observer, memory);
  };
  return std::make_unique<UpstreamGate>(make_client, std::move(gate_options),
                                        &clock);
}

}  // namespace cvr
