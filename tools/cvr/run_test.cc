#include "tools/cvr/run.h"

#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "protos/cvr/v1/cache_entry_service.pb.h"
#include "protos/cvr/v1/group_service.pb.h"
#include "protos/cvr/v1/registry_service.pb.h"
#include "protos/cvr/v1/upstream_service.pb.h"
#include "services/common/errors.h"
#include "services/common/rpc_status.h"
#include "tools/cvr/fake_server.h"

namespace cvr {
namespace {

using ::google::protobuf::Empty;
using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class CvrTest : public ::testing::Test {
 protected:
  // Types `line`; words are split at spaces.
  int Cvr(const std::string& line) {
    out_.str("");
    err_.str("");
    std::vector<std::string> args =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    return cvr::Run(args, {in_, out_, err_, [this](const char* name) {
                             return Variable(name);
                           }});
  }

  std::string Out() const { return out_.str(); }
  std::string Err() const { return err_.str(); }

  // Echoes what is created, with an id.
  void AcceptUpstreams() {
    server_.On<v1::CreateUpstreamRequest, v1::Upstream>(
        "UpstreamService/CreateUpstream",
        [this](const auto& request, v1::Upstream* response) {
          upstream_ = request.upstream();
          *response = request.upstream();
          response->set_id(5);
          response->clear_password();
          return grpc::Status::OK;
        });
    server_.On<v1::UpdateUpstreamRequest, v1::Upstream>(
        "UpstreamService/UpdateUpstream",
        [this](const auto& request, v1::Upstream* response) {
          upstream_ = request.upstream();
          mask_.assign(request.update_mask().paths().begin(),
                       request.update_mask().paths().end());
          *response = request.upstream();
          return grpc::Status::OK;
        });
  }

  // Lists `count` cache entries, two to a page.
  void HaveEntries(int count) {
    server_.On<v1::ListCacheEntriesRequest, v1::ListCacheEntriesResponse>(
        "CacheEntryService/ListCacheEntries",
        [this, count](const auto& request, auto* response) {
          entries_request_ = request;
          const int first = request.page_token().empty()
                                ? 1
                                : std::stoi(request.page_token());
          const int end = std::min(first + 2, count + 1);
          for (int id = first; id < end; ++id) {
            v1::CacheEntry& entry = *response->add_cache_entries();
            entry.set_id(id);
            entry.set_upstream_id(request.upstream_id());
            entry.set_relative_path(absl::StrCat("/a/blobs/sha256:", id));
            entry.set_size(1024 * id);
          }
          if (end <= count) {
            response->set_next_page_token(std::to_string(end));
          }
          return grpc::Status::OK;
        });
  }

  std::optional<std::string> Variable(const char* name) const {
    const auto found = variables_.find(name);
    if (found == variables_.end()) return std::nullopt;
    return found->second;
  }

  FakeServer server_;
  std::map<std::string, std::string> variables_{
      {"CVR_SERVER", server_.address()}};
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;

  // What the server saw.
  v1::Upstream upstream_;
  std::vector<std::string> mask_;
  v1::ListCacheEntriesRequest entries_request_;
};

// -- The command line ---------------------------------------------------------

TEST_F(CvrTest, HelpAndVersionGoToStandardOutput) {
  EXPECT_EQ(Cvr("--help"), 0);
  EXPECT_THAT(Out(), HasSubstr("Examples:"));
  EXPECT_EQ(Cvr("registry create --help"), 0);
  EXPECT_THAT(Out(), HasSubstr("--anonymous-pull"));
  EXPECT_EQ(Cvr("--version"), 0);
  EXPECT_THAT(Out(), MatchesRegex("cvr [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_THAT(Err(), IsEmpty());
}

TEST_F(CvrTest, BadUsageIsOneLineThatSaysWhereToReadOn) {
  const struct {
    const char* line;
    const char* error;
  } kCases[] = {
      {"", "cvr: a command is missing (see cvr --help)\n"},
      {"bogus", "cvr: unknown: bogus (see cvr --help)\n"},
      {"registry", "cvr: a command is missing (see cvr registry --help)\n"},
      {"registry bogus", "cvr: unknown: bogus (see cvr registry --help)\n"},
      {"registry create",
       "cvr: NAME is required (see cvr registry create --help)\n"},
      {"registry get seven",
       "cvr: ID: 'seven' is not a whole number above 0 (see cvr registry get "
       "--help)\n"},
      {"entry list --upstream 0",
       "cvr: --upstream: '0' is not a whole number above 0 (see cvr entry list "
       "--help)\n"},
      {"registry update 7",
       "cvr: nothing to change (see cvr registry update --help)\n"},
      {"upstream update 7",
       "cvr: nothing to change (see cvr upstream update --help)\n"},
      {"entry list -o yaml",
       "cvr: --output: 'yaml' is neither table nor json (see cvr entry list "
       "--help)\n"},
      {"entry list --timeout soon",
       "cvr: not a duration: 'soon' (such as 24h, 90m, 7d or 0)\n"},
      {"upstream create u --url http://a --username alice",
       "cvr: a password is needed: --password-file, --password-stdin or "
       "CVR_UPSTREAM_PASSWORD\n"},
      {"upstream create u --url http://a --password-stdin",
       "cvr: --password-stdin requires --username (see cvr upstream create "
       "--help)\n"},
  };
  for (const auto& [line, error] : kCases) {
    EXPECT_EQ(Cvr(line), 1) << line;
    EXPECT_EQ(Err(), error) << line;
    EXPECT_THAT(Out(), IsEmpty()) << line;
  }
}

TEST_F(CvrTest, PasswordsAreNotTakenFromTheCommandLine) {
  EXPECT_EQ(Cvr("upstream create u --url http://a --username a --password x"),
            1);
  EXPECT_THAT(Err(), HasSubstr("not expected"));
}

// -- The server ---------------------------------------------------------------

TEST_F(CvrTest, UnreachableServerIsNamed) {
  EXPECT_EQ(Cvr("registry list --server unix:/no/such.sock"), 1);
  EXPECT_THAT(Err(), StartsWith("cvr: cannot reach the server at "
                                "unix:/no/such.sock (--server): "));
  EXPECT_THAT(Err(), EndsWith("\n"));
}

TEST_F(CvrTest, ServerOptionWinsOverTheVariableWhereverItStands) {
  HaveEntries(1);
  variables_["CVR_SERVER"] = "unix:/no/such.sock";
  EXPECT_EQ(Cvr("entry list"), 1);
  EXPECT_EQ(Cvr("entry list --server " + server_.address()), 0) << Err();
  EXPECT_EQ(Cvr("--server " + server_.address() + " entry list"), 0) << Err();
}

TEST_F(CvrTest, ServerWithoutTheServiceIsNamed) {
  EXPECT_EQ(Cvr("registry list"), 1);
  EXPECT_THAT(Err(), HasSubstr("does not offer this"));
}

TEST_F(CvrTest, ErrorsOfTheServerAreShownAsTheyAre) {
  server_.On<v1::GetRegistryRequest, v1::Registry>(
      "RegistryService/GetRegistry", [](const auto&, auto*) {
        return ToRpcStatus(errors::NoSuch("registry", "7"));
      });
  EXPECT_EQ(Cvr("registry get 7"), 1);
  EXPECT_EQ(Err(), "cvr: registry 7 does not exist\n");
}

TEST_F(CvrTest, EveryFieldViolationIsListedOnOneLine) {
  server_.On<v1::CreateRegistryRequest, v1::Registry>(
      "RegistryService/CreateRegistry", [](const auto&, auto*) {
        return ToRpcStatus(errors::FieldsInvalid(
            {{"name", "is too long"}, {"description", "has a\nline break"}}));
      });
  EXPECT_EQ(Cvr("registry create x"), 1);
  EXPECT_EQ(Err(), "cvr: name: is too long; description: has a line break\n");
}

TEST_F(CvrTest, OutputThatCannotBeWrittenIsAnError) {
  HaveEntries(1);
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(Cvr("entry list"), 1);
  EXPECT_EQ(Err(), "cvr: cannot write the output\n");
}

// -- Groups and registries ----------------------------------------------------

TEST_F(CvrTest, CreatedGroupIsShown) {
  server_.On<v1::CreateGroupRequest, v1::Group>(
      "GroupService/CreateGroup", [](const auto& request, auto* response) {
        *response = request.group();
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("group create acme/web --description ours"), 0);
  EXPECT_EQ(Out(),
            "name:         acme/web\n"
            "description:  ours\n"
            "created:      -\n");
}

TEST_F(CvrTest, GroupsAreListedAndDeleted) {
  std::string deleted;
  server_.On<v1::ListGroupsRequest, v1::ListGroupsResponse>(
      "GroupService/ListGroups", [](const auto&, auto* response) {
        response->add_groups()->set_name("acme");
        return grpc::Status::OK;
      });
  server_.On<v1::DeleteGroupRequest, Empty>("GroupService/DeleteGroup",
                                            [&](const auto& request, auto*) {
                                              deleted = request.name();
                                              return grpc::Status::OK;
                                            });
  EXPECT_EQ(Cvr("group list"), 0);
  EXPECT_THAT(Out(), HasSubstr("\nacme  "));
  EXPECT_EQ(Cvr("group delete acme"), 0);
  EXPECT_EQ(deleted, "acme");
  EXPECT_EQ(Out(), "group acme is deleted\n");
}

TEST_F(CvrTest, RegistryIsCreatedWithWhatIsGiven) {
  v1::Registry seen;
  server_.On<v1::CreateRegistryRequest, v1::Registry>(
      "RegistryService/CreateRegistry",
      [&](const auto& request, auto* response) {
        seen = request.registry();
        *response = request.registry();
        response->set_id(3);
        return grpc::Status::OK;
      });
  // A name that is a command's, too.
  EXPECT_EQ(Cvr("registry create list --group acme --description d "
                "--anonymous-pull -o json"),
            0)
      << Err();
  EXPECT_EQ(seen.name(), "list");
  EXPECT_EQ(seen.group(), "acme");
  EXPECT_EQ(seen.description(), "d");
  EXPECT_TRUE(seen.anonymous_pull());
  const json created = json::parse(Out());
  EXPECT_EQ(created["id"], "3");
  EXPECT_EQ(created["anonymous_pull"], true);
  // Defaults are printed, so that programs need not know them.
  EXPECT_EQ(created["upstreams"], json::array());
}

TEST_F(CvrTest, RegistryUpdateSendsOnlyWhatIsGiven) {
  v1::UpdateRegistryRequest seen;
  server_.On<v1::UpdateRegistryRequest, v1::Registry>(
      "RegistryService/UpdateRegistry", [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("registry update 7 --no-anonymous-pull"), 0) << Err();
  EXPECT_EQ(seen.registry().id(), 7);
  EXPECT_FALSE(seen.registry().anonymous_pull());
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("anonymous_pull"));
  EXPECT_EQ(Cvr("registry update 7 --name n --description d"), 0) << Err();
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("name", "description"));
}

TEST_F(CvrTest, RegistryTableShowsItsUpstreamsInOrder) {
  v1::ListRegistriesRequest seen;
  server_.On<v1::ListRegistriesRequest, v1::ListRegistriesResponse>(
      "RegistryService/ListRegistries",
      [&](const auto& request, auto* response) {
        seen = request;
        v1::Registry& registry = *response->add_registries();
        registry.set_id(1);
        registry.set_group("default");
        registry.set_name("team");
        registry.add_upstreams()->set_upstream_id(9);
        registry.add_upstreams()->set_upstream_id(4);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("registry list --group default --name te"), 0);
  EXPECT_EQ(Out(),
            "ID  GROUP    NAME  ANONYMOUS PULL  UPSTREAMS  CREATED\n"
            " 1  default  team  no              9,4        -\n");
  EXPECT_EQ(seen.group(), "default");
  EXPECT_EQ(seen.name_contains(), "te");
}

TEST_F(CvrTest, DeletionIsSilentForPrograms) {
  int64_t deleted = 0;
  server_.On<v1::DeleteRegistryRequest, Empty>("RegistryService/DeleteRegistry",
                                               [&](const auto& request, auto*) {
                                                 deleted = request.id();
                                                 return grpc::Status::OK;
                                               });
  EXPECT_EQ(Cvr("registry delete 7 -o json"), 0);
  EXPECT_EQ(deleted, 7);
  EXPECT_THAT(Out(), IsEmpty());
}

// -- Upstreams ----------------------------------------------------------------

TEST_F(CvrTest, UpstreamIsCreatedWithWhatIsGiven) {
  AcceptUpstreams();
  in_.str("s3cret\n");
  EXPECT_EQ(
      Cvr("upstream create hub --url https://registry-1.docker.io --group acme "
          "--username alice --password-stdin --cache-validity 7d --max-stale "
          "72h --source-namespace docker.io --token-realm auth.docker.io "
          "--source-namespace index.docker.io --disabled"),
      0)
      << Err();
  EXPECT_EQ(upstream_.name(), "hub");
  EXPECT_EQ(upstream_.url(), "https://registry-1.docker.io");
  EXPECT_EQ(upstream_.group(), "acme");
  EXPECT_EQ(upstream_.username(), "alice");
  EXPECT_EQ(upstream_.password(), "s3cret");
  EXPECT_EQ(upstream_.cache_validity().seconds(), 7 * 86400);
  EXPECT_EQ(upstream_.max_stale().seconds(), 72 * 3600);
  EXPECT_THAT(upstream_.source_namespaces(),
              ElementsAre("docker.io", "index.docker.io"));
  EXPECT_THAT(upstream_.trusted_token_realms(), ElementsAre("auth.docker.io"));
  EXPECT_TRUE(upstream_.disabled());
  EXPECT_THAT(Out(), HasSubstr("id:                    5\n"));
  EXPECT_THAT(Out(), Not(HasSubstr("s3cret")));
}

TEST_F(CvrTest, WhatIsNotSaidIsNotSent) {
  AcceptUpstreams();
  EXPECT_EQ(Cvr("upstream create hub --url http://a"), 0) << Err();
  EXPECT_FALSE(upstream_.has_cache_validity());
  EXPECT_FALSE(upstream_.has_max_stale());
  EXPECT_FALSE(upstream_.disabled());
  EXPECT_THAT(upstream_.username(), IsEmpty());
}

TEST_F(CvrTest, PasswordComesFromTheVariable) {
  AcceptUpstreams();
  variables_["CVR_UPSTREAM_PASSWORD"] = "s3cret";
  EXPECT_EQ(Cvr("upstream create hub --url http://a --username alice"), 0);
  EXPECT_EQ(upstream_.password(), "s3cret");
}

TEST_F(CvrTest, CreatedUpstreamCanBeAttachedAtOnce) {
  AcceptUpstreams();
  v1::AttachUpstreamRequest attached;
  server_.On<v1::AttachUpstreamRequest, v1::RegistryUpstream>(
      "UpstreamService/AttachUpstream", [&](const auto& request, auto*) {
        attached = request;
        return grpc::Status::OK;
      });
  server_.On<v1::GetUpstreamRequest, v1::Upstream>(
      "UpstreamService/GetUpstream", [](const auto& request, auto* response) {
        response->set_id(request.id());
        response->add_registry_upstreams()->set_registry_id(2);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("upstream create hub --url http://a --registry 2 -o json"), 0)
      << Err();
  EXPECT_EQ(attached.registry_id(), 2);
  EXPECT_EQ(attached.upstream_id(), 5);
  EXPECT_EQ(json::parse(Out())["registry_upstreams"][0]["registry_id"], "2");
}

TEST_F(CvrTest, FailedAttachmentSaysThatTheUpstreamIsThere) {
  AcceptUpstreams();
  server_.On<v1::AttachUpstreamRequest, v1::RegistryUpstream>(
      "UpstreamService/AttachUpstream", [](const auto&, auto*) {
        return ToRpcStatus(errors::NoSuch("registry", "2"));
      });
  EXPECT_EQ(Cvr("upstream create hub --url http://a --registry 2"), 1);
  EXPECT_EQ(Err(),
            "cvr: upstream 5 is created, but cannot be attached to registry "
            "2: registry 2 does not exist\n");
}

TEST_F(CvrTest, UpstreamUpdateSendsOnlyWhatIsGiven) {
  AcceptUpstreams();
  EXPECT_EQ(Cvr("upstream update 5 --url http://b --max-stale none --enabled "
                "--no-credentials --verify"),
            0)
      << Err();
  EXPECT_EQ(upstream_.id(), 5);
  EXPECT_EQ(upstream_.url(), "http://b");
  EXPECT_FALSE(upstream_.has_max_stale());
  EXPECT_FALSE(upstream_.disabled());
  EXPECT_THAT(mask_, ElementsAre("url", "disabled", "username", "password",
                                 "max_stale", "tls.insecure_skip_verify"));
}

TEST_F(CvrTest, UpstreamsAreListedAndShown) {
  v1::ListUpstreamsRequest seen;
  server_.On<v1::ListUpstreamsRequest, v1::ListUpstreamsResponse>(
      "UpstreamService/ListUpstreams",
      [&](const auto& request, auto* response) {
        seen = request;
        v1::Upstream& upstream = *response->add_upstreams();
        upstream.set_id(1);
        upstream.set_group("default");
        upstream.set_name("hub");
        upstream.set_url("https://registry-1.docker.io");
        upstream.mutable_cache_validity()->set_seconds(86400);
        upstream.add_registry_upstreams()->set_registry_id(1);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("upstream list --registry 1"), 0) << Err();
  EXPECT_EQ(seen.registry_id(), 1);
  EXPECT_EQ(Out(),
            "ID  GROUP    NAME  URL                           USERNAME  "
            "CACHE VALIDITY  ENABLED  REGISTRIES\n"
            " 1  default  hub   https://registry-1.docker.io  -         "
            "24h             yes      1\n");
}

TEST_F(CvrTest, PlacesInARegistryAreChanged) {
  v1::MoveUpstreamRequest moved;
  v1::DetachUpstreamRequest detached;
  server_.On<v1::MoveUpstreamRequest, v1::RegistryUpstream>(
      "UpstreamService/MoveUpstream", [&](const auto& request, auto* response) {
        moved = request;
        response->set_registry_id(request.registry_id());
        response->set_upstream_id(request.upstream_id());
        response->set_position(2);
        return grpc::Status::OK;
      });
  server_.On<v1::DetachUpstreamRequest, Empty>("UpstreamService/DetachUpstream",
                                               [&](const auto& request, auto*) {
                                                 detached = request;
                                                 return grpc::Status::OK;
                                               });
  EXPECT_EQ(Cvr("upstream move --registry 1 --upstream 5 --position 9"), 0);
  EXPECT_EQ(moved.position(), 9);
  EXPECT_EQ(Out(), "registry:  1\nupstream:  5\nposition:  2\n");
  EXPECT_EQ(Cvr("upstream detach --registry 1 --upstream 5"), 0);
  EXPECT_EQ(detached.upstream_id(), 5);
  EXPECT_EQ(Out(), "upstream 5 is detached from registry 1\n");
}

// -- Cache entries ------------------------------------------------------------

TEST_F(CvrTest, ListWalksEveryPageIntoOneArray) {
  HaveEntries(5);
  EXPECT_EQ(Cvr("entry list --upstream 8 --path blobs -o json"), 0) << Err();
  EXPECT_EQ(entries_request_.path_contains(), "blobs");
  const json entries = json::parse(Out());
  ASSERT_EQ(entries.size(), 5);
  EXPECT_EQ(entries[4]["id"], "5");
  EXPECT_EQ(entries[4]["upstream_id"], "8");
  EXPECT_EQ(entries[4]["downloads_count"], "0");
}

TEST_F(CvrTest, EmptyListIsAnEmptyArray) {
  HaveEntries(0);
  EXPECT_EQ(Cvr("entry list -o json"), 0);
  EXPECT_EQ(Out(), "[]\n");
}

TEST_F(CvrTest, EntryTableShowsSizesForPeople) {
  HaveEntries(1);
  EXPECT_EQ(Cvr("entry list --upstream 8"), 0);
  EXPECT_EQ(
      Out(),
      "ID  UPSTREAM  PATH               MEDIA TYPE            SIZE  DOWNLOADS  "
      "CHECKED\n"
      " 1         8  /a/blobs/sha256:1  -           1024 (1.0 KiB)          0  "
      "-\n");
}

TEST_F(CvrTest, ListThatFailsHalfwayPrintsNothing) {
  server_.On<v1::ListCacheEntriesRequest, v1::ListCacheEntriesResponse>(
      "CacheEntryService/ListCacheEntries",
      [](const auto& request, auto* response) {
        if (!request.page_token().empty()) {
          return grpc::Status(grpc::StatusCode::INTERNAL, "broken");
        }
        response->add_cache_entries()->set_id(1);
        response->set_next_page_token("2");
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("entry list -o json"), 1);
  EXPECT_THAT(Out(), IsEmpty());
  EXPECT_EQ(Err(), "cvr: broken\n");
}

TEST_F(CvrTest, EntriesAreShownAndDeleted) {
  std::vector<int64_t> deleted;
  server_.On<v1::GetCacheEntryRequest, v1::CacheEntry>(
      "CacheEntryService/GetCacheEntry",
      [](const auto& request, auto* response) {
        response->set_id(request.id());
        response->set_size(40 << 20);
        response->set_status(v1::CacheEntry::PENDING_DELETION);
        return grpc::Status::OK;
      });
  server_.On<v1::DeleteCacheEntryRequest, Empty>(
      "CacheEntryService/DeleteCacheEntry", [&](const auto& request, auto*) {
        deleted.push_back(request.id());
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("entry get 3"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("41943040 (40.0 MiB)\n"));
  EXPECT_THAT(Out(), HasSubstr("pending deletion\n"));
  EXPECT_EQ(Cvr("entry delete 3 4"), 0) << Err();
  EXPECT_THAT(deleted, ElementsAre(3, 4));
}

}  // namespace
}  // namespace cvr
