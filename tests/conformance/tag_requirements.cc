#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "tests/conformance/expectations.h"
#include "tests/conformance/requirement.h"

namespace cvr::testing {
namespace {

constexpr char kTags[] = "Listing tags";

using Names = std::vector<std::string>;

Names TagsIn(const HttpResponse& response) {
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  if (!body.is_object() || !body.contains("tags")) return {"<no tags>"};
  return body["tags"].get<Names>();
}

std::string Same(const Names& got, const Names& wanted) {
  return Equal("tags", absl::StrJoin(got, " "), absl::StrJoin(wanted, " "));
}

// In lexical order, which knows no case.
Names Sorted(Names names) {
  std::sort(names.begin(), names.end(),
            [](const std::string& a, const std::string& b) {
              const std::string x = absl::AsciiStrToLower(a);
              const std::string y = absl::AsciiStrToLower(b);
              return x != y ? x < y : a < b;
            });
  return names;
}

bool HasLink(const HttpResponse& response) {
  return response.headers.count("link") > 0;
}

// The target of a Link field with rel="next", or nothing.
std::string NextOf(const HttpResponse& response) {
  const std::string link = response.header("link");
  const size_t end = link.find('>');
  if (!absl::StartsWith(link, "</v2/") || end == std::string::npos ||
      !absl::StrContains(link.substr(end), "rel=\"next\"")) {
    return "";
  }
  return link.substr(1, end - 1);
}

std::string AllAreListed(const World& world) {
  const auto reply = world.Get(World::TagsTarget());
  Names got = TagsIn(reply);
  Names wanted = World::Tags();
  std::sort(got.begin(), got.end());
  std::sort(wanted.begin(), wanted.end());
  return FirstOf({Status(reply, 200),
                  Header(reply, "Content-Type", "application/json"),
                  Same(got, wanted)});
}

std::string HasTheName(const World& world) {
  const auto body = nlohmann::json::parse(world.Get(World::TagsTarget()).body,
                                          nullptr, false);
  if (!body.is_object()) return "no object";
  return Equal("name", body.value("name", ""), World::Name());
}

std::string IsInOrder(const World& world) {
  const auto reply = world.Get(World::TagsTarget());
  return FirstOf(
      {Status(reply, 200), Same(TagsIn(reply), Sorted(World::Tags()))});
}

std::string UnknownIs404(const World& world) {
  return OciError(world.Get("/v2/" + World::UnknownName() + "/tags/list"), 404,
                  "NAME_UNKNOWN");
}

std::string PagesAreLimited(const World& world) {
  const Names all = Sorted(World::Tags());
  const auto some = world.Get(World::TagsTarget("?n=3"));
  const auto more = world.Get(World::TagsTarget("?n=1000"));
  return FirstOf({Same(TagsIn(some), {all.begin(), all.begin() + 3}),
                  Same(TagsIn(more), all)});
}

std::string LinkLeadsOn(const World& world) {
  const auto reply = world.Get(World::TagsTarget("?n=3"));
  return NextOf(reply).empty() ? "Link: " + reply.header("link") : "";
}

std::string NoLinkAtTheEnd(const World& world) {
  const int size = static_cast<int>(World::Tags().size());
  std::vector<std::string> problems;
  for (const std::string& query :
       {std::string(), absl::StrCat("?n=", size), absl::StrCat("?n=", size + 1),
        absl::StrCat("?n=1&last=", Sorted(World::Tags())[size - 2])}) {
    const auto reply = world.Get(World::TagsTarget(query));
    problems.push_back(Status(reply, 200));
    if (HasLink(reply)) problems.push_back(query + " has a Link");
  }
  return FirstOf(problems);
}

std::string WalkIsComplete(const World& world) {
  std::vector<std::string> problems;
  for (const int n : {1, 2, 4, 8}) {
    Names walked;
    std::string target = World::TagsTarget(absl::StrCat("?n=", n));
    for (int page = 0; !target.empty() && page < 20; ++page) {
      const auto reply = world.Get(target);
      const Names some = TagsIn(reply);
      walked.insert(walked.end(), some.begin(), some.end());
      target = NextOf(reply);
      if (!target.empty() && some.size() != static_cast<size_t>(n)) {
        problems.push_back("a page that is short, but not the last");
      }
    }
    problems.push_back(Same(walked, Sorted(World::Tags())));
  }
  return FirstOf(problems);
}

std::string NoneIsNone(const World& world) {
  const auto reply = world.Get(World::TagsTarget("?n=0"));
  return FirstOf({Status(reply, 200), Same(TagsIn(reply), {}),
                  HasLink(reply) ? "there is a Link" : ""});
}

std::string LastIsExclusive(const World& world) {
  const Names all = Sorted(World::Tags());
  const auto reply = world.Get(World::TagsTarget("?last=" + all[3]));
  return Same(TagsIn(reply), {all.begin() + 4, all.end()});
}

std::string LastNeedNotExist(const World& world) {
  const auto reply = world.Get(World::TagsTarget("?n=2&last=f"));
  const auto past = world.Get(World::TagsTarget("?last=zzz"));
  return FirstOf({Same(TagsIn(reply), {"index", "latest"}), Status(past, 200),
                  Same(TagsIn(past), {})});
}

}  // namespace

std::vector<Requirement> TagRequirements() {
  const auto must = [](std::string text, auto check) {
    return Requirement{kTags, Level::kMust, Level::kMust, std::move(text),
                       check};
  };
  return {
      must("all tags are listed, as JSON, with 200", AllAreListed),
      must("`name` is the name of the request", HasTheName),
      must("tags come in lexical order", IsInOrder),
      must("the list of an unknown repository is 404", UnknownIs404),
      must("a page has no more than `n` tags", PagesAreLimited),
      must("Link with rel=\"next\" leads to what follows", LinkLeadsOn),
      must("what is complete has no Link", NoLinkAtTheEnd),
      must("pages together are the list; only the last may be short",
           WalkIsComplete),
      must("n=0 is an empty list without a Link", NoneIsNone),
      must("`last` itself is not listed again", LastIsExclusive),
      {kTags, Level::kNone, Level::kMust, "`last` need not be a tag",
       LastNeedNotExist},
  };
}

}  // namespace cvr::testing
