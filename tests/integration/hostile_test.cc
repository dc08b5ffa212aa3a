// A running system under what nobody means well by: no crash, nothing left
// behind, no right gained, nothing smuggled to an upstream or into the log.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/http/raw_http_client.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/integration/system_test.h"
#include "tests/support/admin_channel.h"
#include "tests/support/reflection_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

using nlohmann::json;

#ifdef CVR_ASAN
constexpr bool kCountsMemory = false;  // Freed memory stays in quarantine.
#else
constexpr bool kCountsMemory = true;
#endif

// For a gateway that ten thousand connections have kept busy.
constexpr absl::Duration kRecoveryMax = absl::Minutes(3);

constexpr char kPrivate[] = "/v2/virtual_registries/containers/2/";
constexpr char kPublic[] = "/v2/virtual_registries/containers/1/";

// Everything that a request may be spoilt with, in some place of it.
const std::vector<std::string>& Poisons() {
  static const auto* const poisons =
      new std::vector<std::string>{"..%2f..%2f2",
                                   "%2e%2e%2f%2e%2e",
                                   "%252e%252e%252f",
                                   "..\\..",
                                   "..;",
                                   "%00",
                                   "a%00b",
                                   "%0d%0aX-Evil:%201",
                                   "%0D%0A%0D%0AGET%20/",
                                   "%0a",
                                   "%u002e",
                                   "%",
                                   "%zz",
                                   "%c0%ae%c0%ae",
                                   "\xff\xfe",
                                   "\x7f",
                                   "\x01",
                                   "{}",
                                   "<script>",
                                   "'--",
                                   "\"",
                                   "$(id)",
                                   "%25252e",
                                   "//",
                                   "///..///",
                                   "?#",
                                   "*",
                                   "~",
                                   std::string(300, 'a'),
                                   std::string(9000, 'a'),
                                   "-1",
                                   "0",
                                   "00002",
                                   "99999999999999999999999",
                                   "1e1",
                                   "0x2",
                                   "%32"};
  return *poisons;
}

// Targets with a poison in every place that has a meaning.
std::vector<std::string> TargetsWith(const std::string& poison) {
  const std::string digest = Digest::OfBytes("x").ToString();
  return {
      absl::StrCat("/", poison),
      absl::StrCat("/v2/", poison),
      absl::StrCat("/v2/", poison, "/secret/manifests/1"),
      absl::StrCat("/v2/virtual_registries/containers/", poison,
                   "/library/secret/manifests/1"),
      absl::StrCat(kPublic, poison, "/manifests/1"),
      absl::StrCat(kPublic, "library/", poison, "/manifests/1"),
      absl::StrCat(kPublic, "library/alpine/manifests/", poison),
      absl::StrCat(kPublic, "library/alpine/manifests/sha256:", poison),
      absl::StrCat(kPublic, "library/alpine/blobs/", poison),
      absl::StrCat(kPublic, "library/alpine/blobs/", digest, poison),
      absl::StrCat(kPublic, "library/alpine/tags/list?n=", poison),
      absl::StrCat(kPublic, "library/alpine/tags/list?last=", poison),
      absl::StrCat(kPublic, "library/alpine/manifests/1?ns=", poison),
      absl::StrCat(kPublic, "library/alpine/referrers/", digest,
                   "?artifactType=", poison),
      absl::StrCat(kPublic, "../2/library/secret/manifests/1", poison),
      absl::StrCat(kPublic, poison, "/../../2/library/secret/manifests/1"),
      absl::StrCat("/v2/_catalog?last=", poison),
      absl::StrCat("/jwt/auth?service=", poison),
      absl::StrCat("/jwt/auth?scope=", poison, "&scope=repository:a:pull"),
      absl::StrCat("/api/v4/", poison),
      absl::StrCat("/api/v4/groups/", poison,
                   "/-/virtual_registries/container/registries"),
      absl::StrCat("/api/v4/virtual_registries/container/registries/", poison),
      absl::StrCat("/api/v4/virtual_registries/container/cache_entries/",
                   poison),
  };
}

