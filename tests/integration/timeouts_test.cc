// Each timeout acts after the time that its flag says: not before, and not
// after twice that time. The others are far longer, so that it is the one that
// acts. The bounds leave as much to a busy machine as the timeout takes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/system.h"
#include "tests/support/bad_port.h"
#include "tests/support/tcp_client.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kTimeout = absl::Seconds(4);

// How long `action` takes.
absl::Duration TimeOf(const std::function<void()>& action) {
  const absl::Time begin = absl::Now();
  action();
  return absl::Now() - begin;
}

void ExpectAfterOneTimeout(absl::Duration taken) {
  EXPECT_GE(taken, kTimeout - absl::Milliseconds(50));
  EXPECT_LT(taken, 2 * kTimeout);
}

// Connections are made, and nothing is ever said on them.
class SilentPort {
 public:
  SilentPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd_, any, size), 0);
    EXPECT_EQ(listen(fd_, 64), 0);
    EXPECT_EQ(getsockname(fd_, any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPort() { close(fd_); }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;

  int port() const { return port_; }

 private:
  const int fd_;
  int port_ = 0;
};

class TimeoutsTest : public ::testing::Test {
 protected:
  // All timeouts but `flag` are long.
  void Start(const std::string& flag, const std::string& upstream_url) {
    std::vector<std::string> flags;
    for (const char* const name :
         {"upstream_connect_timeout", "upstream_answer_timeout",
          "upstream_stall_timeout", "fetch_timeout", "http_idle_timeout",
          "http_write_timeout", "drain_timeout"}) {
      flags.push_back(
          absl::StrCat("--", name, "=",
                       name == flag ? absl::FormatDuration(kTimeout) : "5m"));
    }
    system_ = std::make_unique<System>(Shape::kStandalone, upstream_url, flags);
    system_->Start();
  }
  void Start(const std::string& flag) { Start(flag, upstream_.url()); }

  // A tag that is not there fails like this after one timeout.
  void ExpectFailure(int status, const std::string& message) {
    HttpResponse response;
    ExpectAfterOneTimeout(TimeOf(
        [&] { response = system_->Get("library/app/manifests/latest"); }));
    EXPECT_EQ(response.status, status) << response.body << response.error;
    EXPECT_THAT(response.body, HasSubstr(message));
  }
  std::shared_ptr<Gate> Hold(const std::string& target) {
    FakeAnswer held;
    held.gate = std::make_shared<Gate>();
    upstream_.Answer({"", target}, held, FakeRegistry::kAlways);
    return held.gate;
  }

  FakeRegistry upstream_;
  const Image image_ =
      AddImage(upstream_, "library/app", "latest", {1 << 20, 1 << 10});
  std::unique_ptr<System> system_;
};

TEST_F(TimeoutsTest, Connecting) {
  FakeRegistry gone;
  gone.Stop();
  const BadPort full(gone.port(), BadPort::Manner::kIgnore);
  Start("upstream_connect_timeout", gone.url());
  ExpectFailure(503, "127.0.0.1");
}

TEST_F(TimeoutsTest, HandshakeOfTls) {
  const SilentPort silent;
  Start("upstream_connect_timeout",
        absl::StrCat("https://127.0.0.1:", silent.port()));
  ExpectFailure(503, "127.0.0.1");
}

TEST_F(TimeoutsTest, HeadOfAnAnswer) {
  Start("upstream_answer_timeout");
  const auto gate = Hold("/manifests/");
  ExpectFailure(503, "no response headers within 4s");
  gate->Open();
}

TEST_F(TimeoutsTest, HeadOfATokenServicesAnswer) {
  upstream_.RequireBearer({});
  Start("upstream_answer_timeout");
  const auto gate = Hold("/token");
  ExpectFailure(503, "no response headers within 4s");
  gate->Open();
}

TEST_F(TimeoutsTest, BodyOfAManifest) {
  FakeAnswer held;
  held.gate = std::make_shared<Gate>();
  held.gate_at_byte = 10;
  Start("upstream_stall_timeout");
  upstream_.Answer({"GET", "/manifests/"}, held, FakeRegistry::kAlways);
  ExpectFailure(503, "timeout: the response body");
  held.gate->Open();
}

TEST_F(TimeoutsTest, BodyOfATokenServicesAnswer) {
  FakeAnswer held;
  held.gate = std::make_shared<Gate>();
  held.gate_at_byte = 3;
  upstream_.RequireBearer({});
  Start("upstream_stall_timeout");
  upstream_.Answer({"", "/token"}, held, FakeRegistry::kAlways);
  ExpectFailure(503, "timeout: the response body");
  held.gate->Open();
}

// It is continued with another request.
TEST_F(TimeoutsTest, BodyOfABlob) {
  FakeAnswer held;
  held.gate = std::make_shared<Gate>();
  held.gate_at_byte = 512 << 10;
  Start("upstream_stall_timeout");
  const std::string digest = image_.BlobDigests()[1].ToString();
  upstream_.Answer({"GET", digest}, held);
  HttpResponse blob;
  ExpectAfterOneTimeout(TimeOf([&] {
    blob = system_->Get(absl::StrCat("library/app/blobs/", digest));
  }));
  EXPECT_EQ(Digest::OfBytes(blob.body).ToString(), digest);
  EXPECT_EQ(upstream_.CountRequests({"GET", digest}), 2);
  held.gate->Open();
}

TEST_F(TimeoutsTest, TheWholeWaitOfAPull) {
  Start("fetch_timeout");
  const auto gate = Hold("/v2/");
  ExpectFailure(504, "");
  ExpectAfterOneTimeout(TimeOf([&] {
    EXPECT_EQ(system_
                  ->Get(absl::StrCat("library/app/blobs/",
                                     image_.BlobDigests()[1].ToString()))
                  .status,
              504);
  }));
  ExpectAfterOneTimeout(TimeOf(
      [&] { EXPECT_EQ(system_->Get("library/app/tags/list").status, 504); }));
  gate->Open();
}

TEST_F(TimeoutsTest, AConnectionWithoutARequest) {
  Start("http_idle_timeout");
  TcpClient client(system_->http());
  client.SendGet("/v2/", "");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n", absl::Minutes(1)),
              HasSubstr("HTTP/1.1 "));
  ExpectAfterOneTimeout(
      TimeOf([&] { EXPECT_TRUE(client.IsClosedWithin(absl::Minutes(1))); }));
}

