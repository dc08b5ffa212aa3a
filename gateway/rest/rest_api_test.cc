#include "gateway/rest/rest_api.h"

#include <atomic>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/rest/resources.h"
#include "gateway/rest/rest_test_stack.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr::rest {
namespace {

using ::testing::HasSubstr;

using RestApiTest = RestTest;

TEST_F(RestApiTest, WhatIsDocumentedIsImplementedAndNothingElse) {
  std::set<std::string> documented;
  for (const Operation& operation : api_->document().operations()) {
    if (!operation.is_public) documented.insert(operation.id);
  }
  const auto implemented = api_->implemented();
  EXPECT_EQ(std::set<std::string>(implemented.begin(), implemented.end()),
            documented);
}

TEST_F(RestApiTest, WithoutATokenNobodyIsAsked) {
  HttpRequest request;
  request.method = "POST";
  request.target = absl::StrCat(kGroup, "/registries");
  request.body = "not JSON";
  const auto handle = [&](absl::StatusOr<std::string> admitted) {
    return api_->Handle(request, [&](const std::string&) { return admitted; });
  };
  EXPECT_EQ(handle(absl::InternalError("asked")).status, 401);
  request.fields.Add("PRIVATE-TOKEN", "cvr_x");
  EXPECT_EQ(handle(errors::Unauthenticated()).status, 401);
  const HttpReply limited = handle(
      WithRetryAfter(absl::ResourceExhaustedError("x"), absl::Seconds(7)));
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.fields.Get("Retry-After"), "7");
  EXPECT_EQ(handle(absl::UnavailableError("x")).status, 503);
  // Only then the request is looked at.
  EXPECT_EQ(handle("client").status, 400);
  request.body = R"({"name":"a"})";
  EXPECT_EQ(handle("client").status, 401);
  request.fields.Add("Content-Type", "text/plain");
  EXPECT_EQ(handle("client").status, 415);
}

TEST_F(RestApiTest, PathsAndMethodsThatAreNone) {
  EXPECT_EQ(AskFor(404, "GET", "/api/v4/nothing")["error"], "404 Not Found");
  const HttpReply reply = Ask("PUT", absl::StrCat(kGroup, "/registries"));
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.fields.Get("Allow"), "GET, POST, HEAD");
  EXPECT_EQ(AskFor(405, "POST", "/api/openapi.json")["error"],
            "405 Not Allowed");
  EXPECT_EQ(AskFor(200, "GET", "/api/openapi.json?x")["openapi"], "3.0.3");
}

TEST_F(RestApiTest, RegistriesFromBeginningToEnd) {
  const std::string list = absl::StrCat(kGroup, "/registries");
  const Json made =
      AskFor(201, "POST", list, R"({"name":"a","description":"d"})");
  EXPECT_EQ(made["id"], 1);
  EXPECT_EQ(made["group_id"], "default");
  EXPECT_EQ(made["description"], "d");
  EXPECT_EQ(AskFor(400, "POST", list, R"({"name":"a"})").dump(),
            R"({"message":{"name":["has already been taken"]}})");
  for (int i = 2; i <= 5; ++i) MakeRegistry(absl::StrCat("r", i));
  EXPECT_EQ(AskFor(400, "POST", list, R"({"name":"z"})").dump(),
            R"({"message":{"base":["5 registries is the maximum allowed per )"
            R"(top-level group."]}})");
  EXPECT_EQ(AskFor(200, "GET", list).size(), 5);

  const std::string one = absl::StrCat(kBase, "/registries/1");
  EXPECT_EQ(AskFor(400, "PATCH", one, "{}").dump(),
            R"({"error":"name, description are missing, at least one )"
            R"(parameter must be provided"})");
  EXPECT_EQ(AskFor(200, "PATCH", one, R"({"name":"b"})")["description"], "d");
  EXPECT_EQ(AskFor(400, "PATCH", one, R"({"name":"r2"})").dump(),
            R"({"message":{"name":["has already been taken"]}})");
  EXPECT_EQ(
      AskFor(400, "PATCH", one,
             Json({{"name", std::string(256, 'x')}}).dump())["message"]["name"]
          .size(),
      1);
  EXPECT_TRUE(AskFor(200, "GET", one)["registry_upstreams"].empty());
  EXPECT_EQ(Ask("DELETE", one).status, 204);
  EXPECT_EQ(Ask("DELETE", one).status, 404);
  EXPECT_EQ(AskFor(400, "GET", absl::StrCat(kBase, "/registries/a"))["error"],
            "id is invalid");
  EXPECT_EQ(Ask("GET",
                "/api/v4/groups/nobody/-/virtual_registries/containers/"
                "registries")
                .status,
            404);
}

