#ifndef TESTS_FAULTS_INSTALLATION_H_
#define TESTS_FAULTS_INSTALLATION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cvr/v1/cache_entry.pb.h"
#include "cvr/v1/explain_service.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "grpcpp/grpcpp.h"
#include "tests/support/child_process.h"
#include "tests/support/http_client.h"

namespace cvr::testing {

// Sets the credentials of an upstream that is to be created, or updated with
// `credentials` in the mask.
void SetLogin(v1::Upstream& upstream, const std::string& username,
              const std::string& password);

// A running cvr-standalone with short timeouts towards upstreams, for tests
// that share it and each have a registry of their own. Thread-safe.
class Installation {
 public:
  // Starts it; fails the test, and ends the process, when it does not come up.
  explicit Installation(std::vector<std::string> extra_flags = {});

  // Ids of what was made. Whatever goes wrong fails the test.
  int64_t CreateRegistry(bool anonymous_pull = true);
  int64_t CreateUpstream(v1::Upstream upstream);
  void Attach(int64_t registry_id, int64_t upstream_id);
  void Detach(int64_t registry_id, int64_t upstream_id);
  void DeleteUpstream(int64_t id);
  // Takes over the fields named in `mask` for the upstream of that id.
  void UpdateUpstream(const v1::Upstream& upstream,
                      const std::vector<std::string>& mask);
  void MoveUpstream(int64_t registry_id, int64_t upstream_id, int position);

  // The id of the upstream; fails the test when there is none.
  int64_t UpstreamNamed(const std::string& name) const;

  std::vector<v1::CacheEntry> Entries(int64_t upstream_id) const;
  // The next pull of it asks the upstream; what became of the call.
  grpc::StatusCode Expire(const v1::CacheEntry& entry);

  // GET of a path in a registry, `library/app/manifests/1`, as docker does it.
  HttpResponse Get(int64_t registry_id, const std::string& path,
                   const std::vector<std::string>& headers = {}) const;

  HttpResponse Head(int64_t registry_id, const std::string& path) const;

  // What a pull of a path would do now.
  v1::ExplainResponse Explain(int64_t registry_id, const std::string& path);

  // A call of `/api/v4/PATH` by the administrator.
  HttpResponse Rest(const std::string& method, const std::string& path,
                    const std::string& content_type,
                    const std::string& body) const;

  // A file in the directory that Shell() runs in.
  void Write(const std::string& name, const std::string& content) const;
  // Runs a script of sh, which must succeed. `$CVR` is our command, for an
  // administrator of this installation.
  void Shell(const std::string& script) const;

  std::string Log() const { return server_->Log(); }

 private:
  std::string TokenFile() const { return directory_.Join("data/admin-token"); }

  const ScratchDirectory directory_;
  std::unique_ptr<ServerProcess> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace cvr::testing

#endif  // TESTS_FAULTS_INSTALLATION_H_
