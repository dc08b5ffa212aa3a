#include "services/standalone/welcome.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "services/common/pull_name.h"
#include "services/process/version.h"
#include "services/standalone/first_start.h"

namespace cvr {
namespace {

// A listener on every address is called by one of them.
std::string Callable(absl::string_view address) {
  if (absl::ConsumePrefix(&address, "0.0.0.0:")) {
    return absl::StrCat("127.0.0.1:", address);
  }
  if (absl::ConsumePrefix(&address, "[::]:")) {
    return absl::StrCat("[::1]:", address);
  }
  return std::string(address);
}

// As it can be typed: tools/serve puts it beside this program, which is not in
// anybody's PATH.
std::string CvrCommand() {
  std::error_code failure;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failure);
  const auto beside = self.parent_path() / "cvr";
  return !failure && std::filesystem::is_regular_file(beside, failure)
             ? beside.string()
             : "cvr";
}

std::string HostForClients(const WelcomeFacts& facts) {
  absl::string_view url = facts.external_url;
  if (absl::ConsumePrefix(&url, "https://") ||
      absl::ConsumePrefix(&url, "http://")) {
    return std::string(absl::StripSuffix(url, "/"));
  }
  return Callable(facts.http_address);
}

std::string PullLines(MetadataStack& metadata, const WelcomeFacts& facts) {
  v1::GetRegistryRequest request;
  request.set_id(kFirstRegistry);
  const auto registry = metadata.registries().Get(request);
  if (!registry.ok()) return "";
  const std::string host = HostForClients(facts);
  std::string lines;
  if (!registry->anonymous_pull()) {
    lines = absl::StrCat("  login:   docker login -u token --password-stdin ",
                         host, " < ", facts.admin_token_file, "\n");
  }
  absl::StrAppend(&lines, "  pull:    docker pull ", host,
                  "/virtual_registries/containers/", kFirstRegistry,
                  "/library/alpine:latest\n");
  const std::string name = PullNameOf(registry->group(), registry->name());
  if (!name.empty()) {
    absl::StrAppend(&lines, "  by name: docker pull ", host,
                    "/virtual_registries/containers/", name,
                    "/library/alpine:latest\n");
  }
  return lines;
}

}  // namespace

std::string Welcome(MetadataStack& metadata, const WelcomeFacts& facts) {
  const std::string cvr = absl::StrCat(
      CvrCommand(), " --server=", Callable(facts.grpc_address),
      facts.grpc_tls ? " --tls" : "", " --token-file=", facts.admin_token_file);
  return absl::StrCat(
      "Container Virtual Registry ", kVersion, " is ready.\n",
      PullLines(metadata, facts), "  token:   ", facts.admin_token_file,
      " (file with the administrator's access token, created at the first "
      "start)\n",
      "  entries: ", cvr, " entry list --upstream 1\n", "  stop:    Ctrl-C\n");
}

}  // namespace cvr
