#ifndef TESTS_SUPPORT_UPSTREAM_FAKE_REGISTRY_H_
#define TESTS_SUPPORT_UPSTREAM_FAKE_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"
#include "tests/support/upstream/drip.h"
#include "tests/support/upstream/loopback_server.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {

struct HttpHeader {
  std::string name;
  std::string value;
};

// A request as it came in.
struct RecordedRequest {
  std::string method;
  std::string target;  // Path and query, undecoded.
  std::vector<HttpHeader> headers;
  int client_port = 0;  // Tells connections apart.

  // The first of that name, any case; empty when there is none.
  std::string Header(absl::string_view name) const;
};

// Which requests a FakeAnswer is for.
struct RequestMatch {
  std::string method;           // Empty = any.
  std::string target_contains;  // Empty = any.
};

// How a response differs from that of a correct registry. Fields with their
// default values change nothing.
struct FakeAnswer {
  // Status to respond with at once, with `body` or without one, whatever the
  // authentication and content are. 0 = respond as a registry would.
  int status = 0;
  // Added, in place of those of the same name.
  std::vector<HttpHeader> headers;
  std::vector<std::string> without_headers;
  // In place of the usual body; Content-Length is its length.
  std::optional<std::string> body;
  // Announces the whole body, and closes the connection after this many bytes.
  std::optional<uint64_t> truncate_at_byte;
  // The same with a connection reset: bytes on the way may be lost.
  std::optional<uint64_t> reset_at_byte;
  // Called before either of them.
  std::function<void()> before_break;
  // The response waits for this gate before its headers or, if gate_at_byte is
  // set too, after that many bytes of the body. Stop() opens the gate.
  std::shared_ptr<Gate> gate;
  std::optional<uint64_t> gate_at_byte;
  // The body's bytes, those from drip_at_byte on if that is set, come as the
  // drip allows. Stop() opens it.
  std::shared_ptr<Drip> drip;
  std::optional<uint64_t> drip_at_byte;
  // In place of everything else: these bytes, as the drip allows if there is
  // one, and the end of the connection. Not over TLS.
  std::optional<std::string> raw;
  // Responds to a range request with 200 and the whole blob.
  bool ignore_range = false;
  // Transfer-Encoding: chunked in place of a Content-Length.
  bool chunked = false;

  static FakeAnswer Status(int status, std::vector<HttpHeader> headers = {},
                           std::string body = "");
  // `location` may be relative.
  static FakeAnswer Redirect(std::string location, int status = 307);
};

class FakeRegistry;

// How the token service of a registry behaves.
struct FakeBearerAuth {
  // Grants tokens, at /token; null = the registry itself. Must outlive it.
  FakeRegistry* token_service = nullptr;
  std::string realm;  // Empty = the token service's /token.
  std::string service = "fake";
  // Empty = no credentials needed: every caller gets a token for everything.
  std::string username;
  std::string password;
  // Whether a caller without credentials gets a token without access, as at
  // Docker Hub, or 401. Has no effect if no credentials are needed.
  bool anonymous_gets_token = false;
  // The answer's members; absent ones are left out.
  std::string token_member = "token";
  std::optional<int> expires_in_seconds = 300;
  bool scope_in_challenge = true;
  // Tokens are this and a number.
  std::string token_prefix = "token-";
};

// An upstream registry for tests, with real HTTP on a loopback socket. It is a
// correct registry unless Answer() says otherwise. Serves from its construction
// until Stop(). Thread-safe.
class FakeRegistry {
 public:
  static constexpr int kAlways = -1;

  using Tls = LoopbackServer::Tls;
  using Options = LoopbackServer::Options;

  FakeRegistry();
  explicit FakeRegistry(Options options);
  ~FakeRegistry();
  FakeRegistry(const FakeRegistry&) = delete;
  FakeRegistry& operator=(const FakeRegistry&) = delete;

  // `http://127.0.0.1:41234`, without a trailing slash.
  std::string url() const { return server_->url(); }
  int port() const { return server_->port(); }

