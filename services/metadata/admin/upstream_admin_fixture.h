#ifndef SERVICES_METADATA_ADMIN_UPSTREAM_ADMIN_FIXTURE_H_
#define SERVICES_METADATA_ADMIN_UPSTREAM_ADMIN_FIXTURE_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "services/metadata/testing/metadata_fixture.h"

namespace cvr::testing {

// What tests of UpstreamAdmin share.
class UpstreamAdminTest : public MetadataFixture {
 protected:
  // Named after both, since names are unique.
  static v1::Upstream WithCredentials(const std::string& url,
                                      const std::string& username,
                                      const std::string& password) {
    v1::Upstream upstream = NewUpstream(url);
    upstream.set_name(absl::StrCat(url, " ", username, " ", password));
    SetCredentials(username, password, upstream);
    return upstream;
  }

  // A change of upstream 1.
  static v1::Upstream Change() {
    v1::Upstream change;
    change.set_id(1);
    return change;
  }

  // `user:password`, as the blob service gets them.
  std::string CredentialsOf(int64_t id) {
    const auto access = stack_->client().GetUpstreamAccess(id);
    if (!access.ok()) return access.status().ToString();
    return access->username + ":" + access->password;
  }

  absl::StatusOr<v1::ListUpstreamsResponse> List(
      v1::ListUpstreamsRequest request) {
    if (request.group().empty() && !request.has_registry_id()) {
      request.set_group("-");
    }
    return stack_->upstreams().List(request, Caller::System());
  }

  absl::StatusOr<v1::Upstream> CreateUnique(v1::Upstream upstream) {
    v1::CreateUpstreamRequest request;
    *request.mutable_upstream() = std::move(upstream);
    request.set_unique_target(true);
    return stack_->upstreams().Create(request);
  }
};

}  // namespace cvr::testing

#endif  // SERVICES_METADATA_ADMIN_UPSTREAM_ADMIN_FIXTURE_H_