std::vector<std::string> HostileCredentials() {
  const auto basic = [](const std::string& pair) {
    return "Basic " + absl::Base64Escape(pair);
  };
  const std::string none =
      "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwiYWRtaW4iOnRydWV9.";
  return {"Basic",
          "Basic !!!",
          basic(""),
          basic(":"),
          basic(std::string("a\0b:c\0d", 7)),
          basic(":" + std::string(20000, 'x')),
          basic("admin:admin"),
          basic("x:cvr_" + std::string(49, '0')),
          "Bearer",
          "Bearer  ",
          "Bearer cvr_" + std::string(49, '0'),
          "Bearer cvr_" + std::string(9000, 'a'),
          "Bearer " + none,
          "Bearer " + none + "x",
          "Bearer ...",
          "Bearer " + std::string(30000, 'e'),
          "bearer a, bearer b",
          "Digest username=\"admin\"",
          "Negotiate YII=",
          "\x01\x02",
          std::string(200, '='),
          "Bearer null",
          "Bearer {\"admin\":true}"};
}

struct Footprint {
  int threads = 0;
  int files = 0;
  int64_t resident_kib = 0;
};

Footprint FootprintOf(pid_t pid) {
  Footprint footprint;
  const std::string directory = absl::StrCat("/proc/", pid);
  std::ifstream status(directory + "/status");
  for (std::string line; std::getline(status, line);) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    if (words.size() < 2) continue;
    if (words[0] == "Threads") {
      (void)absl::SimpleAtoi(words[1], &footprint.threads);
    }
    if (words[0] == "VmRSS") {
      (void)absl::SimpleAtoi(words[1], &footprint.resident_kib);
    }
  }
  for (const auto& entry :
       std::filesystem::directory_iterator(directory + "/fd")) {
    (void)entry;
    ++footprint.files;
  }
  return footprint;
}

class HostileTest : public SystemFixture {
 protected:
  HostileTest() : SystemFixture(Shape::kStandalone) {
    // The log is long, and what is wrong with it is said already.
    log_bytes_max_ = 20000;
    MakePrivateRegistry();
  }

  absl::StatusOr<std::string> Administer(const std::string& method,
                                         const json& request) {
    ReflectionClient client(system_.channel());
    return client.Call("cvr.v1." + method, request.dump());
  }

  // Registry 2, which nobody in here has a right to.
  void MakePrivateRegistry() {
    const auto must = [&](const std::string& method, const json& request) {
      EXPECT_THAT(Administer(method, request), IsOk()) << method;
    };
    must("GroupService/CreateGroup", {{"group", {{"name", "acme"}}}});
    must("RegistryService/CreateRegistry",
         {{"registry", {{"group", "acme"}, {"name", "private"}}}});
    must("UpstreamService/CreateUpstream",
         {{"upstream",
           {{"group", "acme"}, {"name", "u"}, {"url", upstream_.url()}}}});
    must("AttachmentService/CreateAttachment",
         {{"registry_id", 2}, {"upstream_id", 2}});
  }

  // Of a request on a connection of its own; 0 when that was closed.
  RawReply Send(const std::string& method, const std::string& target,
                const std::string& fields = "") {
    RawHttpClient client(system_.http());
    return client.Request(method, target, fields);
  }

  void ExpectServing() {
    EXPECT_EQ(Pull(system_, public_image_), "");
    EXPECT_EQ(Send("GET", absl::StrCat(kPrivate, "library/secret/manifests/1"))
                  .status,
              401);
  }

  // Each line of ours begins with its time, whatever a client sent.
  void ExpectCleanLog() {
    int broken = 0;
    for (const std::string& line : std::vector<std::string>(
             absl::StrSplit(system_.Log(), '\n', absl::SkipEmpty()))) {
      const bool ours = absl::StartsWith(line, "20") ||
                        absl::StartsWith(line, "Container Virtual Registry") ||
                        absl::StartsWith(line, "  ");
      for (const char c : line) {
        if (static_cast<unsigned char>(c) < 0x20) ++broken;
      }
      if (!ours) ++broken;
    }
    EXPECT_EQ(broken, 0);
  }

  // What upstreams were asked is what we may ask.
  void ExpectCleanUpstreamRequests() {
    for (const RecordedRequest& request : upstream_.requests()) {
      EXPECT_TRUE(absl::StartsWith(request.target, "/v2/")) << request.target;
      EXPECT_FALSE(absl::StrContains(request.target, "..")) << request.target;
      EXPECT_FALSE(absl::StrContains(request.target, "secret"))
          << request.target;
      EXPECT_EQ(request.Header("X-Evil"), "");
      EXPECT_EQ(request.Header("Authorization"), "");
    }
  }

  const Image public_image_ =
      AddImage(upstream_, "library/alpine", "1", {1000});
  const Image secret_image_ =
      AddImage(upstream_, "library/secret", "1", {1000});
};