TEST_F(RestApiTest, AnUpstreamIsMadeInItsRegistryOrNotAtAll) {
  const int64_t registry = MakeRegistry("r");
  const std::string list =
      absl::StrCat(kBase, "/registries/", registry, "/upstreams");
  for (int i = 1; i <= 5; ++i) MakeUpstream(registry, absl::StrCat("u", i));
  const Json all = AskFor(200, "GET", list);
  ASSERT_EQ(all.size(), 5);
  EXPECT_EQ(all[4]["registry_upstream"].dump(),
            R"({"id":5,"registry_id":1,"position":5})");
  EXPECT_EQ(
      AskFor(400, "POST", list, R"({"name":"z","url":"https://z.example"})")
          .dump(),
      R"({"message":{"registry_upstreams.position":)"
      R"(["must be less than or equal to 5"]}})");
  EXPECT_EQ(AskFor(200, "GET", absl::StrCat(kGroup, "/upstreams")).size(), 5);
  EXPECT_EQ(
      AskFor(400, "POST", list, R"({"name":"z","url":"https://u1.example"})")
          .dump(),
      R"({"message":{"group":)"
      R"(["already has an upstream with the same credentials"]}})");
  EXPECT_EQ(AskFor(400, "POST", list,
                   R"({"name":"z","url":"ftp://z","username":"u"})")["message"]
                .size(),
            2);
  EXPECT_EQ(Ask("POST", absl::StrCat(kBase, "/registries/9/upstreams"),
                R"({"name":"z","url":"https://z.example"})")
                .status,
            404);
}

TEST_F(RestApiTest, UpstreamsChange) {
  const int64_t registry = MakeRegistry("r");
  MakeUpstream(registry, "u1");
  const std::string one = absl::StrCat(kBase, "/upstreams/1");
  AskFor(200, "PATCH", one,
         R"({"username":"u","password":"p","cache_validity_hours":"72",)"
         R"("description":"d"})");
  Json now = AskFor(200, "GET", one);
  EXPECT_EQ(now["username"], "u");
  EXPECT_EQ(now["cache_validity_hours"], 72);
  EXPECT_FALSE(now.contains("password"));
  EXPECT_EQ(now["registry_upstreams"].dump(),
            R"([{"id":1,"registry_id":1,"position":1}])");
  // Half of the credentials with another URL drops both.
  now = AskFor(200, "PATCH", one,
               R"({"url":"https://v.example",)"
               R"("password":"q"})");
  EXPECT_TRUE(now["username"].is_null());
  EXPECT_EQ(now["cache_validity_hours"], 72);
  AskFor(200, "PATCH", one, R"({"username":"u","password":"p"})");
  now = AskFor(200, "PATCH", one,
               R"({"username":null,"password":"","description":null})");
  EXPECT_TRUE(now["username"].is_null());
  EXPECT_TRUE(now["description"].is_null());
  EXPECT_EQ(
      AskFor(400, "PATCH", one, R"({"cache_validity_hours":-1})")["error"],
      "cache_validity_hours does not have a valid value");
  EXPECT_EQ(Ask("PATCH", absl::StrCat(one, "?password=p"), "{}").status, 400);
  EXPECT_EQ(Ask("DELETE", one).status, 204);
  EXPECT_EQ(Ask("GET", one).status, 404);
}

TEST_F(RestApiTest, PlacesOfUpstreams) {
  MakeRegistry("r");
  MakeRegistry("s");
  for (int i = 1; i <= 3; ++i) MakeUpstream(1, absl::StrCat("u", i));
  const std::string list = absl::StrCat(kBase, "/registry_upstreams");
  EXPECT_EQ(
      AskFor(201, "POST", list, R"({"registry_id":2,"upstream_id":1})").dump(),
      R"({"id":4,"registry_id":2,"upstream_id":1,"position":1})");
  EXPECT_EQ(
      AskFor(400, "POST", list, R"({"registry_id":2,"upstream_id":1})").dump(),
      R"({"message":{"upstream_id":["has already been taken"]}})");
  EXPECT_EQ(Ask("POST", list, R"({"registry_id":2,"upstream_id":9})").status,
            404);
  EXPECT_EQ(AskFor(400, "POST", list, "{}")["error"],
            "registry_id is missing, upstream_id is missing");
  // Documented as taken from the query, too.
  EXPECT_EQ(Ask("POST", list + "?registry_id=2&upstream_id=2").status, 201);

  const std::string first = absl::StrCat(list, "/1");
  EXPECT_EQ(AskFor(200, "PATCH", first, R"({"position":20})").dump(),
            R"({"id":1,"registry_id":1,"upstream_id":1,"position":3})");
  EXPECT_EQ(AskFor(400, "PATCH", first, R"({"position":21})")["error"],
            "position does not have a valid value");
  EXPECT_EQ(Ask("DELETE", first).status, 204);
  EXPECT_EQ(Ask("DELETE", first).status, 404);
  EXPECT_EQ(AskFor(200, "GET",
                   absl::StrCat(kBase, "/registries/1"))["registry_upstreams"]
                .dump(),
            R"([{"id":2,"position":1,"upstream_id":2},)"
            R"({"id":3,"position":2,"upstream_id":3}])");
  EXPECT_EQ(Ask("GET", absl::StrCat(kBase, "/upstreams/1")).status, 200);
}

TEST_F(RestApiTest, ARegistryAndAnUpstreamOfAnotherGroupDoNotMeet) {
  MakeGroup("acme/team");
  MakeRegistry("r");
  MakeUpstream(1, "u1");
  const Json other = AskFor(
      201, "POST",
      "/api/v4/groups/acme%2Fteam/-/virtual_registries/containers/registries",
      R"({"name":"r"})");
  EXPECT_EQ(other["group_id"], "acme/team");
  EXPECT_EQ(Ask("POST", absl::StrCat(kBase, "/registry_upstreams"),
                R"({"registry_id":2,"upstream_id":1})")
                .status,
            404);
}

TEST_F(RestApiTest, PagesLeadToEachOther) {
  MakeRegistry("r");
  MakeUpstream(1, "u1");
  for (int i = 1; i <= 7; ++i) {
    MakeEntry(1, absl::StrCat("/library/a", i, "/manifests/latest"));
  }
  MakeEntry(1, "/other/b/manifests/latest");
  std::string target = absl::StrCat(
      kBase, "/upstreams/1/cache_entries?search=Library/A&per_page=3");
  std::vector<std::string> paths;
  for (int page = 1; page <= 3; ++page) {
    const HttpReply reply = Ask("GET", target);
    ASSERT_EQ(reply.status, 200) << reply.body;
    for (const auto& entry : Json::parse(reply.body)) {
      paths.push_back(entry["relative_path"]);
    }
    EXPECT_EQ(reply.fields.Get("X-Total"), "7");
    EXPECT_EQ(reply.fields.Get("X-Total-Pages"), "3");
    EXPECT_EQ(reply.fields.Get("X-Page"), absl::StrCat(page));
    EXPECT_EQ(reply.fields.Get("X-Per-Page"), "3");
    const std::string next = page < 3 ? absl::StrCat(page + 1) : "";
    EXPECT_EQ(reply.fields.Get("X-Next-Page"), next);
    const std::string link = *reply.fields.Get("Link");
    EXPECT_THAT(link, HasSubstr("; rel=\"last\""));
    if (page == 3) {
      EXPECT_EQ(link.find("rel=\"next\""), std::string::npos);
      break;
    }
    // What leads to the next page, without the origin.
    const size_t end = link.find(">; rel=\"next\"");
    const size_t begin = link.rfind('<', end) + 1;
    target = link.substr(begin, end - begin);
    constexpr absl::string_view kOrigin = "http://cvr.example.com:8080";
    ASSERT_TRUE(absl::StartsWith(target, kOrigin)) << link;
    target.erase(0, kOrigin.size());
  }
  std::vector<std::string> newest_first;
  for (int i = 7; i >= 1; --i) {
    newest_first.push_back(absl::StrCat("/library/a", i, "/manifests/latest"));
  }
  EXPECT_EQ(paths, newest_first);

  const HttpReply beyond =
      Ask("GET", absl::StrCat(kGroup, "/upstreams?page=9"));
  EXPECT_EQ(beyond.body, "[]");
  EXPECT_EQ(beyond.fields.Get("X-Total"), "1");
  EXPECT_EQ(beyond.fields.Get("X-Next-Page"), "");
  EXPECT_EQ(Ask("GET", absl::StrCat(kGroup, "/upstreams?per_page=1000"))
                .fields.Get("X-Per-Page"),
            "100");
  EXPECT_EQ(AskFor(200, "GET",
                   absl::StrCat(kGroup, "/upstreams?upstream_name=U1&page=1"))
                .size(),
            1);
  for (const char* const query :
       {"page=0", "per_page=0", "page=a", "per_page=-1", "page=99999999999"}) {
    EXPECT_EQ(Ask("GET", absl::StrCat(kGroup, "/upstreams?", query)).status,
              400)
        << query;
  }
}

TEST_F(RestApiTest, EntriesAreForgottenByTheirOwnIdOnly) {
  MakeGroup("acme");
  MakeRegistry("r");
  MakeUpstream(1, "u1");
  MakeEntry(1, "/library/a/manifests/latest");
  const std::string base = absl::StrCat(kBase, "/cache_entries/");
  const Json all =
      AskFor(200, "GET", absl::StrCat(kBase, "/upstreams/1/cache_entries"));
  ASSERT_EQ(all.size(), 1);
  const std::string id = all[0]["id"];
  EXPECT_EQ(id, FormatEntryId({"default", 1}));
  EXPECT_TRUE(all[0]["file_sha1"].is_null());
  EXPECT_TRUE(all[0]["downloaded_at"].is_null());
  EXPECT_EQ(Ask("DELETE", base + FormatEntryId({"acme", 1})).status, 404);
  EXPECT_EQ(AskFor(400, "DELETE", base + "1")["error"], "id is invalid");
  EXPECT_EQ(Ask("DELETE", base + id).status, 204);
  EXPECT_EQ(Ask("DELETE", base + id).status, 404);
}

TEST_F(RestApiTest, OnlyWhatWasNotChangedSinceIsDeleted) {
  const auto unmodified_since = [&](const std::string& time) {
    more_fields_ = {};
    more_fields_.Add("If-Unmodified-Since", time);
  };
  MakeRegistry("r");
  MakeUpstream(1, "u1");
  MakeEntry(1, "/library/a/manifests/latest");
  const std::string targets[] = {
      absl::StrCat(kBase, "/cache_entries/", FormatEntryId({"default", 1})),
      absl::StrCat(kBase, "/upstreams/1"),
      absl::StrCat(kBase, "/registries/1"),
  };
  for (const std::string& target : targets) {
    unmodified_since("Tue, 02 Jan 2024 03:04:05 GMT");
    EXPECT_EQ(AskFor(412, "DELETE", target)["message"],
              "412 Precondition Failed");
    unmodified_since("2024-01-02T03:04:05.678Z");
    EXPECT_EQ(Ask("DELETE", target).status, 412);
    // Of the second in which it was made.
    unmodified_since(absl::FormatTime("%a, %d %b %E4Y %H:%M:%S GMT",
                                      absl::Now() + absl::Seconds(1),
                                      absl::UTCTimeZone()));
    EXPECT_EQ(Ask("DELETE", target).status, 204) << target;
  }
  more_fields_ = {};
  MakeRegistry("s");
  // What is no time is no wish.
  unmodified_since("yesterday");
  EXPECT_EQ(Ask("DELETE", absl::StrCat(kBase, "/registries/2")).status, 204);
}

TEST_F(RestApiTest, WhoMayWhatIsDecidedBehindIt) {
  MakeGroup("acme");
  MakeRegistry("r");
  MakeUpstream(1, "u1");
  const std::string one = absl::StrCat(kBase, "/registries/1");
  secret_ = Token(v1::AccessToken::SCOPE_READ, "default");
  EXPECT_EQ(Ask("GET", one).status, 200);
  EXPECT_EQ(AskFor(200, "GET", absl::StrCat(kGroup, "/registries")).size(), 1);
  EXPECT_EQ(AskFor(403, "PATCH", one, R"({"name":"x"})").dump(),
            R"({"message":"403 Forbidden"})");
  EXPECT_EQ(Ask("DELETE", one).status, 403);
  secret_ = Token(v1::AccessToken::SCOPE_MANAGE, "acme");
  for (const char* const what :
       {"/registries/1", "/upstreams/1", "/upstreams/1/cache_entries"}) {
    EXPECT_EQ(Ask("GET", absl::StrCat(kBase, what)).status, 404) << what;
  }
  EXPECT_EQ(Ask("PATCH", one, R"({"name":"x"})").status, 404);
  EXPECT_EQ(Ask("DELETE", one).status, 404);
  EXPECT_EQ(Ask("DELETE", absl::StrCat(kBase, "/registry_upstreams/1")).status,
            404);
  EXPECT_EQ(Ask("GET", absl::StrCat(kGroup, "/upstreams")).status, 404);
  EXPECT_EQ(Ask("POST", absl::StrCat(kGroup, "/registries"), R"({"name":"x"})")
                .status,
            404);
  secret_ = "cvr_nobody";
  EXPECT_EQ(Ask("GET", one).status, 401);
}

TEST_F(RestApiTest, TryingAnUpstreamSendsWhatWasGiven) {
  v1::TestUpstreamRequest seen;
  std::string authorization;
  std::string client;
  upstream_tests_.script = [&](grpc::ServerContext& context,
                               const v1::TestUpstreamRequest& request,
                               v1::TestUpstreamResponse& response) {
    seen = request;
    for (const auto& [name, value] : context.client_metadata()) {
      const std::string text(value.data(), value.size());
      if (name == "authorization") authorization = text;
      if (name == "cvr-client") client = text;
    }
    response.set_outcome(v1::TestUpstreamResponse::OUTCOME_REFUSED);
    response.set_http_status(401);
    return grpc::Status::OK;
  };
  const std::string fresh = absl::StrCat(kGroup, "/upstreams/test");
  EXPECT_EQ(AskFor(200, "POST", fresh,
                   R"({"url":"https://a.example","username":"u",)"
                   R"("password":"p"})")["result"],
            "Error: 401 - Unauthorized");
  EXPECT_EQ(authorization, absl::StrCat("Bearer ", admin_));
  EXPECT_EQ(client, "192.0.2.1");
  EXPECT_FALSE(seen.has_upstream_id());
  EXPECT_EQ(seen.upstream().group(), "default");
  EXPECT_EQ(seen.upstream().credentials().basic().password(), "p");
  EXPECT_EQ(AskFor(400, "POST", fresh,
                   R"({"url":"https://a.example","username":"u"})")["error"],
            "username, password provide all or none of parameters");

  const std::string stored = absl::StrCat(kBase, "/upstreams/7/test");
  EXPECT_EQ(Ask("POST", stored).status, 200);
  EXPECT_EQ(seen.upstream_id(), 7);
  EXPECT_FALSE(seen.has_upstream());
  EXPECT_EQ(Ask("POST", stored, R"({"username":"u","password":""})").status,
            200);
  EXPECT_EQ(seen.upstream().credentials().basic().username(), "u");

  upstream_tests_.script = [](grpc::ServerContext&,
                              const v1::TestUpstreamRequest&,
                              v1::TestUpstreamResponse&) {
    return ToRpcStatus(
        errors::FieldInvalid("upstream.url", "must have a host"));
  };
  EXPECT_EQ(AskFor(400, "POST", stored, R"({"url":"https://"})").dump(),
            R"({"message":{"url":["must have a host"]}})");
}

TEST_F(RestApiTest, AServiceThatIsGoneIs503) {
  // A blob service, which the metadata service cannot forward to.
  upstream_tests_.script = [](grpc::ServerContext&,
                              const v1::TestUpstreamRequest&,
                              v1::TestUpstreamResponse&) {
    return ToRpcStatus(absl::UnavailableError("no blob service"));
  };
  const std::string target = absl::StrCat(kBase, "/upstreams/7/test");
  EXPECT_EQ(Ask("POST", target).status, 503);
  // The metadata service.
  RestApi::Options options;
  options.metadata = MakeRpcChannel(metadata_->address());
  api_ = std::make_unique<RestApi>(std::move(options));
  metadata_->Shutdown(absl::InfinitePast());
  EXPECT_EQ(Ask("POST", target).status, 503);
  EXPECT_EQ(Ask("GET", absl::StrCat(kBase, "/registries/1")).status, 503);
}

TEST_F(RestApiTest, CancellingEndsWhatIsUnderWay) {
  cvr::testing::Gate gate;
  upstream_tests_.script = [&](grpc::ServerContext& context,
                               const v1::TestUpstreamRequest&,
                               v1::TestUpstreamResponse&) {
    gate.Pass();
    EXPECT_TRUE(cvr::testing::Eventually([&] { return context.IsCancelled(); },
                                         "the call is cancelled"));
    return grpc::Status::CANCELLED;
  };
  const std::string target = absl::StrCat(kBase, "/upstreams/7/test");
  std::atomic<int> status = 0;
  {
    const Thread asking("asking", [&] { status = Ask("POST", target).status; });
    gate.AwaitArrivals();
    gate.Open();
    api_->Cancel();
  }
  EXPECT_EQ(status, 503);
  EXPECT_EQ(Ask("POST", target).status, 503);
}

}  // namespace
}  // namespace cvr::rest