  // Closes everything and refuses connections from then on; gates and drips of
  // answers are opened. Idempotent.
  void Stop();

  // --- What it holds.

  // Adds a manifest and, unless `tag` is empty, points the tag at it.
  Digest AddManifest(absl::string_view repository, absl::string_view tag,
                     absl::string_view media_type, std::string bytes);
  Digest AddBlob(absl::string_view repository, std::string bytes);
  // `descriptor` is JSON; it is listed as it is.
  void AddReferrer(absl::string_view repository, const Digest& subject,
                   std::string descriptor);
  void RemoveRepository(absl::string_view repository);

  // --- How it answers.

  // Responds with `answer` to the next `times` matching requests. If several
  // answers match, the one that was added first and is not used up counts.
  void Answer(RequestMatch match, FakeAnswer answer, int times = 1);
  // Removes all answers that are not used up.
  void ClearAnswers();

  void RequireBasic(std::string username, std::string password);
  void RequireBearer(FakeBearerAuth auth);
  void RequireNoAuth();
  // Makes all tokens that were granted so far invalid.
  void RevokeTokens();

  // --- What it was asked, in order of arrival, token requests included.

  std::vector<RecordedRequest> requests() const;
  std::vector<RecordedRequest> requests(const RequestMatch& match) const;
  int CountRequests(const RequestMatch& match) const;
  void ClearRequests();
  // Blocks until `count` such requests have arrived in all.
  void AwaitRequests(const RequestMatch& match, int count = 1);

 private:
  struct Reply;
  struct Content {
    std::string media_type;
    std::shared_ptr<const std::string> bytes;
  };
  struct Repository {
    std::map<std::string, std::string> tags;                    // To digests.
    std::map<std::string, Content> manifests;                   // By digest.
    std::map<std::string, Content> blobs;                       // By digest.
    std::map<std::string, std::vector<std::string>> referrers;  // By subject.
  };
  struct Scripted {
    RequestMatch match;
    FakeAnswer answer;
    int times;
  };
  struct BasicAuth {
    std::string username;
    std::string password;
  };

  void Handle(const httplib::Request& request, httplib::Response& response);
  RecordedRequest Record(const httplib::Request& request);
  FakeAnswer TakeAnswer(const RecordedRequest& request);
  // Empty when the request may pass.
  std::optional<Reply> CheckAuth(const RecordedRequest& request);
  std::optional<Reply> CheckBearer(const RecordedRequest& request,
                                   const FakeBearerAuth& auth);
  Reply GrantToken(const httplib::Request& request);
  Reply Serve(const RecordedRequest& request, const FakeAnswer& answer) const;
  Reply ServeBlob(const RecordedRequest& request, const FakeAnswer& answer,
                  const Repository& repository,
                  const std::string& digest) const;
  bool Grants(absl::string_view token, absl::string_view scope) const;
  void SendRaw(const FakeAnswer& answer, int client_port);
  void Send(Reply reply, const FakeAnswer& answer,
            const httplib::Request& request, httplib::Response& response);

  mutable Mutex mutex_;
  CondVar arrived_;
  std::map<std::string, Repository> repositories_ ABSL_GUARDED_BY(mutex_);
  std::vector<Scripted> answers_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Gate>> gates_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Drip>> drips_ ABSL_GUARDED_BY(mutex_);
  std::optional<BasicAuth> basic_ ABSL_GUARDED_BY(mutex_);
  std::optional<FakeBearerAuth> bearer_ ABSL_GUARDED_BY(mutex_);
  // What /token asks for and grants: set by the registry that names us.
  std::optional<FakeBearerAuth> grants_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> tokens_
      ABSL_GUARDED_BY(mutex_);  // Scopes.
  int tokens_granted_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<RecordedRequest> requests_ ABSL_GUARDED_BY(mutex_);

  // Last: it uses all the rest.
  const std::unique_ptr<LoopbackServer> server_;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_UPSTREAM_FAKE_REGISTRY_H_