TEST_F(HostileTest, PoisonedTargetsGainNothing) {
  const std::set<int> kRefusals = {0,   400, 401, 404, 405, 406, 408, 411, 413,
                                   414, 415, 416, 417, 422, 431, 501, 505};
  int sent = 0;
  for (const std::string& poison : Poisons()) {
    for (const std::string& target : TargetsWith(poison)) {
      for (const std::string method : {"GET", "DELETE"}) {
        const RawReply reply = Send(method, target);
        ++sent;
        // What is open to all may be had, in whatever spelling.
        const bool open =
            reply.status == 200 && method == "GET" &&
            !absl::StrContains(reply.body, secret_image_.manifest);
        EXPECT_TRUE(open || kRefusals.count(reply.status) > 0)
            << method << " " << target << ": " << reply.status;
        EXPECT_EQ(reply.Field("X-Evil"), "<none>") << target;
      }
    }
  }
  EXPECT_GT(sent, 1000);
  ExpectServing();
  ExpectCleanLog();
  ExpectCleanUpstreamRequests();
}

TEST_F(HostileTest, PoisonedFieldsAndCredentialsGainNothing) {
  const std::string target =
      absl::StrCat(kPrivate, "library/secret/manifests/1");
  for (const std::string& credential : HostileCredentials()) {
    const std::string field =
        absl::StrCat("Authorization: ", credential, "\r\n");
    for (const std::string& where :
         {target, std::string("/v2/"), std::string("/v2/_catalog"),
          std::string("/api/v4/groups/acme/-/virtual_registries/container/"
                      "registries")}) {
      const int status = Send("GET", where, field).status;
      // No user and no password are nobody, who may ask there.
      const bool is_nobody = credential == "Basic Og==" && where != target;
      EXPECT_TRUE((is_nobody && status == 200) || status == 400 ||
                  status == 401 || status == 404 || status == 429 ||
                  status == 431)
          << where << " " << credential.substr(0, 60) << ": " << status;
    }
    EXPECT_NE(Send("GET", "/jwt/auth?service=x", field).status, 500);
  }
  for (const std::string& poison : Poisons()) {
    const std::string decoded =
        absl::StrContains(poison, "%0") ? "a\r b" : poison;
    for (const char* name :
         {"Host", "Accept", "Range", "If-None-Match", "X-Forwarded-For",
          "User-Agent", "Transfer-Encoding", "Content-Length", "Expect",
          "Connection", "Accept-Encoding", "If-Range", "Cookie"}) {
      const RawReply reply =
          Send("GET", target, absl::StrCat(name, ": ", decoded, "\r\n"));
      EXPECT_TRUE(reply.status == 0 ||
                  (reply.status >= 400 && reply.status < 500) ||
                  reply.status == 501)
          << name << ": " << poison.substr(0, 60) << ": " << reply.status;
      EXPECT_EQ(reply.Field("X-Evil"), "<none>");
    }
  }
  ExpectServing();
  ExpectCleanLog();
  ExpectCleanUpstreamRequests();
}

TEST_F(HostileTest, WhatIsTooLargeIsRefused) {
  const std::string megabyte(1 << 20, 'a');
  EXPECT_EQ(Send("GET", "/v2/" + megabyte).status, 414);
  EXPECT_EQ(Send("GET", "/v2/", "X: " + megabyte + "\r\n").status, 431);
  std::string many;
  for (int i = 0; i < 20000; ++i) absl::StrAppend(&many, "X: y\r\n");
  EXPECT_EQ(Send("GET", "/v2/", many).status, 431);
  std::string scopes = "/jwt/auth?service=x";
  for (int i = 0; i < 400; ++i) absl::StrAppend(&scopes, "&scope=a", i);
  EXPECT_EQ(Send("GET", scopes).status, 400);
  for (const char* target : {"/jwt/auth",
                             "/api/v4/virtual_registries/container/"
                             "registry_upstreams"}) {
    const RawReply reply =
        Send("POST", target,
             absl::StrCat("Content-Type: application/x-www-form-urlencoded\r\n"
                          "Content-Length: ",
                          megabyte.size(), "\r\n\r\n", megabyte));
    EXPECT_TRUE(reply.status >= 400 && reply.status < 500)
        << target << ": " << reply.status;
  }
  std::string deep(60000, '[');
  EXPECT_LT(Send("POST",
                 "/api/v4/groups/acme/-/virtual_registries/container/"
                 "registries",
                 absl::StrCat("Content-Type: application/json\r\n"
                              "Content-Length: ",
                              deep.size(), "\r\n\r\n", deep))
                .status,
            500);
  ExpectServing();
}

