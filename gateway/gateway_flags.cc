#include "gateway/gateway_flags.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/flags/flag.h"

ABSL_FLAG(std::string, http_address, "127.0.0.1:8080",
          "Where clients pull: host:port, [v6]:port, or :port for every "
          "address. Port 0: the system chooses; see --ready_file.");
ABSL_FLAG(int64_t, root_registry, 0,
          "Id of the registry that is also served at the root of the host, as "
          "HOST/IMAGE instead of HOST/virtual_registries/containers/ID/IMAGE: "
          "for the docker engine's registry-mirrors and other mirrors that can "
          "have no path. 0 = none.");
ABSL_FLAG(int, http_threads_max, 1024,
          "Connections served at once. Beyond them idle connections are ended "
          "to make room, then new ones wait, then they get 503.");
ABSL_FLAG(absl::Duration, http_idle_timeout, absl::Seconds(75),
          "How long a connection may wait for its next request.");
ABSL_FLAG(absl::Duration, http_write_timeout, absl::Seconds(60),
          "How long a client may take no bytes before it is given up.");
ABSL_FLAG(absl::Duration, fetch_timeout, absl::Seconds(60),
          "How long a pull may wait for the first answer of its upstreams. "
          "What has begun to flow is bounded by progress alone.");
ABSL_FLAG(absl::Duration, drain_timeout, absl::Seconds(30),
          "How long running replies may go on after SIGTERM.");

namespace cvr {

Gateway::Options GatewayOptionsFromFlags() {
  Gateway::Options options;
  options.http.address = absl::GetFlag(FLAGS_http_address);
  options.root_registry_id =
      std::max<int64_t>(0, absl::GetFlag(FLAGS_root_registry));
  options.http.threads_max = std::max(1, absl::GetFlag(FLAGS_http_threads_max));
  options.http.idle_timeout = absl::GetFlag(FLAGS_http_idle_timeout);
  options.http.write_timeout = absl::GetFlag(FLAGS_http_write_timeout);
  options.fetch_timeout = absl::GetFlag(FLAGS_fetch_timeout);
  return options;
}

absl::Duration DrainTimeoutFromFlags() {
  return absl::GetFlag(FLAGS_drain_timeout);
}

}  // namespace cvr