TEST_F(TimeoutsTest, AClientThatTakesNothing) {
  const Image large =
      AddImage(upstream_, "library/large", "latest", {32 << 20});
  Start("http_write_timeout");
  const std::string target = System::Target(
      absl::StrCat("library/large/blobs/", large.BlobDigests()[1].ToString()));
  TcpClient client(system_->http());
  client.ShrinkReceiveBuffer();
  // The access log has the request once it is over.
  ExpectAfterOneTimeout(TimeOf([&] {
    client.SendGet(target, "");
    EXPECT_TRUE(
        Eventually([&] { return absl::StrContains(system_->Log(), target); },
                   "the request is in the access log"));
  }));
}

TEST_F(TimeoutsTest, TheRepliesThatAreUnderWayAtTheEnd) {
  FakeAnswer held;
  held.gate = std::make_shared<Gate>();
  held.gate_at_byte = 512 << 10;
  Start("drain_timeout");
  const std::string digest = image_.BlobDigests()[1].ToString();
  upstream_.Answer({"GET", digest}, held);
  TcpClient client(system_->http());
  client.SendGet(System::Target(absl::StrCat("library/app/blobs/", digest)),
                 "");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n", absl::Minutes(1)),
              HasSubstr("HTTP/1.1 200"));
  ExpectAfterOneTimeout(TimeOf([&] { EXPECT_TRUE(system_->Stop()); }));
  held.gate->Open();
}

// Of the service that stores blobs, where it is a process of its own.
TEST_F(TimeoutsTest, TheDownloadsThatAreUnderWayAtTheEnd) {
  FakeAnswer held;
  held.gate = std::make_shared<Gate>();
  held.gate_at_byte = 512 << 10;
  system_ = std::make_unique<System>(
      Shape::kThreeProcesses, upstream_.url(),
      std::vector<std::string>{
          absl::StrCat("--drain_timeout=", absl::FormatDuration(kTimeout))});
  system_->Start();
  const std::string digest = image_.BlobDigests()[1].ToString();
  upstream_.Answer({"GET", digest}, held);
  TcpClient client(system_->http());
  client.SendGet(System::Target(absl::StrCat("library/app/blobs/", digest)),
                 "");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n", absl::Minutes(1)),
              HasSubstr("HTTP/1.1 200"));
  ExpectAfterOneTimeout(TimeOf([&] {
    system_->blob().Signal(SIGTERM);
    EXPECT_EQ(system_->blob().Wait(), 0);
  }));
  held.gate->Open();
}

}  // namespace
}  // namespace cvr::testing