TEST_F(HostileTest, AdministrationTakesNoPoison) {
  const std::vector<std::string> poisons = {
      "a\r\nX-Evil: 1", "a\nb", std::string("a\0b", 3), "../..", "\x7f"};
  for (const std::string& poison : poisons) {
    for (const auto& [method, request] :
         std::vector<std::pair<std::string, json>>{
             {"GroupService/CreateGroup", {{"group", {{"name", poison}}}}},
             {"UpstreamService/CreateUpstream",
              {{"upstream",
                {{"group", "default"},
                 {"name", "x"},
                 {"url", "http://127.0.0.1/" + poison}}}}},
             {"UpstreamService/CreateUpstream",
              {{"upstream",
                {{"group", "default"},
                 {"name", "x"},
                 {"url", "http://127.0.0.1/"},
                 {"source_namespaces", {poison}}}}}},
             {"UpstreamService/CreateUpstream",
              {{"upstream",
                {{"group", "default"},
                 {"name", "x"},
                 {"url", "http://127.0.0.1/"},
                 {"trusted_token_realms", {poison}}}}}},
             {"RefreshService/RefreshTag",
              {{"registry_id", 1},
               {"repository", "library/" + poison},
               {"tag", "1"}}},
             {"RefreshService/PrefetchImage",
              {{"registry_id", 1},
               {"repository", "library/app"},
               {"reference", poison}}}}) {
      EXPECT_THAT(Administer(method, request),
                  StatusIs(absl::StatusCode::kInvalidArgument))
          << method << " " << absl::CEscape(poison);
    }
  }
  for (const std::string& secret :
       {std::string("cvr_") + std::string(6000, 'a'), std::string(" "),
        std::string("a b c"), std::string("eyJhbGciOiJub25lIn0.e30.")}) {
    ReflectionClient client(AdminChannel(system_.grpc(), secret));
    EXPECT_THAT(client.Call("cvr.v1.GroupService/ListGroups", "{}"),
                StatusIs(absl::StatusCode::kUnauthenticated));
  }
  // What is no HTTP/2 at all.
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100000, '\xff'),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") +
            std::string(1000, '\0')}) {
    RawHttpClient client(system_.grpc());
    client.Send(text);
    client.ReadSome(100);
  }
  ExpectServing();
  ExpectCleanLog();
}

TEST_F(HostileTest, TenThousandHalfOpenConnectionsAreOutlived) {
  constexpr int kConnections = 10000;
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_GT(limit.rlim_cur, kConnections + 200);
  ExpectServing();
  const Footprint before = FootprintOf(system_.gateway_pid());

  sockaddr_in address = {};
  address.sin_family = AF_INET;
  const std::vector<std::string> parts = absl::StrSplit(system_.http(), ':');
  inet_pton(AF_INET, parts[0].c_str(), &address.sin_addr);
  int port = 0;
  ASSERT_TRUE(absl::SimpleAtoi(parts[1], &port));
  address.sin_port = htons(static_cast<uint16_t>(port));
  std::vector<int> sockets;
  for (int i = 0; i < kConnections; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(fd, 0);
    sockets.push_back(fd);
    // A full backlog drops what comes; that is how long a client waits.
    timeval timeout = {.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)),
              0)
        << i;
    // Every second one begins a request.
    const std::string half = "GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Half";
    if (i % 2 == 0) {
      (void)send(fd, half.data(), half.size(), MSG_NOSIGNAL);
    }
  }
  for (const int fd : sockets) close(fd);

  // Pulls work again at once, and nothing is left soon.
  EXPECT_TRUE(Eventually([&] { return Pull(system_, public_image_).empty(); },
                         kRecoveryMax, "a pull works"));
  Footprint after;
  EXPECT_TRUE(Eventually(
      [&] {
        after = FootprintOf(system_.gateway_pid());
        return after.threads <= before.threads + 8 &&
               after.files <= before.files + 8;
      },
      kRecoveryMax, "the threads and files of the connections are gone"));
  if (kCountsMemory) {
    EXPECT_LT(after.resident_kib, before.resident_kib + 64 * 1024);
  }
  ExpectServing();
}

}  // namespace
}  // namespace cvr::testing
